"""Errors become answers here, and nowhere else: one table from error to HTTP status."""

import logging
import re
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.routes import HTTPRoute
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError, TimeoutError

from noria import errors
from noria.storage import DatabaseAway
from noria.storage.unusable import refusal

log = logging.getLogger("noria.server")

STATUS: dict[type[errors.NoriaError], int] = {
    errors.BadInput: 400,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.DuplicateField: 409,
    errors.DuplicateLabel: 409,
    errors.DuplicateSample: 409,
    errors.TooManyWebhooks: 409,
    errors.TransferLost: 409,
    errors.ChangeLost: 409,
    errors.VersionOfOtherEncoder: 409,
    errors.NotPossible: 400,
    errors.Overloaded: 503,
    errors.EncoderMissing: 503,
    errors.NoriaError: 500,
}
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}
_PART = re.compile(r"\{[^}]*\}")

AnyRequest = Request[Any, Any, Any]
Problem = Response[dict[str, str]]


def status_of(error: errors.NoriaError) -> int:
    """The HTTP status of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(status: int, message: str, code: str, **more: str) -> Problem:
    content = {"message": message, "code": code, **more}
    return Response(content, status_code=status, headers=_HEADERS.get(status))


def from_noria_error(_: AnyRequest, error: errors.NoriaError) -> Problem:
    more: dict[str, str] = {}
    if isinstance(error, errors.DuplicateSample):
        more["existingSampleId"] = error.existing_id
    if isinstance(error, errors.DuplicateLabel | errors.DuplicateField):
        more["id"] = error.existing_id  # a client that posts one twice finds it all the same
    return problem(status_of(error), str(error), error.code, **more)


def from_http_exception(request: AnyRequest, error: HTTPException) -> Problem:
    """What the framework refuses before a handler of ours is asked."""
    if error.status_code == 404:
        return from_noria_error(request, errors.NotFound())
    if error.status_code == 405:
        words = f"This address doesn't take {request.method}. See /schema for what it takes."
        answer = problem(405, words, "method_not_allowed")
        answer.headers["Allow"] = ", ".join(_taken(request))
        return answer
    if error.status_code == 413:
        return from_noria_error(request, errors.TooLarge())
    if error.status_code >= 500:
        return from_surprise(request, error)
    message = error.detail or "The request can't be answered."
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        message = "; ".join(f"{e.get('key', 'value')}: {e.get('message', '')}" for e in error.extra)
        message = f"Mend these and send it again: {message}"
    return problem(error.status_code, message, "bad_input" if error.status_code == 400 else "http_error")


def from_unfit_data(request: AnyRequest, error: DataError) -> Problem:
    """Data that the database has no place for, where no check of ours has caught it."""
    log.warning("the database refused data in %s", _asked(request), exc_info=error)
    return from_noria_error(
        request, errors.BadInput("The request holds a character or a number that can't be stored. Mend it.")
    )


def from_storage(request: AnyRequest, error: Exception) -> Problem:
    """The database is away, full, overrun or locked for longer than we wait.

    The log has a line and no trace: during an outage there is one for each call.
    """
    if not isinstance(error, DatabaseAway):  # which was told once
        said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        log.error("the database did not do %s: %s", _asked(request), said)
    away = errors.Overloaded("The database can't be reached right now. Try again after a second.")
    return from_noria_error(request, refusal(error) or away)


def from_disk(request: AnyRequest, error: Exception) -> Problem:
    """A disk that is full or read-only can be told; whatever else a file system says is a surprise."""
    return from_surprise(request, error) if refusal(error) is None else from_storage(request, error)


def from_surprise(request: AnyRequest, error: Exception) -> Problem:
    """A bug of ours: the log has the trace, the caller gets no inner workings."""
    log.error("unexpected error in %s", _asked(request), exc_info=error)
    return problem(500, "Something went wrong in Noria. The server's log has the details.", "internal")


def answer(request: AnyRequest, error: Exception) -> Problem:
    """The answer to any error."""
    handle = next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)
    found: Problem = handle(request, error)
    return found


def _asked(request: AnyRequest) -> str:
    """Verb and address for the log: as they came, so that no line is forged, and without the code of a sign-in link."""
    path = request.scope["raw_path"].decode("ascii", "replace")
    return f"{request.method} {'/sign-in/…' if path.startswith('/sign-in/') else path}"


def _taken(request: AnyRequest) -> list[str]:
    """The methods that the address of the request does take."""
    fitting: list[tuple[int, set[str]]] = []
    for route in request.app.routes:
        parts = _PART.findall(route.path_format)
        pattern = "[^/]+".join(map(re.escape, _PART.split(route.path_format)))
        if isinstance(route, HTTPRoute) and re.fullmatch(pattern, request.scope["path"]):
            fitting.append((len(parts), {str(method) for method in route.methods} - {"OPTIONS"}))
    return sorted(min(fitting, key=lambda found: found[0])[1]) if fitting else []


HANDLERS: dict[int | type[Exception], Any] = {
    errors.NoriaError: from_noria_error,
    HTTPException: from_http_exception,
    DataError: from_unfit_data,
    OperationalError: from_storage,
    InterfaceError: from_storage,
    TimeoutError: from_storage,  # SQLAlchemy's: no connection to be had
    InternalError: from_disk,  # of PostgreSQL: a standby's, or its own trouble
    OSError: from_disk,
    Exception: from_surprise,
}
