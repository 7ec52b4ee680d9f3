"""Signed addresses of files: who holds one may read that one file, without a token, for about a week."""

import hashlib
import hmac
import secrets
import time

from noria.errors import LinkExpired
from noria.storage import Storage

_DAY_S = 86_400
_DAYS = 8  # to the end of the eighth day, so that a file has one address all day and browsers keep it


class Links:
    def __init__(self, storage: Storage) -> None:
        self._key = storage.secrets.get_or_create("link_key", lambda: secrets.token_bytes(32))

    def path(self, function_id: str, sample_id: str, side: int = 0) -> str:
        """The address on this server; side: of a preview in pixels, 0 for the original file."""
        until = (int(time.time()) // _DAY_S + _DAYS) * _DAY_S
        query = f"side={side}&until={until}&signature={self._signature(function_id, sample_id, side, until)}"
        return f"/files/{function_id}/{sample_id}?{query}"

    def check(self, function_id: str, sample_id: str, side: int, until: int, signature: str) -> None:
        """Raises LinkExpired, for a forged one too."""
        wanted = self._signature(function_id, sample_id, side, until)
        if not hmac.compare_digest(wanted.encode(), signature.encode()) or until < time.time():
            raise LinkExpired

    def _signature(self, function_id: str, sample_id: str, side: int, until: int) -> str:
        said = f"{function_id}/{sample_id}/{side}/{until}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:40]
