"""What callers send as a sample's data, checked and made ready for its function's encoder."""

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping, Sequence

from blake3 import blake3

from noria.encoders.images import MAX_IMAGE_BYTES, media_type
from noria.errors import BadInput, ImageTooLarge
from noria.records.content import Content
from noria.records.field import Field, FieldType
from noria.records.function import Modality
from noria.redaction import Redactor
from noria.serving.fetching import Fetcher
from noria.serving.limits import MAX_METADATA_VALUE, MAX_TEXT, checked_text
from noria.serving.rows import row_content

_SMALL = 200_000  # characters; what takes longer to decode is done beside the event loop
_LONG = 3000  # characters; what takes longer to redact is, too
_DATA_URI = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*https?://", re.IGNORECASE)
_HOW = "Send it as a file, or as a data URI such as data:image/png;base64,…"


class Intake:
    """One for the whole server; addresses are fetched only where that is switched on."""

    def __init__(self, fetcher: Fetcher | None) -> None:
        self._fetcher = fetcher

    async def content(
        self,
        modality: Modality,
        data: object,
        fields: Sequence[Field] = (),
        hide: Redactor | None = None,
    ) -> Content:
        """The only door for what callers and people send: behind it nothing is known of what was hidden.

        fields: of a table function.   hide: what of texts must not be kept.
        Raises BadInput, TooLarge, and what fetching raises.
        """
        if modality is Modality.TABULAR:
            if not _takes_long(data, fields, hide):
                return row_content(data, fields, self._image_of_row, hide)
            return await asyncio.to_thread(row_content, data, fields, self._image_of_row, hide)
        if modality is Modality.IMAGE and isinstance(data, str) and is_address(data):
            data = await asyncio.to_thread(self._fetched, data.strip())
        small = _SMALL if hide is None else _LONG
        if isinstance(data, str | bytes) and len(data) > small:
            return await asyncio.to_thread(content_of, modality, data, hide)
        return content_of(modality, data, hide)

    def _image_of_row(self, data: object) -> Content:
        if isinstance(data, str) and _ADDRESS.match(data):
            data = self._fetched(data.strip())
        return content_of(Modality.IMAGE, data)

    def _fetched(self, address: str) -> bytes:
        if self._fetcher is None:
            raise BadInput(f"This server fetches no addresses. {_HOW}")
        return self._fetcher.fetch(address, MAX_IMAGE_BYTES)


def _takes_long(data: object, fields: Sequence[Field], hide: Redactor | None) -> bool:
    """Whether a row had better be read beside the event loop."""
    if any(field.type is FieldType.IMAGE for field in fields):
        return True
    texts = (v for v in data.values() if isinstance(v, str)) if isinstance(data, Mapping) else ()
    return sum(map(len, texts)) > (_SMALL if hide is None else _LONG)


def content_of(modality: Modality, data: object, hide: Redactor | None = None) -> Content:
    """The content of a request's text or image. Raises BadInput, TooLarge."""
    if modality is Modality.TEXT:
        return text_content(data, hide)
    if isinstance(data, str):
        data = _from_data_uri(data)
    if not isinstance(data, bytes):
        raise BadInput(f"There is no image. {_HOW}")
    return image_content(data)


def is_address(data: object) -> bool:
    """Whether this is where an image is to be fetched from."""
    return isinstance(data, str) and _ADDRESS.match(data) is not None


def text_content(data: object, hide: Redactor | None = None) -> Content:
    """The text as it is answered, learned from and kept: redacted, and its content key made of that.

    Raises BadInput, TooLarge.
    """
    if isinstance(data, bytes):
        raise BadInput("This function takes a text and not a file. Send it as JSON under the name data.")
    text = redacted(checked_text(data), hide)
    return Content(text, blake3(text.encode()).digest())


def redacted(text: str, hide: Redactor | None) -> str:
    """The text that is kept of one that passed its checks; words can be longer than what they hide, and it is cut."""
    return text if hide is None else hide.hide(text)[:MAX_TEXT]


def redacted_metadata(metadata: dict[str, str] | None, hide: Redactor | None) -> dict[str, str] | None:
    """With values as they are kept; names are the caller's program's and stay."""
    if metadata is None or hide is None:
        return metadata
    return {name: hide.hide(value)[:MAX_METADATA_VALUE] for name, value in metadata.items()}


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
