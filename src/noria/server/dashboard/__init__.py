"""The dashboard: pages rendered by the server, with a little script where hands are faster than forms."""

from litestar import Router

from noria.server.dashboard import (
    archives,
    capture,
    capture_settings,
    feedback,
    functions,
    imports,
    integrate,
    invoke,
    labels,
    metrics,
    pages,
    problem,
    samples,
    sign_in,
    similar,
    static,
)

_handlers = [
    static.static_file,
    sign_in.home,
    sign_in.sign_in,
    sign_in.sign_in_by_client,
    sign_in.sign_in_by_link,
    sign_in.sign_out,
    functions.functions,
    functions.new_function,
    functions.create_function,
    functions.function,
    capture.capture,
    capture.capture_items,
    capture.capture_answer,
    capture.capture_events,
    capture_settings.capture_settings,
    feedback.feedback,
    feedback.accept,
    feedback.dismiss,
    samples.samples,
    samples.train_link,
    samples.add_sample,
    samples.add_images,
    samples.relabel_sample,
    samples.delete_sample,
    similar.similar,
    labels.add_labels,
    labels.rename_label,
    labels.delete_label,
    imports.import_page,
    imports.preview,
    imports.import_samples,
    archives.import_archive,
    invoke.invoke,
    invoke.try_it,
    invoke.try_file,
    metrics.metrics,
    metrics.roll_back,
    integrate.integrate,
    integrate.create_client,
    integrate.revoke_client,
    integrate.rename_function,
    integrate.delete_function,
]

dashboard_routes = [
    Router(
        "/",
        route_handlers=_handlers,
        after_request=pages.secure,
        exception_handlers=problem.HANDLERS,
        include_in_schema=False,
    )
]
"""What the app mounts beside the API."""
