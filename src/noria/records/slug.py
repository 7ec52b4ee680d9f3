"""A slug: a function's name as an address has it."""

import re
import unicodedata

_BETWEEN = re.compile(r"[\W_]+")


def slug(name: str) -> str:
    """The letters and digits of a name in lower case, a hyphen for whatever stands between; may be empty.

    >>> slug(" Toxic Language? ")
    'toxic-language'
    """
    return _BETWEEN.sub("-", unicodedata.normalize("NFC", name).lower()).strip("-")
