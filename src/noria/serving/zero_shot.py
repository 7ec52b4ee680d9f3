"""What functions without a model answer with: their labels' names."""

import logging
import threading
from collections.abc import Sequence

import numpy as np

from noria.encoders import EncoderSet
from noria.encoders.label_names import LabelEmbeddings, PicturedLabels, label_embeddings
from noria.errors import NoriaError
from noria.learning.head import Head
from noria.learning.zero_shot import OF_IMAGES, zero_shot_head
from noria.records.function import Function, Modality
from noria.records.label import Label

log = logging.getLogger("noria.live")

_EMPTY = np.zeros(0, dtype=np.float32)
_NOTHING = Head((), _EMPTY, np.zeros((0, 0), dtype=np.float32), _EMPTY)


class ZeroShotHeads:
    """Made anew whenever labels change; what the names of labels mean is kept. Safe from any thread."""

    def __init__(self, encoders: EncoderSet) -> None:
        self._encoders = encoders
        self._names: dict[Modality, LabelEmbeddings | PicturedLabels | None] = {
            Modality.TEXT: label_embeddings(encoders, Modality.TEXT),
            Modality.TABULAR: None,
        }
        self._lock = threading.Lock()

    def warm(self, function: Function) -> None:
        """Do what takes seconds the first time that a function without a model takes images."""
        if function.live_version_id is None and not function.tags:
            self._of(function.input)

    def head(self, modality: Modality, labels: Sequence[Label]) -> Head:
        """One without labels where their names say nothing of samples."""
        names = self._of(modality) if labels else None
        if names is None:
            return _NOTHING
        rows, readable = names.of([each.name for each in labels], [each.description for each in labels])
        ids = [label.id for label in labels]
        if modality is not Modality.IMAGE:
            return zero_shot_head(ids, rows)
        return zero_shot_head(ids, rows, sharpness=OF_IMAGES) if readable.any() else _NOTHING

    def _of(self, modality: Modality) -> LabelEmbeddings | PicturedLabels | None:
        with self._lock:
            if modality not in self._names:
                self._names[modality] = self._pictured()
            return self._names[modality]

    def _pictured(self) -> LabelEmbeddings | PicturedLabels | None:
        try:
            names = label_embeddings(self._encoders, Modality.IMAGE)
            if names is not None:
                names.of(["a"])
        except NoriaError as problem:  # calls are told the same
            log.warning("images are not answered by their labels' names: %s", problem)
            return None
        return names
