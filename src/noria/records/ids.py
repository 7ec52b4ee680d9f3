"""Ids: `<kind>_<16 lowercase letters and digits>`, the prefix optional wherever a caller sends one."""

import re
import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits
_BODY_LENGTH = 16
_SHAPE = re.compile(r"[a-z]+_[a-z0-9]+")

KINDS = ("function", "label", "sample", "sampleset", "model", "project", "client", "capture")


def new_id(kind: str) -> str:
    """A fresh id of this kind, 82 random bits.

    Neither part holds an underscore: existing clients strip the prefix only when splitting on `_`
    gives exactly two parts.
    """
    return f"{kind}_{''.join(secrets.choice(_ALPHABET) for _ in range(_BODY_LENGTH))}"


def canonical(kind: str, given: str) -> str:
    """The stored form of an id that came with or without its prefix.

    >>> canonical("label", "2n5a7za51n329v0l")
    'label_2n5a7za51n329v0l'
    >>> canonical("label", "label_2n5a7za51n329v0l")
    'label_2n5a7za51n329v0l'
    """
    text = given.strip().lower()
    return text if _SHAPE.fullmatch(text) else f"{kind}_{text}"
