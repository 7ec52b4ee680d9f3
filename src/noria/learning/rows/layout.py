"""Where each field lies in the embedding of a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from noria.learning.arrays import FloatArray, of_width
from noria.learning.rows import number_code
from noria.records.field import Field, FieldType

TEXT_WIDTH = 128  # of 384 and more: docs/decisions/rows.md
IMAGE_WIDTH = 256
_WIDTHS = {
    FieldType.NUMBER: number_code.WIDTH,
    FieldType.TEXT: TEXT_WIDTH,
    FieldType.IMAGE: IMAGE_WIDTH,
}


@dataclass(frozen=True)
class Layout:
    """Slots in the order in which the fields were made; a deleted field keeps its slot.

    So embeddings made before a field was added are a beginning of those made after, with that field missing.
    """

    types: tuple[FieldType, ...]
    alive: tuple[bool, ...]

    @classmethod
    def of(cls, fields: Sequence[Field]) -> "Layout":
        return cls(tuple(field.type for field in fields), tuple(not field.deleted for field in fields))

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        ends = np.cumsum([_WIDTHS[type] for type in self.types]).tolist()
        return tuple(slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False))

    @property
    def width(self) -> int:
        return self.slices[-1].stop if self.slices else 0

    def fitted(self, embeddings: FloatArray) -> FloatArray:
        """(n, any) -> (n, width): what an older embedding lacks is missing, what a newer one has on top is left out."""
        return of_width(embeddings, self.width)
