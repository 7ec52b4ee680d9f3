"""A tags function's rows as training reads them, and what training leaves of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from noria.learning.arrays import BoolArray, FloatArray, padded, stacked
from noria.learning.merged import merged_tags, merged_tags_record
from noria.learning.rows import Layout
from noria.learning.tags_head import TagsHead
from noria.learning.tags_record import TagsRecord
from noria.learning.tags_scores import macro_average_precision
from noria.learning.tags_training import LiveTags, TagsTrainingSet, can_train_tags
from noria.learning.words import embedding_in
from noria.records.function import Function
from noria.records.label import Label
from noria.records.sample import HELD_OUT_SET
from noria.records.version import TaggedSample
from noria.storage import Storage


def tags_training_set(
    labels: Sequence[Label],
    samples: Sequence[TaggedSample],
    rows: Mapping[str, FloatArray],
    layout: Layout | None = None,
) -> TagsTrainingSet | None:
    """What to learn from; None while there is too little.

    rows: features by sample id; samples without one are left out.   layout: of a table function.
    """
    usable = [sample for sample in samples if sample.id in rows]
    present, spoken = _matrices(usable, [label.id for label in labels])
    yes, no = present.sum(axis=0), (spoken & ~present).sum(axis=0)
    if not can_train_tags(zip(yes.tolist(), no.tolist(), strict=True)):
        return None
    return TagsTrainingSet(
        embeddings=padded([embedding_in(rows[sample.id]) for sample in usable]),
        present=present,
        spoken=spoken,
        label_ids=tuple(label.id for label in labels),
        digests=[sample.digest for sample in usable],
        layout=layout,
        weights=np.array([sample.weight for sample in usable], dtype=np.float32),
        captured=np.array([sample.captured for sample in usable], dtype=np.bool_),
    )


def live_tags(storage: Storage, function: Function, labels: Sequence[Label]) -> LiveTags | None:
    """The version that answers now, with its record."""
    if function.live_version_id is None:
        return None
    head = TagsHead.from_bytes(storage.versions.head(function.live_version_id))
    record = TagsRecord.from_bytes(storage.versions.out_of_fold(function.live_version_id))
    names = storage.merges.names(function.id)
    now = merged_tags(head, names).masked({label.id for label in labels})
    return LiveTags(now, merged_tags_record(record, names))


def held_out_tags_scores(storage: Storage, function_id: str, head: TagsHead) -> dict[str, float]:
    """Macro average precision on the samples that people set aside, if there are any to tell by."""
    samples = storage.tags.held_out(function_id, HELD_OUT_SET)
    blobs = storage.samples.embeddings(function_id, [sample.id for sample in samples])
    samples = [sample for sample in samples if sample.id in blobs]  # deleted between the two reads
    if not samples:
        return {}
    rows = stacked([blobs[sample.id] for sample in samples])
    present, spoken = _matrices(samples, head.label_ids)
    score = macro_average_precision(head.probabilities(rows), present, spoken)
    if score is None:
        return {}
    return {"held_out_macro_average_precision": score, "held_out_n": float(len(samples))}


def _matrices(samples: Sequence[TaggedSample], label_ids: Sequence[str]) -> tuple[BoolArray, BoolArray]:
    """Whether each sample has each tag, and whether anybody said so, (n, k) each."""
    place = {id: t for t, id in enumerate(label_ids)}
    present = np.zeros((len(samples), len(label_ids)), dtype=np.bool_)
    spoken = np.zeros_like(present)
    for i, sample in enumerate(samples):
        for label_id, is_there in sample.tags.items():
            if (t := place.get(label_id)) is not None:
                present[i, t], spoken[i, t] = is_there, True
    return present, spoken
