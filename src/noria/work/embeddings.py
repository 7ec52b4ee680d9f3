"""Embeddings of one function's samples, kept between training runs."""

from collections.abc import Sequence

import numpy as np

from noria.learning.arrays import FloatArray
from noria.storage import Storage


class Embeddings:
    """Reads from the storage only what is new."""

    def __init__(self) -> None:
        self._rows: dict[str, FloatArray] = {}

    def of(self, storage: Storage, function_id: str, sample_ids: Sequence[str]) -> dict[str, FloatArray]:
        """The features by sample id, in the order asked for; samples deleted by now are left out.

        Rows of a table may be narrower than they are stored by now: the slot of a field that was added since is all zeros.
        """
        kept = self._rows
        rows = {i: kept[i] for i in sample_ids if i in kept}
        missing = [i for i in sample_ids if i not in rows]
        for sample_id, blob in storage.samples.embeddings(function_id, missing).items():
            rows[sample_id] = np.frombuffer(blob, dtype="<f4")
        self._rows = rows
        return {i: rows[i] for i in sample_ids if i in rows}
