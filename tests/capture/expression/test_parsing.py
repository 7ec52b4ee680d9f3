"""What people may write, and what they are told where they may not."""

from datetime import UTC, datetime

import numpy as np
import pytest

from noria.capture.call import Call
from noria.capture.expression import MAX_LENGTH, parsed
from noria.errors import RuleUnreadable

SATURDAY_NIGHT = datetime(2025, 6, 14, 23, 5, tzinfo=UTC)


def call(**given: object) -> Call:
    facts = {
        "label": "refund",
        "at": SATURDAY_NIGHT,
        "metadata": {"customer": "acme", "amount": "120.5", "id no": "7"},
    }
    return Call(np.array([0.7, 0.2, 0.1]), ("a", "b", "c"), **(facts | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        'label == "refund" and confidence < 0.8',
        'metadata.customer == "acme"',
        'hour >= 22 or weekday in ("mon", "tue")',
        'weekday in ["sat", "sun"] and not hour < 22',
        "0.4 < margin <= 0.6",
        "metadata.amount > 100",
        "metadata.amount == 120.5",
        "metadata.amount in (1, 120.5)",
        'metadata["id no"] == "7"',
        'contains(metadata.customer, "cm") and startswith(label, "re")',
        'endswith(lower(metadata.customer), "me")',
        "has(metadata.customer)",
        'label not in ("other",)',
        'label != "other"',
        "  confidence >= 0.7\n  and margin < 1",
        'label == "a#b" or confidence > -0.0',
    ],
)
def test_it_holds(text: str) -> None:
    assert parsed(text).holds(call())


@pytest.mark.parametrize(
    "text",
    [
        'label == "refund" and confidence > 0.8',
        "hour < 22",
        'weekday not in ("sat", "sun")',
        'lower(metadata.customer) == "ACME"',
        'contains(metadata.customer, "CM")',
    ],
)
def test_it_does_not_hold(text: str) -> None:
    assert not parsed(text).holds(call())


@pytest.mark.parametrize(
    "text",
    [
        'metadata.tier == "gold"',
        'metadata.tier != "gold"',
        'metadata.tier not in ("gold", "silver")',
        'metadata.tier in ("gold",)',
        "metadata.tier > 3",
        "metadata.customer > 3",
        'contains(metadata.tier, "")',
        "has(metadata.tier)",
        'lower(metadata.tier) == "none"',
        "metadata.tier == metadata.other",
    ],
)
def test_what_a_call_does_not_have_is_false(text: str) -> None:
    assert not parsed(text).holds(call())


def test_without_a_time_no_hour_holds() -> None:
    assert not parsed('hour >= 0 or weekday != "mon"').holds(call(at=None))


def test_one_label_has_a_confidence_and_a_margin() -> None:
    alone = Call(np.array([1.0]), ("a",), label="a")
    assert parsed("confidence == 1 and margin == 1").holds(alone)


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("", "Write what to look for", (0, 0)),
        ('lable == "refund"', "Did you mean label?", (0, 5)),
        ('label = "refund"', "Write == to compare", (6, 7)),
        ("confidence < 0.8 && hour > 3", "Write and", (17, 19)),
        ('confidence < 0.8 || label == "a"', "Write or", (17, 19)),
        ('!has(metadata.x) and label == "a=b"', "Write not", (0, 1)),
        ('confidence < 0.8 AND label == "a"', "small letters", (17, 20)),
        ('label == "refund', "no closing quote", (9, 10)),
        ("label == “refund”", "straight quotes", (9, 10)),
        ('label == "a" or "b"', "A text by itself", (16, 19)),
        ("confidence", "Compare it", (0, 10)),
        ("metadata.x", "has(metadata.x)", (0, 10)),
        ("metadata", "Say which metadata", (0, 8)),
        ("confidence < 80", "0.8 for 80 %", (13, 15)),
        ("hour == 25", "from 0 to 23", (8, 10)),
        ('confidence < "low"', "is a number", (13, 18)),
        ('weekday == "saturday"', "one of mon, tue", (11, 21)),
        ('label < "b"', "Only numbers", (0, 11)),
        ("1 < 2", "two fixed values", (0, 5)),
        ("True", "always the same", (0, 4)),
        ('"a" in label', "Write a list", (7, 12)),
        ('label in ("a", 3)', "is a text|either texts or numbers|is a number", None),
        ("label in ()", "Write a list", (9, 11)),
        ("label in (margin,)", "fixed values", (10, 16)),
        ("confidence * 2 > 1", "doesn't calculate", (0, 14)),
        ("(hour > 3) == (hour < 5)", "join it by and", None),
        ('label is "a"', "Write == or !=", (0, 12)),
        ("confidence < 1e999", "too large", (13, 18)),
        ("hour > 3 # at night", "no comments", (9, 19)),
        ('label == "a\\n"', "no backslashes", (11, 12)),
        ("hour > 3 and", "missing at the end", None),
        ('contains(label, "a", "b")', "Write it as contains", (0, 25)),
        ('contains(metadata.x, metadata.y)', "the text to look for", (21, 31)),
        ('contains(hour, "3")', "looks into a text", (9, 13)),
        ("has(label)", "Only metadata can be missing", (4, 9)),
        ('metadata.größe == 3 and lable == "x"', "Did you mean label?", (24, 29)),
    ],
)  # fmt: skip
def test_an_error_points_at_the_place_and_says_what_to_do(
    text: str, said: str, place: tuple[int, int] | None
) -> None:
    with pytest.raises(
        RuleUnreadable, match=said.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")
    ) as told:
        parsed(text)
    assert place is None or told.value.place == place


@pytest.mark.parametrize(
    "text",
    [
        '__import__("os").system("true")',
        "label.__class__.__mro__",
        "metadata.a.b == 1",
        "metadata.__class__.__name__ == 1",
        'metadata[0] == "a"',
        "metadata[label] == 1",
        "(lambda: 1)()",
        "[x for x in (1, 2)] == 1",
        "{label: 1} == 1",
        "(x := 3) > 2",
        "label if hour > 3 else margin",
        'f"{label}" == "a"',
        'b"a" == label',
        "label == ...",
        "1j == margin",
        "await label",
        "yield",
        "*label",
        "label; label",
        "label == 'a'\nimport os",
        'contains(label, part="a")',
        'contains(*("a", "b"))',
        "lower(lower(lower(label))) == 'a'",
        "(" * 150 + "hour > 3" + ")" * 150 + " or",
        "not " * 100 + "hour > 3",
        "(" * 240 + ")" * 240,
        "-" * 400 + "1 < hour",
        "confidence < " + "9" * 450,
        "hour > 3 or " * 60 + "hour > 3",
        "label == '\x00'\x00 hour",
        "\ud800 == label",
    ],
)
def test_nothing_else_is_taken(text: str) -> None:
    with pytest.raises(RuleUnreadable):
        parsed(text)


def test_a_long_rule_is_refused_before_it_is_read() -> None:
    with pytest.raises(RuleUnreadable, match="at most 500"):
        parsed("(" * (MAX_LENGTH + 1))


def test_metadata_by_a_strange_name_reads_only_metadata() -> None:
    assert not parsed("metadata.__class__ == 'dict'").holds(call())


def test_it_tells_which_labels_and_fields_it_names() -> None:
    found = parsed('label in ("a", "b") or label == "a" and margin < 0.1 or metadata.x == "z"')
    assert (found.labels, found.fields) == (("a", "b"), {"label", "margin"})
