"""The content of a sample: a text, a file, or a row."""

from dataclasses import dataclass

from noria.records.field import FieldValues, Row
from noria.records.function import Modality


@dataclass(frozen=True, slots=True)
class Content:
    """One input that passed its checks."""

    text: str  # empty for a file; of a row, its lines as people read them
    digest: bytes  # content key: equal contents have equal digests
    file: bytes | None = None  # of a row, that of its image
    media_type: str | None = None  # of the file, known from its bytes
    row: Row | None = None
    field_values: FieldValues | None = None  # of a row, as they are stored

    @property
    def modality(self) -> Modality:
        if self.row is not None:
            return Modality.TABULAR
        return Modality.TEXT if self.file is None else Modality.IMAGE

    @property
    def readable(self) -> str | bytes | Row:
        """What an encoder reads."""
        if self.row is not None:
            return self.row
        return self.text if self.file is None else self.file
