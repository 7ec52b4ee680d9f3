"""Encoder and head of a served function, and nothing around them: what the bare loop runs and what peers serve."""

from collections.abc import Mapping
from pathlib import Path

from noria.encoders import choose_image_encoder, choose_text_encoder
from noria.encoders.encoder_set import EncoderSet
from noria.encoders.features import features
from noria.learning.heads import head_from_bytes
from noria.records.field import Row, Slot
from noria.records.function import Modality
from noria.storage import open_storage

Sample = str | bytes | Mapping[str, str | float | None]


class ServedModel:
    """As it is live now. Safe from any thread."""

    def __init__(self, data: Path, function_id: str) -> None:
        """data: the server's folder."""
        storage = open_storage(f"sqlite:///{data}/noria.db")
        function = storage.functions.get(function_id)
        self.input = function.input
        self._head = head_from_bytes(storage.versions.head(function.live_version_id))
        names = {label.id: label.name for label in storage.labels.all(function_id)}
        self._labels = [names[label_id] for label_id in self._head.label_ids]
        self._fields = storage.fields.all(function_id) if self.input is Modality.TABULAR else []
        storage.close()
        encoders = EncoderSet(
            {
                Modality.TEXT: lambda: choose_text_encoder("bge-small-en-v1.5"),
                Modality.IMAGE: lambda: choose_image_encoder(None, data / "encoders"),
            }
        )
        self._encoder = encoders[self.input]

    def answer(self, sample: Sample) -> tuple[str, float]:
        """The likeliest label's name and its probability."""
        ready = self._row(sample) if isinstance(sample, Mapping) else sample
        probabilities = self._head.probabilities_of_one(features(self._encoder, ready))
        best = int(probabilities.argmax())
        return self._labels[best], float(probabilities[best])

    def _row(self, values: Mapping[str, str | float | None]) -> Row:
        return tuple(Slot(field.type, values.get(field.name)) for field in self._fields)
