"""Signatures of webhooks, as Standard Webhooks has them: HMAC-SHA256 over id, time and body."""

import base64
import binascii
import hashlib
import hmac
import secrets

from noria.errors import BadInput

PREFIX = "whsec_"
_BYTES = 32  # of a secret made here
_LEAST, _MOST = 24, 64  # bytes of one that is given


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def check_secret(secret: str) -> str:
    """The secret as it is kept. Raises BadInput for one that is too short or no base64."""
    try:
        key = _key(secret) if secret.startswith(PREFIX) else b""
    except (binascii.Error, ValueError):
        key = b""
    if not _LEAST <= len(key) <= _MOST:
        raise BadInput(
            f"A webhook's secret is {PREFIX} and base64 of {_LEAST} to {_MOST} bytes. Leave it out for a new one."
        )
    return secret


def headers(secret: str, id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of a message that is sent at `seconds` since the epoch."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{signature(secret, id, seconds, body)}",
    }


def signature(secret: str, id: str, seconds: int, body: bytes) -> str:
    """Base64 of the HMAC.

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = f"{id}.{seconds}.".encode() + body
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
