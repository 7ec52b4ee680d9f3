"""The built-in kinds, by name: what each finds, in any script's digits and with the separators that people write."""

import re
from collections.abc import Mapping

from noria.redaction.addresses import emails, ips
from noria.redaction.credentials import credentials
from noria.redaction.numbers import cards, ibans, phones
from noria.redaction.spans import Find

KINDS: Mapping[str, Find] = {
    "email": emails,
    "phone": phones,
    "card": cards,
    "iban": ibans,
    "ip": ips,
    "credentials": credentials,
}
"""In the order in which pages list them; names are also the words that stand in texts."""

_DIGIT = re.compile(r"\d")
_NEEDS_A_DIGIT = frozenset({"phone", "card", "iban", "ip"})


def may_hold(name: str, digits: bool) -> bool:
    """Whether it is worth looking, told from whether there is any digit."""
    return digits or name not in _NEEDS_A_DIGIT


def has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None
