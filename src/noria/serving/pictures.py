"""Images of samples as people look at them: the file as it came, or a preview in a type that every browser shows."""

import threading
from collections import OrderedDict

from noria.encoders.images import thumbnail
from noria.errors import BadInput, SampleNotFound
from noria.storage import Storage

SIDES = (160, 480, 1280)  # pixels of a preview's longer side
PREVIEW_TYPE = "image/jpeg"
_CACHE_BYTES = 64_000_000


class Pictures:
    """Previews are made when they are asked for, and the latest kept in memory. Safe from any thread."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._previews: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def original(self, function_id: str, sample_id: str) -> tuple[bytes, str]:
        """The file and its media type. Raises SampleNotFound, FileLost."""
        media_type = self._storage.samples.get(function_id, sample_id).media_type
        if media_type is None:
            raise SampleNotFound("This sample is a text and has no file.", id=sample_id)
        return self._storage.blobs.get(function_id, sample_id), media_type

    def preview(self, function_id: str, sample_id: str, side: int) -> bytes:
        """A JPEG whose longer side has at most so many pixels. Raises BadInput, SampleNotFound, FileLost."""
        if side not in SIDES:
            raise BadInput(f"A preview's side is one of {', '.join(map(str, SIDES))}.", given=side)
        key = (function_id, sample_id, side)
        with self._lock:
            if (known := self._previews.get(key)) is not None:
                self._previews.move_to_end(key)
                return known
        made = thumbnail(self.original(function_id, sample_id)[0], side)
        with self._lock:
            if key not in self._previews:
                self._bytes += len(made)
            self._previews[key] = made
            while self._bytes > _CACHE_BYTES:
                self._bytes -= len(self._previews.popitem(last=False)[1])
        return made
