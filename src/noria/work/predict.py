"""Stored predictions of samples, brought to the version that is live."""

from collections.abc import Sequence

from noria.learning.arrays import FloatArray, stacked
from noria.learning.heads import AnyHead, head_from_bytes
from noria.learning.merged import AnyTagsHead, MergedTagsHead, merged, merged_tags
from noria.learning.tags_head import TagsHead
from noria.records.tags import TagsPrediction
from noria.storage import Storage

_CHUNK = 200  # samples in one transaction: whoever changes the function waits for it, 0.06 s on PostgreSQL


def bring_predictions_up(storage: Storage, function_id: str, give_way: bool = False) -> int:
    """Predict what the live version has not predicted yet; returns how many samples. Raises FunctionNotFound.

    A version of another encoder than this process's predicts nothing here.
    give_way: end early where the function waits to be trained, as its new version has to predict them all again.
    Each sample is written once. So it ends even when the live version or the labels change meanwhile, and such a
    change is itself a reason to call this again.
    """
    function = storage.functions.get(function_id)
    version_id = function.live_version_id
    if version_id is None or not storage.samples.unpredicted(function_id, 1):
        return 0
    version = storage.versions.get(function_id, version_id)
    if storage.encoders.name(function.input) not in (None, version.encoder):
        return 0
    labels = {label.id for label in storage.labels.all(function_id)}
    stored, names = storage.versions.head(version_id), storage.merges.names(function_id)
    head: AnyHead | AnyTagsHead
    if function.tags:
        head = merged_tags(TagsHead.from_bytes(stored), names).masked(labels)
    else:
        head = merged(head_from_bytes(stored), names).masked(labels)
    written: set[str] = set()
    while head.label_ids and (rows := _not_in(written, storage.samples.unpredicted(function_id, _CHUNK))):
        embeddings = stacked([blob for _, blob in rows])
        sample_ids = [sample_id for sample_id, _ in rows]
        if isinstance(head, TagsHead | MergedTagsHead):
            _write_tags(storage, function_id, sample_ids, head, embeddings, version_id)
        else:
            _write(storage, function_id, sample_ids, head, embeddings, version_id)
        written.update(sample_ids)
        if give_way and storage.functions.get(function_id).needs_training:
            break
    return len(written)


def _write(
    storage: Storage,
    function_id: str,
    sample_ids: list[str],
    head: AnyHead,
    embeddings: FloatArray,
    version_id: str,
) -> None:
    probabilities = head.probabilities(embeddings)
    best = probabilities.argmax(axis=1)
    predictions = [
        (sample_id, head.label_ids[b], float(p[b]))
        for sample_id, b, p in zip(sample_ids, best, probabilities, strict=True)
    ]
    storage.samples.set_predictions(function_id, predictions, version_id)


def _write_tags(
    storage: Storage,
    function_id: str,
    sample_ids: list[str],
    head: AnyTagsHead,
    embeddings: FloatArray,
    version_id: str,
) -> None:
    probabilities = head.probabilities(embeddings).tolist()
    storage.tags.set_predictions(
        function_id,
        [
            (sample_id, TagsPrediction(dict(zip(head.label_ids, p, strict=True)), version_id))
            for sample_id, p in zip(sample_ids, probabilities, strict=True)
        ],
    )


def _not_in(written: set[str], rows: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [row for row in rows if row[0] not in written]
