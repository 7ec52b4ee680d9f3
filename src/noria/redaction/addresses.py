"""Email and IP addresses.

Patterns here are run by the standard library, which is quicker than RE2 on short texts and can be slow on hostile ones: each
is bounded in length, or begins where no other match of it can, so that reading a text stays linear.
"""

import ipaddress
import re
from collections.abc import Iterator

from noria.redaction.spans import Place

# Letters, marks and digits of any script are told by what they are not: \w leaves combining marks out.
_SIGNS = "\\u2010-\\u2029\\u2030-\\u205e\\u3000-\\u303f\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff20«»¿¡"
_LABEL = rf"[^\s\x00-,./:-@\[-`{{-\x7f\uff0e{_SIGNS}]+"
_LOCAL = re.compile(rf"[^\s\x00-\x20\"&(),/:;<=>?@\[\\\]`{{|}}\x7f{_SIGNS}]+")  # read backwards
_DOMAIN = re.compile(rf"(?:{_LABEL}[.\uff0e\u3002])+(?!\d){_LABEL}|\[[0-9A-Fa-f:.]{{2,45}}\]")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 256, 300  # characters

_FOUR = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\w|\.[0-9])")
_SIX = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,45}(?:\.[0-9]{1,3}){0,3}(?!\w)")


def emails(text: str) -> Iterator[Place]:
    """
    >>> text = "write to jörg.müller+news@büro.example, or to a@b"
    >>> [text[start:end] for start, end in emails(text)]
    ['jörg.müller+news@büro.example']
    """
    for sign in ("@", "\uff20"):
        at = text.find(sign)
        while at >= 0:
            domain = _DOMAIN.match(text, at + 1, at + 1 + _LONGEST_DOMAIN)
            if domain and (start := _begin(text, at)) < at:
                yield start, domain.end()
            at = text.find(sign, at + 1)


def _begin(text: str, at: int) -> int:
    """Where the name before the @ begins; the @ itself where there is none."""
    window = text[max(0, at - _LONGEST_LOCAL) : at]
    if window.endswith('"') and (quote := window.rfind('"', 0, -1)) >= 0:
        return at - len(window) + quote
    local = _LOCAL.match(window[::-1])
    return at - local.end() if local else at


def ips(text: str) -> Iterator[Place]:
    """
    >>> text = "10.0.0.1:80 and 2001:db8::1, but neither 1.2.3, 12:30:45 nor std::vector"
    >>> [text[start:end] for start, end in ips(text)]
    ['10.0.0.1', '2001:db8::1']
    """
    if text.count(".") > 2:
        yield from (m.span() for m in _FOUR.finditer(text) if all(int(n) < 256 for n in m.group().split(".")))
    if "::" in text or text.count(":") > 5:
        for match in _SIX.finditer(text):
            start, end = match.span()
            if text[end - 1] == ":" and text[end - 2 : end] != "::":  # a colon behind the address
                end -= 1
            if _is_six(text[start:end]):
                yield start, end


def _is_six(text: str) -> bool:
    if text.count(":") < 2 or not any(character.isdigit() for character in text):  # a::b is C++ more often
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
