"""Each built-in kind: what it hides, and what it leaves alone."""

import pytest

from noria.records.redaction import Redaction
from noria.redaction import KINDS, redactor

HIDDEN = {
    "email": [
        "joe@example.com", "o'brien+tag@mail.example.co.uk", "用户@例子.公司", "müller@büro.de", "JOE@EXAMPLE.COM",
        "joe＠example．com", '"joe smith"@example.com', "root@[192.168.1.1]", "j\u00adoe@exam\u200bple.com", "أحمد@مثال.مصر",
    ],
    "phone": [
        "+49 30 1234567", "+1 (555) 123-4567", "0049 30 1234567", "(555) 123-4567", "555-123-4567", "555.123.4567",
        "030/1234567", "06 12 34 56 78", "+4930\u00a0123\u2011456", "+٤٩ ٣٠ ١٢٣٤٥٦٧", "5552234567",
        "+1\u202a555\u202c234 5678", "+44 20 7946 0958", "612 345 678",
    ],
    "card": [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "378282246310005",
        "6011 0009 9013 9424", "4111\u00a01111\u00a01111\u00a01111", "４１１１１１１１１１１１１１１１", "4222222222222",
    ],
    "iban": [
        "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "gb82west12345698765432",
        "NO93 8601 1117 947", "FR14 2004 1010 0505 0001 3M02 606", "MT84MALT011000012345MTLCAST001S",
    ],
    "ip": ["192.168.0.1", "8.8.8.8", "2001:db8::8a2e:370:7334", "::1", "fe80::1", "::ffff:192.0.2.128", "2001:db8:0:0:0:0:0:1"],
    "credentials": [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    ],
}  # fmt: skip

LEFT = {
    "email": ["a @ b", "joe@localhost", "@mention", "5 @ 3.20", "user@", "see section 4.2"],
    "phone": [
        "2024-01-15", "2024-01-15 10:30", "15.01.2024 10", "3.14159265358", "1700000000", "order 471147", "0 1 2 3 4 5 6 7 8 9",
        "192.168.100.200", "a1234567890b", "1,234,567,890", "12345678.90", "+12", "€ 1 200",
    ],
    "card": ["4111 1111 1111 1112", "0000 0000 0000 0000", "123456789012", "41111111111111111111111", "2024-01-15"],
    "iban": ["DE89370400440532013001", "DE8937040044053201300", "XX12 3456", "AB1234567890123456", "model DE89"],
    "ip": ["1.2.3", "256.1.1.1", "1.2.3.4.5", "12:30:45", "std::vector", "a::b", "v1.2.3.4rc", "10:30", "::"],
    "credentials": ["https://example.com/?page=2", "https://example.com/@ada", "the bearer of this", "token=", "a=b"],
}  # fmt: skip


def hide(text: str, *kinds: str) -> str:
    ready = redactor(Redaction(kinds))
    assert ready is not None
    return ready.hide(text)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in HIDDEN.items() for text in texts])
def test_a_kind_hides_all_of_it_and_nothing_around_it(kind: str, text: str) -> None:
    assert hide(text, kind) == f"[{kind}]"
    assert hide(f"see {text}, please", kind) == f"see [{kind}], please"
    assert hide(f"({text})\nن {text}.", kind) == f"([{kind}])\nن [{kind}]."


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in LEFT.items() for text in texts])
def test_a_kind_leaves_what_only_looks_like_it(kind: str, text: str) -> None:
    assert hide(text, kind) == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://ada:s3cret@example.com/x", "https://[credentials]@example.com/x"),
        ("https://ada:p@ss@example.com/x", "https://[credentials]@example.com/x"),
        ("postgresql://noria:pw@db:5432/noria", "postgresql://[credentials]@db:5432/noria"),
        ("GET /a?page=2&access_token=abc&x=1", "GET /a?page=2&access_token=[credentials]&x=1"),
        ("Authorization: Bearer abcdefghijkl.mnop", "Authorization: Bearer [credentials]"),
    ],
)
def test_of_an_address_only_what_lets_somebody_in_is_hidden(text: str, hidden: str) -> None:
    assert hide(text, "credentials") == hidden


def test_a_card_among_other_numbers_is_found() -> None:
    assert hide("4929 4111 1111 1111 1111 1225", "card") == "4929 [card] 1225"


def test_kinds_together_hide_each_thing_under_its_own_name() -> None:
    text = "joe@example.com 4111 1111 1111 1111 DE89 3704 0044 0532 0130 00 +49 30 1234567, 10.0.0.1"
    assert hide(text, *KINDS) == "[email] [card] [iban] [phone], [ip]"


def test_a_lone_surrogate_or_a_nul_is_no_reason_to_fail() -> None:
    assert hide("\x00 joe@example.com", *KINDS) == "\x00 [email]"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000, "@" * 100_000, "a@" * 50_000, "a@a." * 25_000, "1 " * 50_000, "1" * 100_000, "111 " * 25_000,
        "+1" * 50_000, "(" * 100_000, "1:" * 50_000, ":" * 100_000, "1." * 50_000, "DE89" * 25_000, "DE89 " * 20_000,
        "a://" * 25_000, "a://b" * 20_000, "?key=" * 20_000, "eyJ" * 33_000, "bearer " * 14_000, '"' * 100_000,
        "2024-01-15 " * 9000, "[email]" * 14_000, "11-11-1111" * 10_000, "٣" * 100_000, "0:" * 50_000 + ":",
    ],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_no_text_is_hard_to_read(text: str) -> None:
    once = hide(text, *KINDS)
    assert len(once) <= 20 * len(text)
