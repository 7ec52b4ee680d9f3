"""Rows of tables: each field by what fits it, side by side in one embedding. Nothing in it is learnt from the table."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from noria.encoders.encoder import AnyEncoder, Encoder, ImageEncoder
from noria.learning.arrays import FloatArray, normalised
from noria.learning.rows import IMAGE_WIDTH, TEXT_WIDTH, WIDTH, encoded
from noria.records.field import FieldType, Row, Slot

_REMEMBERED = 20_000  # texts of cells, ten megabytes: categories come again and again


class RowEncoder(AnyEncoder[Row]):
    """A slot for each field: numbers by `number_code`, texts and images by their encoders, projected to fewer dimensions.

    Each slot that has a value counts the same; one without is zeros.
    """

    name = "rows"
    n_dimensions = 0  # as many as the function's fields ask for

    def __init__(self, text: Encoder, image: Callable[[], ImageEncoder]) -> None:
        """image: asked for when a row has one."""
        self._text = text
        self._image = image
        self.checksum = hashlib.sha256(f"rows 1 {text.checksum}".encode()).hexdigest()
        self._known: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, samples: Sequence[Row]) -> FloatArray:
        """Rows with the same fields, one of them with a value at least."""
        texts = self._texts([slot.value for row in samples for slot in row if isinstance(slot.value, str)])
        return np.stack([self._embedded(row, texts) for row in samples])

    def _embedded(self, row: Row, texts: dict[str, FloatArray]) -> FloatArray:
        filled = sum(slot.value is not None for slot in row)
        parts = [self._slot(slot, texts) for slot in row]
        return np.asarray(np.concatenate(parts) / np.sqrt(filled), dtype=np.float32)

    def _slot(self, slot: Slot, texts: dict[str, FloatArray]) -> FloatArray:
        if slot.value is None:
            return _blank(slot.type)
        if isinstance(slot.value, str):
            return texts[slot.value]
        if isinstance(slot.value, bytes):
            return np.asarray(_projected(self._image().embed([slot.value]), IMAGE_WIDTH)[0])
        return np.asarray(encoded(np.array([slot.value], dtype=np.float64))[0])

    def _texts(self, wanted: Sequence[str]) -> dict[str, FloatArray]:
        with self._lock:
            found = {text: self._known[text] for text in wanted if text in self._known}
        missing = [text for text in dict.fromkeys(wanted) if text not in found]
        if missing:
            found |= zip(missing, _projected(self._text.embed(missing), TEXT_WIDTH), strict=True)
        with self._lock:
            for text in wanted:
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found


@cache
def _blank(type: FieldType) -> FloatArray:
    width = {FieldType.NUMBER: WIDTH, FieldType.TEXT: TEXT_WIDTH, FieldType.IMAGE: IMAGE_WIDTH}[type]
    return np.zeros(width, dtype=np.float32)


def _projected(rows: FloatArray, width: int) -> FloatArray:
    """(n, d) -> (n, width), each of unit length; distances stay about as they are [Johnson1984]."""
    return normalised(rows @ _directions(rows.shape[1], width))


@cache
def _directions(d: int, width: int) -> FloatArray:
    """(d, width) orthonormal columns, the same everywhere and for ever; of fewer dimensions than asked for, all."""
    if d <= width:
        return np.eye(d, width, dtype=np.float32)
    drawn = np.random.Generator(np.random.PCG64(20)).standard_normal((d, width))
    columns, signs = np.linalg.qr(drawn)
    return np.asarray(columns * np.sign(np.diag(signs)), dtype=np.float32)
