"""Embeddings of what was embedded lately, so that what comes again costs no encoder."""

from collections import OrderedDict

from noria.learning.arrays import FloatArray
from noria.records.content import Content
from noria.records.function import Modality

MAX_BYTES = 16_000_000  # ten thousand texts or fifteen hundred images, of the default encoders

_Key = tuple[Modality, bytes, int]


class RememberedEmbeddings:
    """Those of one process's encoders; the one that was not asked for the longest goes first. For one thread."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._rows: OrderedDict[_Key, FloatArray] = OrderedDict()
        self._bytes = 0

    def of(self, content: Content) -> FloatArray | None:
        """Its features, or None for what is not remembered."""
        key = _key(content)
        if (row := self._rows.get(key)) is not None:
            self._rows.move_to_end(key)
        return row

    def keep(self, content: Content, row: FloatArray) -> None:
        """row: its features; nobody may write to it any more."""
        key = _key(content)
        if key in self._rows:
            return
        row.flags.writeable = False
        self._rows[key] = row
        self._bytes += row.nbytes
        while self._bytes > self._max_bytes:
            self._bytes -= self._rows.popitem(last=False)[1].nbytes


def _key(content: Content) -> _Key:
    """A row's key names the fields that it has, but its embedding has a slot for each field that there is."""
    return content.modality, content.digest, len(content.row or ())
