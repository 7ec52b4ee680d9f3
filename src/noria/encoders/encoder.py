"""What every encoder can do, and how its embeddings are told from those of another."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from noria.learning.arrays import FloatArray

__all__ = [
    "AnyEncoder",
    "Encoder",
    "FloatArray",
    "ImageEncoder",
    "KnowsClasses",
    "identity",
    "languages",
    "reads",
]


Sample_contra = TypeVar("Sample_contra", contravariant=True)  # str, or bytes of an image's file


@runtime_checkable
class AnyEncoder(Protocol[Sample_contra]):
    """A frozen map from samples to vectors: the same sample gives the same bytes, whoever stands beside it.

    `embed` may be called from many threads at once.
    """

    name: str
    checksum: str  # sha256 of the weights, 64 hexadecimal digits
    n_dimensions: int

    def embed(self, samples: Sequence[Sample_contra]) -> FloatArray:
        """Embeddings, one row a sample: (n, n_dimensions) float32, each of unit length, not centred."""
        ...


@runtime_checkable
class Encoder(AnyEncoder[str], Protocol):
    """Of texts."""


def reads(encoder: AnyEncoder[Any], text: str) -> int:
    """How many characters of a text its embedding depends on; what follows is cut off.

    Asked of the encoder's own `reads(text) -> int`; one without it is taken to read everything.
    """
    limit = getattr(encoder, "reads", None)
    return len(text) if limit is None else int(limit(text))


def languages(encoder: AnyEncoder[Any]) -> frozenset[str] | None:
    """The languages that a text encoder reads, by their codes of ISO 639; None: any, or it does not say.

    Asked of the encoder's own `languages`.
    """
    said: frozenset[str] | None = getattr(encoder, "languages", None)
    return said


@runtime_checkable
class ImageEncoder(AnyEncoder[bytes], Protocol):
    """Of images, by the bytes of their files. `embed` raises BadImage for one that can't be decoded."""


@runtime_checkable
class KnowsClasses(Protocol):
    """An image encoder that was trained to tell classes apart, and can say what each looks like."""

    @property
    def classes(self) -> Sequence[str]:
        """Their names."""
        ...

    def pictured(self, shares: FloatArray) -> FloatArray:
        """Embeddings of typical pictures of mixed classes: (k, n_classes), rows sum to 1 -> (k, n_dimensions), of unit length."""
        ...


def identity(encoder: AnyEncoder[Any]) -> str:
    """Name and checksum in one word, stored with every embedding and head: two encoders never mix.

    >>> from noria.encoders.hashing import HashingEncoder
    >>> identity(HashingEncoder()).split("@")[0]
    'hashing'
    """
    return f"{encoder.name}@{encoder.checksum[:12]}"
