"""What callers send as a sample's data, checked and made ready for its function's encoder."""

import asyncio
import base64
import binascii
import re
from collections.abc import Sequence

from blake3 import blake3

from noria.encoders.images import MAX_IMAGE_BYTES, media_type
from noria.errors import BadInput, ImageTooLarge
from noria.records.content import Content
from noria.records.field import Field
from noria.records.function import Modality
from noria.serving.fetching import Fetcher
from noria.serving.limits import checked_text
from noria.serving.rows import row_content

_SMALL = 200_000  # characters; what takes longer to decode is done beside the event loop
_DATA_URI = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*https?://", re.IGNORECASE)
_HOW = "Send it as a file, or as a data URI such as data:image/png;base64,…"


class Intake:
    """One for the whole server; addresses are fetched only where that is switched on."""

    def __init__(self, fetcher: Fetcher | None) -> None:
        self._fetcher = fetcher

    async def content(self, modality: Modality, data: object, fields: Sequence[Field] = ()) -> Content:
        """fields: of a table function. Raises BadInput, TooLarge, and what fetching raises."""
        if modality is Modality.TABULAR:
            return await asyncio.to_thread(row_content, data, fields, self._image_of_row)
        if modality is Modality.IMAGE and isinstance(data, str) and is_address(data):
            data = await asyncio.to_thread(self._fetched, data.strip())
        if isinstance(data, str | bytes) and len(data) > _SMALL:
            return await asyncio.to_thread(content_of, modality, data)
        return content_of(modality, data)

    def _image_of_row(self, data: object) -> Content:
        if isinstance(data, str) and _ADDRESS.match(data):
            data = self._fetched(data.strip())
        return content_of(Modality.IMAGE, data)

    def _fetched(self, address: str) -> bytes:
        if self._fetcher is None:
            raise BadInput(f"This server fetches no addresses. {_HOW}")
        return self._fetcher.fetch(address, MAX_IMAGE_BYTES)


def content_of(modality: Modality, data: object) -> Content:
    """The content of a request's text or image. Raises BadInput, TooLarge."""
    if modality is Modality.TEXT:
        return text_content(data)
    if isinstance(data, str):
        data = _from_data_uri(data)
    if not isinstance(data, bytes):
        raise BadInput(f"There is no image. {_HOW}")
    return image_content(data)


def is_address(data: object) -> bool:
    """Whether this is where an image is to be fetched from."""
    return isinstance(data, str) and _ADDRESS.match(data) is not None


def text_content(data: object) -> Content:
    """Raises BadInput, TooLarge."""
    if isinstance(data, bytes):
        raise BadInput("This function takes a text and not a file. Send it as JSON under the name data.")
    text = checked_text(data)
    return Content(text, blake3(text.encode()).digest())


def image_content(file: bytes) -> Content:
    """Knows the file by its bytes alone. Raises BadImage, ImageTooLarge."""
    return Content("", blake3(file).digest(), file, media_type(file))


def _from_data_uri(given: str) -> bytes:
    head = _DATA_URI.match(given)
    if head is None:
        raise BadInput(f"data is no image that can be read. {_HOW}")
    if ";base64" not in head.group().lower():
        raise BadInput(f"The data URI is not in base64. {_HOW}")
    if (len(given) - head.end()) * 3 // 4 > MAX_IMAGE_BYTES + 3:
        raise ImageTooLarge
    body = "".join(given[head.end() :].split())
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(f"The data URI's base64 is damaged. {_HOW}") from None
