"""Images of samples as people look at them: the file as it came, or a preview in a type that every browser shows."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from noria.encoders.images import thumbnail
from noria.errors import BadInput, SampleNotCaptured, SampleNotFound
from noria.serving.recent import RecentCall
from noria.storage import Storage

SIDES = (160, 480, 1280)  # pixels of a preview's longer side
PREVIEW_TYPE = "image/jpeg"
_CACHE_BYTES = 64_000_000


class Pictures:
    """Previews are made when they are asked for, and the latest kept in memory. Safe from any thread."""

    def __init__(self, storage: Storage, recent_call: Callable[[str, str], RecentCall]) -> None:
        """recent_call: the uncaptured call of a function that was answered with this id; raises SampleNotCaptured."""
        self._storage = storage
        self._recent_call = recent_call
        self._previews: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def original(self, function_id: str, sample_id: str) -> tuple[bytes, str]:
        """The file and its media type, of a sample or of a recent call. Raises SampleNotFound, FileLost."""
        try:
            media_type = self._storage.samples.get(function_id, sample_id).media_type
        except SampleNotFound as missing:
            return self._recent(function_id, sample_id, missing)
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

    def _recent(self, function_id: str, sample_id: str, missing: SampleNotFound) -> tuple[bytes, str]:
        try:
            content = self._recent_call(function_id, sample_id).content
        except SampleNotCaptured:
            raise missing from None
        if content.file is None or content.media_type is None:
            raise missing
        return content.file, content.media_type
