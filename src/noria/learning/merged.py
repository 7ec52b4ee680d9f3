"""Heads that were trained before labels were merged, as they answer from then on."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from noria.errors import NotTrained
from noria.learning.arrays import FloatArray, IntArray
from noria.learning.heads import AnyHead
from noria.learning.record import Suspect, TrainingRecord
from noria.learning.tags_head import TagsHead
from noria.learning.tags_record import TagsRecord

Names = Mapping[str, str]
"""What each label that is gone is by now, by its id."""

H = TypeVar("H")
_LEAST = 1e-7  # probability, before its logarithm


@dataclass(frozen=True, slots=True, eq=False)
class MergedHead:
    """A head of one label, in which some labels have become others: their probabilities add up."""

    label_ids: tuple[str, ...]
    whole: AnyHead
    places: IntArray  # (k,), of each of the whole head's labels among label_ids

    @property
    def centre(self) -> FloatArray:
        return self.whole.centre

    def logits(self, embeddings: FloatArray) -> FloatArray:
        """(n, d) -> (n, k): logarithms of the probabilities, sharpened already."""
        return np.asarray(np.log(np.maximum(self.probabilities(embeddings), _LEAST)), dtype=np.float32)

    def probabilities(self, embeddings: FloatArray) -> FloatArray:
        """(n, d) -> (n, k), rows sum to 1. Raises NotTrained if no label is left."""
        if not self.label_ids:
            raise NotTrained
        return self._added(self.whole.probabilities(embeddings))

    def probabilities_of_one(self, embedding: FloatArray) -> FloatArray:
        """(d,) -> (k,)."""
        if not self.label_ids:
            raise NotTrained
        return np.asarray(self._added(self.whole.probabilities_of_one(embedding)[None])[0])

    def masked(self, keep: Container[str]) -> "MergedHead":
        """Without the labels that are gone for good."""
        if all(label_id in keep for label_id in self.label_ids):
            return self
        kept = {self.whole.label_ids[i] for i, at in enumerate(self.places) if self.label_ids[at] in keep}
        names = {self.whole.label_ids[i]: self.label_ids[at] for i, at in enumerate(self.places)}
        return _merged_head(self.whole.masked(kept), names)

    def sharpened(self, factor: float) -> "MergedHead":
        return replace(self, whole=self.whole.sharpened(factor))

    def to_bytes(self) -> bytes:
        """Of the head as it was trained: what it was merged to stands in rows of its own."""
        return self.whole.to_bytes()

    def _added(self, probabilities: FloatArray) -> FloatArray:
        found = np.zeros((len(probabilities), len(self.label_ids)), dtype=np.float32)
        for column, at in enumerate(self.places):
            found[:, at] += probabilities[:, column]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class MergedTagsHead:
    """A head of tags, in which some have become others: a tag is there if any of them is."""

    label_ids: tuple[str, ...]
    whole: TagsHead
    places: IntArray  # (k,), of each of the whole head's tags among label_ids

    @property
    def centre(self) -> FloatArray:
        return self.whole.centre

    @property
    def suggested(self) -> FloatArray:
        """(k,), thresholds: of several tags that are one by now, the lowest."""
        found = np.ones(len(self.label_ids), dtype=np.float32)
        np.minimum.at(found, self.places, self.whole.suggested)
        return found

    def probabilities(self, embeddings: FloatArray) -> FloatArray:
        """(n, d) -> (n, k), each in [0, 1]. Raises NotTrained if no tag is left."""
        return _either(self.whole.probabilities(embeddings), self.places, len(self.label_ids))

    def probabilities_of_one(self, embedding: FloatArray) -> FloatArray:
        """(d,) -> (k,)."""
        return np.asarray(self.probabilities(embedding[None])[0])

    def masked(self, keep: Container[str]) -> "MergedTagsHead":
        """Without the tags that are gone for good."""
        if all(label_id in keep for label_id in self.label_ids):
            return self
        kept = {self.whole.label_ids[i] for i, at in enumerate(self.places) if self.label_ids[at] in keep}
        names = {self.whole.label_ids[i]: self.label_ids[at] for i, at in enumerate(self.places)}
        whole = self.whole.masked(kept)
        return MergedTagsHead(*_places(whole.label_ids, names, whole))


AnyTagsHead = TagsHead | MergedTagsHead


def merged(head: AnyHead, names: Names) -> AnyHead:
    """The head as it answers now; itself where it knows no label that was merged."""
    return _merged_head(head, names) if any(id in names for id in head.label_ids) else head


def merged_tags(head: TagsHead, names: Names) -> AnyTagsHead:
    """The same of tags."""
    if not any(id in names for id in head.label_ids):
        return head
    return MergedTagsHead(*_places(head.label_ids, names, head))


def merged_record(record: TrainingRecord, names: Names) -> TrainingRecord:
    """What was answered out of fold, as labels are called now."""
    if not any(id in names for id in record.label_ids):
        return record
    return replace(
        record,
        label_ids=tuple(names.get(id, id) for id in record.label_ids),
        suspects=merged_suspects(record.suspects, names),
    )


def merged_suspects(suspects: Sequence[Suspect], names: Names) -> tuple[Suspect, ...]:
    """As labels are called now; a suspicion between two that are one by now is none."""
    now = (
        replace(
            suspect,
            label_id=names.get(suspect.label_id, suspect.label_id),
            suggested_label_id=names.get(suspect.suggested_label_id, suspect.suggested_label_id),
        )
        for suspect in suspects
    )
    return tuple(each for each in now if each.label_id != each.suggested_label_id)


def merged_tags_record(record: TagsRecord, names: Names) -> TagsRecord:
    """The same of tags: nan where any of those that are one by now was not held out."""
    if not any(id in names for id in record.label_ids):
        return record
    label_ids, _, places = _places(record.label_ids, names, None)
    return replace(
        record, label_ids=label_ids, probabilities=_either(record.probabilities, places, len(label_ids))
    )


def _merged_head(head: AnyHead, names: Names) -> MergedHead:
    return MergedHead(*_places(head.label_ids, names, head))


def _places(label_ids: tuple[str, ...], names: Names, head: H) -> tuple[tuple[str, ...], H, IntArray]:
    """The labels that there are now, and the place of each former one among them."""
    now = [names.get(id, id) for id in label_ids]
    ids = tuple(dict.fromkeys(now))
    at = {id: i for i, id in enumerate(ids)}
    return ids, head, np.array([at[id] for id in now], dtype=np.int64)


def _either(probabilities: FloatArray, places: IntArray, k: int) -> FloatArray:
    """That at least one of the tags at a place is there, taken as independent: (n, k before) -> (n, k)."""
    neither = np.ones((len(probabilities), k), dtype=np.float32)
    for column, at in enumerate(places):
        neither[:, at] *= 1 - probabilities[:, column]
    return 1 - neither
