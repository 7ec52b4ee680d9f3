"""Which function an address means: by its id, or by the slug of its name."""

import asyncio
import re
from typing import Any

from litestar import Request

_ID = re.compile(r"\s*(function_)?[a-z0-9]{16}\s*", re.IGNORECASE)


async def name_by_id(request: Request[Any, Any, Any]) -> None:
    """Put the function's id in the place of its slug, before a handler reads the address.

    What looks like an id is one, and costs nothing here. Raises FunctionNotFound, FunctionAmbiguous.
    """
    parameters = request.scope["path_params"]
    given = parameters.get("function_id")
    if given is None or _ID.fullmatch(given):
        return
    find = request.app.state.noria.live.id_of_slug
    id = await asyncio.to_thread(find, given.strip().lower())
    request.scope["path_params"] = {**parameters, "function_id": id}  # the framework keeps the one it made
