"""Numbers that name a person or an account: of phones, cards and bank accounts.

Bounded as in `addresses`: digits and what stands between them can be told apart, so that reading a text stays linear.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from noria.redaction.spans import Place

# Between digits people put spaces of all widths, hyphens, and marks of direction that come along when pasted.
_APART = (
    "\\t \u00a0\u1680\u2000-\u200f\u202a-\u202f\u205f-\u2064\u2066-\u2069\u3000\ufeff\u00ad\u2010-\u2015.\\-"
)
_CARD_RUN = re.compile(rf"\d{{3,}}(?:[{_APART}]{{1,2}}\d{{3,}})*")
_PHONE_RUN = re.compile(rf"[+＋]?[(\[]?\d(?:[{_APART}()/]{{0,3}}\d)*")
_SHORTEST_PHONE = 7  # digits
_GROUP = re.compile(r"\d+")
_DATE = re.compile(r"(?<!\d)(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?!\d)")
_NORTH_AMERICAN = re.compile(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")
_IBAN_HEAD = re.compile(r"(?<![^\W])[A-Za-z]{2}[0-9]{2}")
_IBAN_APART = frozenset(" -\u00a0\u202f\u2009")
_CARD_DIGITS = range(13, 20)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 "
    "LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 "
    "QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
_IBAN_LENGTH: Mapping[str, int] = {each[:2]: int(each[2:]) for each in _LENGTHS.split()}


def cards(text: str) -> Iterator[Place]:
    """Numbers of 13 to 19 digits whose last one is Luhn's.

    >>> text = "order 4929 card 4111 1111 1111 1111, not 4111 1111 1111 1112"
    >>> [text[start:end] for start, end in cards(text)]
    ['4111 1111 1111 1111']
    """
    for run in _CARD_RUN.finditer(text):
        if run.end() - run.start() < _CARD_DIGITS.start:
            continue
        groups = _groups(text, *run.span())
        if sum(end - start for start, end in groups) >= _CARD_DIGITS.start:
            yield from _cards_among(text, groups)


def _cards_among(text: str, groups: Sequence[Place]) -> Iterator[Place]:
    """Neighbouring groups that make a card's number: of each first one the longest."""
    digits = [unicodedata.decimal(c) for start, end in groups for c in text[start:end]]
    ends = list(accumulate(end - start for start, end in groups))  # in digits
    for first, (start, _) in enumerate(groups):
        begin, found = ends[first - 1] if first else 0, None
        for last in range(first, len(groups)):
            if (n := ends[last] - begin) >= _CARD_DIGITS.stop:
                break
            if n >= _CARD_DIGITS.start and _is_luhn(digits[begin : ends[last]]):
                found = start, groups[last][1]
        if found:
            yield found


def _is_luhn(digits: Sequence[int]) -> bool:
    """Whether the last digit is the check digit of the others, as ISO/IEC 7812 has it."""
    plain, doubled = digits[-1::-2], digits[-2::-2]
    return any(digits) and (sum(plain) + sum(_DOUBLED[digit] for digit in doubled)) % 10 == 0


def phones(text: str) -> Iterator[Place]:
    """International numbers with + or 00, national ones with a leading 0 or written in groups, and North American ones.

    Bare digits of other lengths are not taken for one: they are orders and customers more often.

    >>> text = "+49 (0)30 123456, (555) 123-4567, 030/1234567; order 4711471147, on 2024-01-15 10:30"
    >>> [text[start:end] for start, end in phones(text)]
    ['+49 (0)30 123456', '(555) 123-4567', '030/1234567']
    """
    for run in _PHONE_RUN.finditer(text):
        if run.end() - run.start() < _SHORTEST_PHONE:
            continue
        for begin, end in _without_dates(text, *run.span()):
            start = begin + 1 if text[begin] in "([" and not _closes(text[begin:end]) else begin
            groups = _groups(text, start, end)
            if groups and not _part_of_a_word(text, start) and (last := _phone(text, start, groups)):
                yield start, last


def _phone(text: str, start: int, groups: Sequence[Place]) -> int | None:
    """Where the phone number that begins the run ends; None where it is none."""
    sizes = [end - begin for begin, end in groups]
    n, end = sum(sizes), groups[-1][1]
    digits = "".join(
        str(unicodedata.decimal(c)) for begin, stop in groups[:16] for c in text[begin:stop][:16]
    )
    if text[start] in "+＋" or digits.startswith("00"):
        return _upto(groups, 15) if n >= _SHORTEST_PHONE else None
    if digits.startswith("0"):
        spread_out = len(sizes) > 2 and n < 2 * len(sizes)  # 0 1 2 3 …
        return _upto(groups, 15) if n >= 9 and not spread_out else None
    if n in (10, 11) and _NORTH_AMERICAN.fullmatch(digits):
        return end
    is_decimal = len(sizes) == 2 and "." in text[start:end]
    if len(sizes) < 2 or is_decimal or not 9 <= n <= 13:
        return None
    if sizes[0] > 4 or any(not 2 <= size <= 6 for size in sizes[1:]) or _is_address(text[start:end]):
        return None
    return end


def _is_address(text: str) -> bool:
    """Four numbers up to 255: an IP address, which has a kind of its own."""
    parts = text.split(".")
    return len(parts) == 4 and all(part.isdecimal() and int(part) <= 255 for part in parts)


def _upto(groups: Sequence[Place], most: int) -> int:
    """The end of the last group with which there are at most so many digits; of the first one in any case."""
    n, end = 0, groups[0][1]
    for start, stop in groups:
        if (n := n + stop - start) > most:
            break
        end = stop
    return end


def _without_dates(text: str, start: int, end: int) -> Iterator[Place]:
    """What of a run of digits lies between dates."""
    cuts = [start]
    for match in _DATE.finditer(text, start, end):
        cuts += match.span()
    for begin, stop in list(pairwise([*cuts, end]))[::2]:
        while begin < stop and not (text[begin].isdecimal() or text[begin] in "+＋(["):
            begin += 1
        if begin < stop:
            yield begin, stop


def ibans(text: str) -> Iterator[Place]:
    """Account numbers of their country's length whose check digits are right.

    >>> text = "to DE89 3704 0044 0532 0130 00 please, or gb82west12345698765432"
    >>> [text[start:end] for start, end in ibans(text)]
    ['DE89 3704 0044 0532 0130 00', 'gb82west12345698765432']
    """
    for head in _IBAN_HEAD.finditer(text):
        start = head.start()
        length = _IBAN_LENGTH.get(text[start : start + 2].upper())
        if length is not None and (end := _iban(text, start, length)):
            yield start, end


def _iban(text: str, start: int, length: int) -> int | None:
    """Where the account number ends that begins here; None where it is none."""
    found, at = "", start
    while len(found) < length and at < len(text):
        if text[at].isascii() and text[at].isalnum():
            found += text[at].upper()
        elif text[at] not in _IBAN_APART or text[at - 1] in _IBAN_APART:
            return None
        at += 1
    if len(found) < length or text[at : at + 1].isalnum():
        return None
    return at if int("".join(str(int(c, 36)) for c in found[4:] + found[:4])) % 97 == 1 else None


def _groups(text: str, start: int, end: int) -> list[Place]:
    return [match.span() for match in _GROUP.finditer(text, start, end)]


def _closes(text: str) -> bool:
    return ")" in text or "]" in text


def _part_of_a_word(text: str, start: int) -> bool:
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")
