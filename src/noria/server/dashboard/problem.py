"""What a person sees when something can't be done: a page in words, or JSON for the pages' own scripts."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from noria.errors import NoriaError, NotFound, NotSignedIn
from noria.server import problem as api
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later, t
from noria.server.prefix import at

_TITLES = {
    401: Later("Please sign in"),
    403: Later("Not allowed"),
    404: Later("Nothing here"),
    413: Later("Too large"),
}


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to any error on a dashboard route."""
    status, message = _told(request, error)
    if pages.wants_json(request):
        response: Response[Any] = Response({"message": message}, status_code=status)
    elif status == 401 and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        response = Redirect(pages.address(at("/sign-in"), next="" if back == at("/") else back))
    else:
        title = _TITLES.get(status, t("That did not work"))
        response = pages.page(request, "problem.html", status, title=title, message=message)
    return pages.secure(response)


def _told(request: Request[Any, Any, Any], error: Exception) -> tuple[int, str]:
    match error:
        case NotSignedIn():
            return 401, t("You are signed out. Sign in again, then repeat what you did.")
        case NotFound():
            return 404, _without_routes(str(error))
        case NoriaError():
            return api.status_of(error), str(error)
        case HTTPException(status_code=404):
            return 404, t("There is no such page.")
        case HTTPException():
            return error.status_code, str(api.from_http_exception(request, error).content["message"])
        case _:
            found = api.answer(request, error)
            return found.status_code or 500, str(found.content["message"])


def _without_routes(message: str) -> str:
    """The first sentence; the second one names a REST call, which is no help to somebody at a page."""
    return message.split(". ")[0].rstrip(".") + "."


HANDLERS: dict[int | type[Exception], Any] = {NoriaError: answer, HTTPException: answer, Exception: answer}
