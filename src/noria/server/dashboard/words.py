"""Figures and times in words, as a person would say them. Used as template filters."""

from collections.abc import Mapping
from datetime import UTC, datetime

from noria.capture.rules import in_words
from noria.server.dashboard.languages import Later, numbered, t

NARROW = "\u202f"  # narrow no-break space: keeps a number and its unit on one line
_DAY_S = 86_400

NAMES: Mapping[str, str] = {
    "Random": Later("Random"),
    "LowConfidence": Later("Unsure answers"),
    "RareClass": Later("Rare labels"),
    "Novel": Later("Novel calls"),
    "Disagreement": Later("Disagreement"),
    "Rule": Later("Your own rules"),
}

SHARES: Mapping[str, str] = {
    "Random": Later(
        "Any call, whatever it looks like. More of it makes live accuracy surer and finds what nobody thought of."
    ),
    "LowConfidence": Later(
        "Calls of which the model was unsure. More of it teaches fastest where labels are confused."
    ),
    "RareClass": Later(
        "Calls that may belong to labels with few samples. More of it brings those labels on."
    ),
    "Novel": Later("Calls unlike anything labelled so far. More of it finds new topics, and odd ones."),
    "Disagreement": Later(
        "Calls answered otherwise than the sample most like them is labelled. More of it finds what is confused, and wrong labels."
    ),
    "Rule": Later("Calls that a rule of yours asks for. More of it brings more of these."),
}

ROLES: Mapping[str, str] = {
    "viewer": Later("viewer"),
    "annotator": Later("annotator"),
    "editor": Later("editor"),
    "admin": Later("admin"),
    "none": Later("none"),
}

PHASES: Mapping[str, str] = {
    "reading": Later("Reading the labelled samples"),
    "training": Later("Fitting a new version"),
    "publishing": Later("Comparing it with the live one"),
    "predicting": Later("Answering the stored samples anew"),
}


def percent(share: float) -> str:
    """A share as whole percent that never rounds to a false certainty.

    >>> percent(0.624), percent(0.9994), percent(1.0), percent(0.001)
    ('62\u202f%', '>99\u202f%', '100\u202f%', '<1\u202f%')
    """
    whole = round(share * 100)
    if whole == 100 and share < 1:
        return f">99{NARROW}%"
    if whole == 0 and share > 0:
        return f"<1{NARROW}%"
    return f"{whole}{NARROW}%"


def count(n: float) -> str:
    """A number with its thousands apart.

    >>> count(12345)
    '12,345'
    """
    return f"{round(n):,}"


def size(n: int) -> str:
    """Bytes in the unit that people use.

    >>> size(900), size(14_000), size(2_340_000)
    ('900\u202fbytes', '14\u202fkB', '2.3\u202fMB')
    """
    for unit, amount in (("GB", 1e9), ("MB", 1e6)):
        if n >= amount:
            return f"{n / amount:.1f}{NARROW}{unit}"
    return f"{n / 1000:.0f}{NARROW}kB" if n >= 1000 else f"{n}{NARROW}" + t("bytes")


def plural(n: float, one: str, many: str | None = None) -> str:
    """A number and its noun.

    >>> plural(1, "label"), plural(3, "label"), plural(2, "capture of it", "captures of it")
    ('1 label', '3 labels', '2 captures of it')
    """
    noun = numbered(one, many or f"{one}s", round(n))
    return f"{count(n)} {noun}"


def ago(at: datetime, now: datetime | None = None) -> str:
    """How long since `at`, coarsely; a date once it is over a week.

    >>> from datetime import timedelta
    >>> now = datetime(2025, 6, 10, 12, tzinfo=UTC)
    >>> [ago(now - timedelta(seconds=s), now) for s in (3, 200, 7300, 100000, 9000000)]
    ['just now', '3 min ago', '2 h ago', 'yesterday', '26 Feb 2025']
    """
    passed = ((now or datetime.now(UTC)) - at).total_seconds()
    if passed < 45:
        return t("just now")
    if passed < 3600:
        return t("{minutes} min ago", minutes=max(1, round(passed / 60)))
    if passed < _DAY_S:
        return t("{hours} h ago", hours=int(passed // 3600))
    if passed < 7 * _DAY_S:
        days = int(passed // _DAY_S)
        return t("yesterday") if days == 1 else t("{days} days ago", days=days)
    return day(at)


def day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def hour(at: datetime) -> str:
    """A whole hour.

    >>> hour(datetime(2026, 3, 1, 14, tzinfo=UTC))
    '1 Mar, 14:00 UTC'
    """
    return f"{at.day} {at:%b, %H:00} UTC"


def moment(at: datetime) -> str:
    """Date and time for a machine-readable attribute and its tooltip."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """A duration.

    >>> span(0.42), span(12), span(130)
    ('0.4\u202fs', '12\u202fs', '2\u202fmin 10\u202fs')
    """
    if seconds < 10:
        return f"{seconds:.1f}{NARROW}s"
    if seconds < 120:
        return f"{seconds:.0f}{NARROW}s"
    return f"{int(seconds // 60)}{NARROW}min {int(seconds % 60)}{NARROW}s"


def named(code: str) -> str:
    """The kind of capture that a reason stands for."""
    return NAMES.get(code, code)


def phase(code: str) -> str:
    return PHASES.get(code, code.capitalize())


def by_kind(amounts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Amounts by reason, under the kinds' names."""
    return [(named(code), amount) for code, amount in amounts.items()]


def by_name(amounts: Mapping[str, float], names: Mapping[str, str]) -> list[tuple[str, float]]:
    """Amounts by label id, under the labels' names; of those that are gone together."""
    kept = [(names[id], amount) for id, amount in amounts.items() if id in names]
    gone = sum(amount for id, amount in amounts.items() if id not in names)
    return kept + ([(t("deleted labels"), gone)] if gone else [])


def upper_first(text: str) -> str:
    """A clause as the beginning of a sentence; the rest stays, as languages have capitals of their own in it.

    >>> upper_first("zwei Labels")
    'Zwei Labels'
    """
    return text[:1].upper() + text[1:]


def role(code: str) -> str:
    return ROLES.get(code, code)


def reason(code: str) -> str:
    """Why a call was captured, in a clause."""
    return t(in_words(code))


FILTERS = {
    "percent": percent,
    "bytes": size,
    "count": count,
    "plural": plural,
    "ago": ago,
    "day": day,
    "hour": hour,
    "moment": moment,
    "span": span,
    "named": named,
    "by_kind": by_kind,
    "by_name": by_name,
    "reason": reason,
    "phase": phase,
    "role": role,
    "upper_first": upper_first,
}
