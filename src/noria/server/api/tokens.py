"""POST /connect/token: an API client's id and secret for a bearer token."""

import asyncio
from typing import Any, Literal

from litestar import Request, Response
from msgspec import Struct

from noria.server.api.bodies import body
from noria.server.api.declare import MAX_BODY_OF_STRANGERS, route
from noria.server.api.shapes import Token
from noria.serving.auth import TOKEN_LIFETIME_S


class Credentials(Struct):
    client_id: str
    client_secret: str
    grant_type: Literal["client_credentials"] = "client_credentials"


@route(
    "POST", "/connect/token", "PostToken", None,
    body=Credentials, errors=[401], media="application/x-www-form-urlencoded", max_body=MAX_BODY_OF_STRANGERS,
)  # fmt: skip
async def post_token(request: Request[Any, Any, Any]) -> Response[Token]:
    """A bearer token that is valid for an hour (client-credentials grant)."""
    given = await body(request, Credentials)
    auth = request.app.state.noria.auth
    client = await asyncio.to_thread(auth.check_client, given.client_id, given.client_secret)
    token = Token(
        access_token=auth.token(client), token_type="Bearer", expires_in=TOKEN_LIFETIME_S, scope=client.scope
    )
    return Response(token, headers={"Cache-Control": "no-store"})


routes = [post_token]
