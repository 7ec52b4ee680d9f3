"""HTTP/1.1 with as little work as Python can, for clients that should not be what is measured."""

import asyncio
import json
from typing import Any

PORT = 5000


def request(address: str, token: str, method: str, path: str, body: Any) -> bytes:
    """The whole request with a JSON body."""
    content = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body. Raises EOFError where the connection ends before them."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    at = head.index(b"content-length:") + 15
    length = int(head[at : head.index(b"\r", at)])
    return int(head[9:12]), await reader.readexactly(length)
