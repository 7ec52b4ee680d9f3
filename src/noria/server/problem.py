"""Errors become answers here, and nowhere else: one table from error to HTTP status."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from noria import errors

log = logging.getLogger("noria.server")

STATUS: dict[type[errors.NoriaError], int] = {
    errors.BadInput: 400,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.DuplicateLabel: 409,
    errors.DuplicateSample: 409,
    errors.NotPossible: 400,
    errors.Overloaded: 503,
    errors.EncoderMissing: 503,
    errors.NoriaError: 500,
}


def status_of(error: errors.NoriaError) -> int:
    """The HTTP status of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(status: int, message: str, code: str, **more: str) -> Response[dict[str, str]]:
    headers = {"Retry-After": "1"} if status == 503 else None
    return Response({"message": message, "code": code, **more}, status_code=status, headers=headers)


def from_noria_error(_: Request[Any, Any, Any], error: errors.NoriaError) -> Response[dict[str, str]]:
    more: dict[str, str] = {}
    if isinstance(error, errors.DuplicateSample):
        more["existingSampleId"] = error.existing_id
    if isinstance(error, errors.DuplicateLabel):
        more["id"] = error.existing_id  # a client that posts a label twice finds it all the same
    return problem(status_of(error), str(error), error.code, **more)


def from_http_exception(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, str]]:
    message = error.detail or "The request can't be answered."
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        message = "; ".join(f"{e.get('key', 'value')}: {e.get('message', '')}" for e in error.extra)
        message = f"Mend these and send it again: {message}"
    code = {400: "bad_input", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status_code, "http_error"
    )
    return problem(error.status_code, message, code)


def from_surprise(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    """A bug of ours: the log has the trace, the caller gets no inner workings."""
    log.error("unexpected error in %s %s", request.method, request.url.path, exc_info=error)
    return problem(500, "Something went wrong in Noria. The server's log has the details.", "internal")


HANDLERS: dict[int | type[Exception], Any] = {
    errors.NoriaError: from_noria_error,
    HTTPException: from_http_exception,
    Exception: from_surprise,
}
