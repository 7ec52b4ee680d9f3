"""What lets somebody in: user and password in an address, secrets among its parameters, bearer tokens.

Bounded as in `addresses`: no match can begin within another, so that reading a text stays linear.
"""

import re
from collections.abc import Iterator

from noria.redaction.spans import Place

_USER = re.compile(r"([^\s/?#\"<>]+)@")
_PARAMETER = re.compile(
    r"[?&;#](?:access_?token|refresh_?token|id_?token|token|api_?key|key|client_?secret|secret"
    r"|password|passwd|pwd|pass|sig|signature|auth|authorization|session_?id|sid|x-amz-signature|x-amz-security-token)"
    r"=([^\s&;#\"'<>]+)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b(?:bearer|basic)\s{1,9}([A-Za-z0-9._~+/=\-]{12,})", re.IGNORECASE)
_HEADER_IN = ("earer", "EARER", "asic", "ASIC")
_SIGNED = re.compile(r"(?<![\w.\-])eyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]*")


def credentials(text: str) -> Iterator[Place]:
    """
    >>> text = "https://ada:s3cret@example.com/?page=2&token=abc123"
    >>> [text[start:end] for start, end in credentials(text)]
    ['ada:s3cret', 'abc123']
    """
    if "@" in text:
        at = text.find("://")
        while at >= 0:
            if user := _USER.match(text, at + 3):
                yield user.span(1)
            at = text.find("://", at + 3)
    if "=" in text:
        yield from (match.span(1) for match in _PARAMETER.finditer(text))
    if any(part in text for part in _HEADER_IN):
        yield from (match.span(1) for match in _HEADER.finditer(text))
    if "eyJ" in text:
        yield from (match.span() for match in _SIGNED.finditer(text))
