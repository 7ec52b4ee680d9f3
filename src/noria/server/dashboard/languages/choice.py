"""Which language a person reads: the one they chose, else what their browser asks for."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from litestar.types import ASGIApp, Receive, Scope, Send

from noria.server.api.declare import MAX_BODY_OF_STRANGERS
from noria.server.dashboard.languages import languages, preferred, speak
from noria.server.prefix import at, inside

_CHOSEN = "language"


class Choice(msgspec.Struct):
    language: str
    back: str = ""


def in_their_language(app: ASGIApp) -> ASGIApp:
    """Middleware beneath the session's: what is said from here on is in the language of whoever asks."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        request: Request[Any, Any, Any] = Request(scope)
        chosen = request.session.get(_CHOSEN) if isinstance(scope.get("session"), dict) else None
        known = languages()
        speak(chosen if chosen in known else preferred(request.headers.get("accept-language", ""), known))
        await app(scope, receive, send)

    return answered


@post(
    "/language",
    opt={"scope": None},
    status_code=200,
    sync_to_thread=False,
    request_max_body_size=MAX_BODY_OF_STRANGERS,
)
def choose_language(
    request: Request[Any, Any, Any],
    data: Annotated[Choice, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    """Keep to this language, whatever the browser asks for, and go back to the page."""
    if data.language in languages():
        request.session[_CHOSEN] = data.language
    back = inside(data.back)
    return Redirect(data.back if back and not back.startswith(("//", "/\\")) else at("/"), status_code=303)
