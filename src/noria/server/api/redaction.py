"""Redaction: what a function hides in texts before anything of them is kept. Noria's own addition."""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Request

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.records.redaction import OwnPattern, Redaction
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.sent import RedactionBody, RedactionCheck
from noria.server.api.shapes import Shape
from noria.serving.redacting import tried

_BASE = "/v1/functions/{function_id:str}/redaction"


class PatternShape(Shape):
    name: str
    pattern: str


class RedactionShape(Shape):
    kinds: list[str]
    patterns: list[PatternShape]

    @classmethod
    def of(cls, redaction: Redaction) -> "RedactionShape":
        return cls(
            kinds=list(redaction.kinds),
            patterns=[PatternShape(name=own.name, pattern=own.pattern) for own in redaction.patterns],
        )


class RedactedText(Shape):
    """The text as it would be kept, and how many places are hidden in it, by word."""

    data: str
    hidden: Mapping[str, int]


@route("GET", _BASE, "GetRedaction", Scope.VIEW)
async def get_redaction(request: Request[Any, Any, Any], function_id: str) -> RedactionShape:
    """What the function hides in texts; nothing, unless somebody asked for it."""
    get = request.app.state.noria.storage.functions.get
    return RedactionShape.of((await asyncio.to_thread(get, canonical("function", function_id))).redaction)


@route("PUT", _BASE, "PutRedaction", Scope.EDIT, body=RedactionBody)
async def put_redaction(request: Request[Any, Any, Any], function_id: str) -> RedactionShape:
    """Say what is hidden from now on; what is left out stays as it is. Samples that are there are not touched."""
    given = await body(request, RedactionBody)
    noria, function_id = request.app.state.noria, canonical("function", function_id)
    present = (await asyncio.to_thread(noria.storage.functions.get, function_id)).redaction
    wanted = _changed(present, given)
    function = await asyncio.to_thread(noria.teacher.update_function, function_id, redaction=wanted)
    return RedactionShape.of(function.redaction)


@route("POST", _BASE + "/check", "PostRedactionCheck", Scope.ANNOTATE, body=RedactionCheck, unlogged=True)
async def post_redaction_check(request: Request[Any, Any, Any], function_id: str) -> RedactedText:
    """A text as it would be kept, with what is set or with what is sent; nothing is changed or kept."""
    given = await body(request, RedactionCheck)
    get = request.app.state.noria.storage.functions.get
    present = (await asyncio.to_thread(get, canonical("function", function_id))).redaction
    found = await asyncio.to_thread(tried, _changed(present, given), given.data)
    return RedactedText(data=found.text, hidden=found.hidden)


def _changed(present: Redaction, given: RedactionBody | RedactionCheck) -> Redaction:
    return Redaction(
        present.kinds if given.kinds is None else tuple(dict.fromkeys(given.kinds)),
        present.patterns
        if given.patterns is None
        else tuple(OwnPattern(own.name, own.pattern) for own in given.patterns),
    )


routes = [get_redaction, put_redaction, post_redaction_check]
