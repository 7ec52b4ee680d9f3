"""Ids: `<kind>_<16 lowercase letters and digits>`, the prefix optional wherever a caller sends one."""

import os
import re
import string
from collections import deque

_ALPHABET = (string.ascii_lowercase + string.digits).encode()
_BODY_LENGTH = 16
_BYTES = 16  # more than 36^16 takes, so that every id is as likely as any other
_BLOCKS = 256  # fetched from the system at once
_SHAPE = re.compile(r"[a-z]+_[a-z0-9]+")

KINDS = (
    "function",
    "label",
    "field",
    "sample",
    "sampleset",
    "model",
    "project",
    "client",
    "capture",
    "webhook",
    "message",
    "transfer",
    "change",
)


_random: deque[bytes] = deque()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.clear)  # lest two processes give the same ids


def random_bytes() -> bytes:
    """Sixteen bytes that nobody can foretell, for a name that has to be unique.

    Asking the system lets go of the interpreter, and with encoders at work it takes a turn of theirs to get it back.
    """
    while True:
        try:
            return _random.pop()
        except IndexError:
            fresh = os.urandom(_BYTES * _BLOCKS)
            _random.extend(fresh[i : i + _BYTES] for i in range(0, len(fresh), _BYTES))


def new_id(kind: str) -> str:
    """A fresh id of this kind, 82 random bits.

    Neither part holds an underscore: existing clients strip the prefix only when splitting on `_`
    gives exactly two parts.
    """
    number = int.from_bytes(random_bytes())
    digits = bytearray()
    for _ in range(_BODY_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return f"{kind}_{digits.decode()}"


def canonical(kind: str, given: str) -> str:
    """The stored form of an id that came with or without its prefix.

    >>> canonical("label", "2n5a7za51n329v0l")
    'label_2n5a7za51n329v0l'
    >>> canonical("label", "label_2n5a7za51n329v0l")
    'label_2n5a7za51n329v0l'
    >>> canonical("sampleset", canonical("sampleset", "pilot-1"))
    'sampleset_pilot-1'
    """
    text = given.strip().lower()
    return text if _SHAPE.fullmatch(text) or text.startswith(f"{kind}_") else f"{kind}_{text}"
