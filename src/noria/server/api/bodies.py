"""Request bodies: JSON, or a form where clients send one."""

from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from noria.errors import BadInput, TooLarge
from noria.records.client import Scope
from noria.server.api.fitting import fitted, names, refuse_nul
from noria.server.audited import note

T = TypeVar("T", bound=msgspec.Struct)
U = TypeVar("U", bound=msgspec.Struct)

_NOTED = 4000  # bytes of a body that the audit log keeps
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def body(request: Request[Any, Any, Any], shape: type[T]) -> T:
    """The request's body as this shape, a form if its content type says so, JSON otherwise.

    Raises BadInput with the name of the field, TooLarge.
    """
    if request.headers.get("content-type", "").lower().startswith(_FORMS):
        made = fitted(await _form(request), shape, strict=False)
        refuse_nul(made)
        return made
    raw = await request.body()
    fields = _json(raw)
    if not isinstance(fields, dict):
        raise BadInput("The body must be a JSON object. Compare it with /schema.")
    made = fitted(fields, shape)
    if b"\\u0000" in raw:  # there is no other way to write one in JSON
        refuse_nul(made)
    if _is_setting(request) and len(raw) <= _NOTED:
        known = names(shape)
        given = {known[name.lower()]: value for name, value in fields.items() if name.lower() in known}
        given.pop("secret", None)
        note(request, **given)
    return made


def _is_setting(request: Request[Any, Any, Any]) -> bool:
    """Whether the request changes more than samples, so that the audit log should say what it sent."""
    needed: Scope | None = request.route_handler.opt.get("scope")
    return needed is not None and needed.includes(Scope.EDIT)


async def body_or_list(request: Request[Any, Any, Any], shape: type[T], many: type[U]) -> T | list[U]:
    """The request's body as this shape, or as a list of the other where it is a JSON list.

    Raises BadInput with the name of the field, TooLarge.
    """
    if request.headers.get("content-type", "").lower().startswith(_FORMS):
        return await body(request, shape)
    items = _json(await request.body())
    if not isinstance(items, list):
        return await body(request, shape)
    made = []
    for item in items:
        if not isinstance(item, dict):
            raise BadInput("The list must hold JSON objects. Compare it with /schema.")
        made.append(fitted(item, many))
        refuse_nul(made[-1])
    return made


def _json(raw: bytes) -> Any:
    if not raw.strip():
        raise BadInput("There is no body. Send a JSON object; /schema lists what is taken.")
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as problem:
        raise BadInput(f"The body is not valid JSON: {problem}. Send an object encoded as UTF-8.") from None
    except UnicodeDecodeError:
        raise BadInput("The body is not valid UTF-8. Encode it as UTF-8 and send it again.") from None
    except RecursionError:
        raise BadInput("The body is nested too deeply. Compare it with /schema.") from None


async def _form(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The text fields of a form; of several with one name, the last. Without a text named data, a file
    is the data, whatever its field is called.

    A name such as `annotation.labelName` is that field of an object.
    """
    try:
        form = await request.form()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        "".join([*fields, *fields.values()]).encode()
    except (UnicodeError, LookupError):  # a part may name its encoding, even one that there is not
        raise BadInput("The form is not valid UTF-8. Encode it as UTF-8 and send it again.") from None
    except (ClientException, ValueError) as problem:
        if getattr(problem, "status_code", None) == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            raise TooLarge() from None
        raise BadInput(f"The form can't be read: {problem}. Send JSON instead.") from None
    if any(name.lstrip().startswith("{") for name in fields):
        raise BadInput(
            "This is JSON said to be a form. Send it with the header Content-Type: application/json."
        )
    nested = _nested(fields)
    file = next((value for _, value in form.multi_items() if isinstance(value, UploadFile)), None)
    if file is not None and not any(name.lower() == "data" for name in nested):
        nested["data"] = await file.read()
    return nested


def _nested(fields: dict[str, str]) -> dict[str, Any]:
    """A form's fields as JSON has them.

    >>> _nested({"data": "meow", "annotation.labelName": "cat"})
    {'data': 'meow', 'annotation': {'labelName': 'cat'}}
    """
    nested: dict[str, Any] = {name: value for name, value in fields.items() if "." not in name}
    for name, value in fields.items():
        outer, dot, inner = name.partition(".")
        if dot:
            inside = nested.setdefault(outer, {})
            if not isinstance(inside, dict):
                raise BadInput(f"The form has both {outer} and {name}. Leave one out.")
            inside[inner] = value
    return nested
