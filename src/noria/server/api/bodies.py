"""Request bodies: JSON with names in any case, or a form where clients send one."""

from functools import cache
from typing import Any, TypeVar

import msgspec
from litestar import Request

from noria.errors import BadInput, TooLarge

T = TypeVar("T", bound=msgspec.Struct)

MAX_BODY = 4_000_000  # bytes


async def body(request: Request[Any, Any, Any], shape: type[T]) -> T:
    """The request's body as this shape. Raises BadInput with the name of the field, TooLarge."""
    fields = await _fields(request)
    if not isinstance(fields, dict):
        raise BadInput("The body must be a JSON object. Compare it with /schema.")
    try:
        return msgspec.convert(_renamed(fields, shape), shape)
    except msgspec.ValidationError as problem:
        raise BadInput(_in_words(problem)) from None


async def json_value(request: Request[Any, Any, Any]) -> Any:
    """The body as plain JSON. Raises BadInput, TooLarge."""
    raw = await request.body()
    if len(raw) > MAX_BODY:
        raise TooLarge(
            f"The body has {len(raw):,} bytes; at most {MAX_BODY:,} are taken. Send less at a time."
        )
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as problem:
        raise BadInput(f"The body is not valid JSON: {problem}. Send an object encoded as UTF-8.") from None
    except UnicodeDecodeError:
        raise BadInput("The body is not valid UTF-8. Encode it as UTF-8 and send it again.") from None


async def _fields(request: Request[Any, Any, Any]) -> Any:
    content_type = request.headers.get("content-type", "")
    if content_type.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        try:
            form = await request.form()
        except UnicodeDecodeError:
            raise BadInput("The form is not valid UTF-8. Encode it as UTF-8 and send it again.") from None
        return {name: value for name, value in form.items() if isinstance(value, str)}
    return await json_value(request)


def _renamed(value: Any, shape: type[msgspec.Struct]) -> Any:
    """Bring the names of an object, whatever their case, to those of the shape; nested shapes too."""
    if not isinstance(value, dict):
        return value
    fields = _fields_of(shape)
    renamed = {}
    for name, content in value.items():
        field = fields.get(str(name).lower())
        if field is None:
            continue
        encode_name, inner = field
        if inner is not None and isinstance(content, list):
            content = [_renamed(each, inner) for each in content]
        elif inner is not None:
            content = _renamed(content, inner)
        renamed[encode_name] = content
    return renamed


@cache
def _fields_of(shape: type[msgspec.Struct]) -> dict[str, tuple[str, type[msgspec.Struct] | None]]:
    """By name in lower case: the name on the wire, and the shape inside if there is one."""
    return {f.encode_name.lower(): (f.encode_name, _shape_in(f.type)) for f in msgspec.structs.fields(shape)}


def _shape_in(kind: Any) -> type[msgspec.Struct] | None:
    """The shape inside a type such as `AnnotationBody | None` or `list[SampleSetShape] | None`."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    for part in getattr(kind, "__args__", ()):
        if (found := _shape_in(part)) is not None:
            return found
    return None


def _in_words(problem: msgspec.ValidationError) -> str:
    text = str(problem)
    what, _, where = text.partition(" - at `$")
    place = where.rstrip("`").lstrip(".") or "the body"
    return f"{place}: {what[0].lower()}{what[1:]}. Mend it and send it again; /schema lists what is taken."
