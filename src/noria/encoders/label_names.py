"""Labels as embeddings: what their names and descriptions say."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from noria.encoders.encoder import Encoder, KnowsClasses
from noria.encoders.encoder_set import EncoderSet
from noria.learning.arrays import BoolArray, FloatArray, normalised
from noria.learning.head import softmax
from noria.learning.names import is_readable, phrases
from noria.records.function import Modality

_NEARNESS = 0.1  # of cosines, by which a class counts e times less
_LIKE_NONE = 0.45  # cosine of a name and the class most like it: names of things have 0.5 and more, "approved" or "defect" less


class LabelEmbeddings:
    """Embeds labels, and keeps what it has embedded: a label's phrases are embedded once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._rows: dict[tuple[str, ...], FloatArray] = {}

    def of(
        self, names: Sequence[str], descriptions: Sequence[str | None] | None = None
    ) -> tuple[FloatArray, BoolArray]:
        """One embedding a label, (k, n_dimensions) of unit length, and which of them mean something, (k,).

        Names that can't be read are embedded too, so that zero-shot can tell the labels apart at all. A label with
        a description always means something.
        """
        described = descriptions or [None] * len(names)
        rows = np.zeros((len(names), self._encoder.n_dimensions), dtype=np.float32)
        for i, (name, description) in enumerate(zip(names, described, strict=True)):
            rows[i] = self._row(phrases(name, description))
        readable = [bool(text) or is_readable(name) for name, text in zip(names, described, strict=True)]
        return normalised(rows), np.array(readable, dtype=np.bool_)

    def _row(self, said: tuple[str, ...]) -> FloatArray:
        if said not in self._rows:
            self._rows[said] = self._encoder.embed(said).mean(axis=0)
        return self._rows[said]


class PicturedLabels:
    """Labels as pictures: what those classes look like that the image encoder knows and whose names are like the label's.

    A convex combination of classes [Norouzi2014], the other way round: from what is said to what is seen.
    """

    def __init__(self, text: Encoder, image: KnowsClasses) -> None:
        self._labels = LabelEmbeddings(text)
        self._text = text
        self._image = image

    def of(
        self, names: Sequence[str], descriptions: Sequence[str | None] | None = None
    ) -> tuple[FloatArray, BoolArray]:
        """As `LabelEmbeddings.of`, in the image encoder's space; none mean anything where half of them are like no class.

        The first call takes some seconds.
        """
        rows, readable = self._labels.of(names, descriptions)
        cosines = self._cosines(rows)
        if len(rows) and np.median(cosines.max(axis=1)) < _LIKE_NONE:
            readable[:] = False
        return self._image.pictured(softmax(cosines / np.float32(_NEARNESS))), readable

    def _cosines(self, rows: FloatArray) -> FloatArray:
        """How like each label is to each class, (k, n_classes)."""
        centre = self._classes.mean(axis=0)
        return normalised(rows - centre) @ normalised(self._classes - centre).T

    @cached_property
    def _classes(self) -> FloatArray:
        return self._text.embed(self._image.classes)


def label_embeddings(encoders: EncoderSet, modality: Modality) -> LabelEmbeddings | PicturedLabels | None:
    """How labels of functions with this input are embedded; None where names say nothing of samples."""
    if modality is Modality.TABULAR:
        return None
    text = encoders[Modality.TEXT]
    if modality is Modality.TEXT:
        return LabelEmbeddings(text)
    image = encoders[Modality.IMAGE]
    return PicturedLabels(text, image) if isinstance(image, KnowsClasses) else None


def embed_labels(
    encoder: Encoder, names: Sequence[str], descriptions: Sequence[str | None] | None = None
) -> tuple[FloatArray, BoolArray]:
    """The same for once: (k, n_dimensions) embeddings, and which of them mean something."""
    return LabelEmbeddings(encoder).of(names, descriptions)
