"""Stored predictions of samples, brought to the version that is live."""

from collections.abc import Sequence

from noria.learning.arrays import stacked
from noria.learning.heads import head_from_bytes
from noria.storage import Storage

_CHUNK = 1000  # samples in one transaction


def bring_predictions_up(storage: Storage, function_id: str) -> int:
    """Predict what the live version has not predicted yet; returns how many samples. Raises FunctionNotFound.

    Each sample is written once. So it ends even when the live version or the labels change meanwhile, and such a
    change is itself a reason to call this again.
    """
    version_id = storage.functions.get(function_id).live_version_id
    if version_id is None or not storage.samples.unpredicted(function_id, 1):
        return 0
    labels = {label.id for label in storage.labels.all(function_id)}
    head = head_from_bytes(storage.versions.head(version_id)).masked(labels)
    written: set[str] = set()
    while head.label_ids and (rows := _not_in(written, storage.samples.unpredicted(function_id, _CHUNK))):
        probabilities = head.probabilities(stacked([blob for _, blob in rows]))
        best = probabilities.argmax(axis=1)
        predictions = [
            (sample_id, head.label_ids[b], float(p[b]))
            for (sample_id, _), b, p in zip(rows, best, probabilities, strict=True)
        ]
        storage.samples.set_predictions(function_id, predictions, version_id)
        written.update(sample_id for sample_id, _ in rows)
    return len(written)


def _not_in(written: set[str], rows: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [row for row in rows if row[0] not in written]
