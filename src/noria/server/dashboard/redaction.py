"""What is hidden in texts, on Settings: kinds to tick, patterns of one's own, and a text to try them on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import BadInput
from noria.records.client import Scope
from noria.records.function import Function
from noria.records.redaction import OwnPattern, Redaction
from noria.redaction import KINDS, MAX_NAME, MAX_PATTERN, MAX_PATTERNS
from noria.server.audited import note
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.services import services
from noria.server.dashboard.words import plural
from noria.server.prefix import at
from noria.serving.redacting import Standing, standing, tried

if TYPE_CHECKING:
    from noria.app import Noria

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]

WORDS: Mapping[str, tuple[str, str]] = {
    "email": (Later("Email addresses"), "joe@example.com"),
    "phone": (Later("Phone numbers"), "+49 30 123456, (555) 123-4567"),
    "card": (
        Later("Card numbers"),
        Later("4111 1111 1111 1111: 13 to 19 digits, the last one the check digit"),
    ),
    "iban": (Later("Bank account numbers (IBAN)"), "DE89 3704 0044 0532 0130 00"),
    "ip": (Later("IP addresses"), "192.0.2.7, 2001:db8::1"),
    "credentials": (
        Later("Passwords and tokens"),
        Later("user and password in an address, ?token=…, Bearer …, signed tokens"),
    ),
}
assert WORDS.keys() == KINDS.keys()
_BLANKS = 2
_PATIENCE_S = 0.3
_LEAST_S = 20.0


@dataclass(frozen=True, slots=True)
class Shown:
    """The form as it is shown."""

    redaction: Redaction
    kinds: Mapping[str, tuple[str, str]]
    patterns: list[OwnPattern]  # and empty ones to fill in
    limits: Mapping[str, int]
    standing: Standing | None  # None: being worked out

    @classmethod
    def of(cls, noria: "Noria", function: Function) -> "Shown":
        own = function.redaction.patterns
        blanks = [OwnPattern("", "")] * min(_BLANKS, MAX_PATTERNS - len(own))
        return cls(
            function.redaction,
            WORDS,
            [*own, *blanks],
            {"name": MAX_NAME, "pattern": MAX_PATTERN},
            noria.kept.get(
                ("redaction", function.id, function.redaction),
                lambda: standing(noria.storage, function.id, function.redaction),
                least_s=_LEAST_S,
                patience_s=_PATIENCE_S,
            ),
        )


@post(
    "/functions/{function_id:str}/settings/redaction",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def set_redaction(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = at(f"/functions/{function_id}/settings#redaction")
    try:
        wanted = from_form(data)
        services(request).teacher.update_function(function_id, redaction=wanted)
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    note(request, kinds=list(wanted.kinds), patterns=[own.name for own in wanted.patterns])
    if not wanted.on:
        return pages.done(request, back, t("Saved. Nothing is hidden."))
    words = ", ".join(f"[{word}]" for word in (*wanted.kinds, *(own.name for own in wanted.patterns)))
    return pages.done(
        request, back, t("Saved. From the next call on, texts have {words} in such places.", words=words)
    )


@post(
    "/functions/{function_id:str}/settings/redaction/try",
    opt={"scope": Scope.EDIT, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def try_redaction(request: Request[Any, Any, Any], function_id: str, data: Form) -> dict[str, str]:
    """A text as it would be kept with what the form says; nothing is kept of it. Raises BadInput."""
    services(request).storage.functions.get(function_id)
    found = tried(from_form(data), data.get("text", ""))
    n = sum(found.hidden.values())
    return {
        "text": found.text,
        "said": t("{places} hidden.", places=plural(n, "place")) if n else t("Nothing is hidden in it."),
    }


def from_form(form: Mapping[str, str]) -> Redaction:
    """What a form says; a row without a pattern is one that goes.

    >>> from_form({"kind_ip": "on", "name_0": "customer", "pattern_0": "C-[0-9]+", "name_1": "", "pattern_1": ""})
    Redaction(kinds=('ip',), patterns=(OwnPattern(name='customer', pattern='C-[0-9]+'),))
    """
    rows = ((form.get(f"name_{i}", "").strip(), form.get(f"pattern_{i}", "")) for i in range(MAX_PATTERNS))
    return Redaction(
        tuple(kind for kind in KINDS if form.get(f"kind_{kind}") == "on"),
        tuple(OwnPattern(name, pattern) for name, pattern in rows if pattern),
    )
