"""The content of a sample: a text, or a file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """One input that passed its checks."""

    text: str  # empty for a file
    digest: bytes  # content key: equal contents have equal digests
    file: bytes | None = None
    media_type: str | None = None  # of the file, known from its bytes

    @property
    def readable(self) -> str | bytes:
        """What an encoder reads."""
        return self.text if self.file is None else self.file
