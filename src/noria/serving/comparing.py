"""Two versions of a function on the same items: where they differ, and which of them is right."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from noria.estimate.paired import Paired, paired
from noria.learning.arrays import FloatArray, stacked
from noria.learning.merged import merged_record, merged_tags_record
from noria.learning.record import TrainingRecord
from noria.learning.tags_record import TagsRecord
from noria.records.sample import HELD_OUT_SET, Origin
from noria.records.version import ModelVersion
from noria.serving.live import LiveFunctions, LiveModel
from noria.serving.outputs import must_have_labels
from noria.storage import SampleFilter, Storage

JUDGED = 20_000  # the newest annotated samples
CAPTURED = 1_000  # the newest captures without a label

Kind = tuple[
    str, str
]  # what the first says and what the second does; of tags, the tag that one of the two lacks


@dataclass(frozen=True, slots=True)
class Said:
    """What a version says of an item."""

    label_ids: tuple[str, ...]  # one; of tags, those that it sees
    confidences: Mapping[str, float]  # probability by label id, of those said; empty where it was not kept
    of_right: float | None = None  # probability that it gave the right label, where that was kept


@dataclass(frozen=True, slots=True)
class Compared:
    sample_id: str
    right: tuple[str, ...] | None  # label ids, as people said; None without an annotation
    first: Said
    second: Said
    first_right: float  # 1 or 0; of tags, the share of what people said of it that it has right
    second_right: float
    one_each: bool = True  # a label, not tags

    @property
    def differ(self) -> bool:
        return set(self.first.label_ids) != set(self.second.label_ids)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        ours, theirs = set(self.first.label_ids), set(self.second.label_ids)
        if self.one_each:
            return ((self.first.label_ids[0], self.second.label_ids[0]),) if ours != theirs else ()
        return (*((tag, "") for tag in sorted(ours - theirs)), *(("", tag) for tag in sorted(theirs - ours)))


@dataclass(frozen=True)
class VersionComparison:
    first: ModelVersion
    second: ModelVersion
    judged: Sequence[
        Compared
    ]  # annotated samples that neither version learnt from in what it says, newest first
    left_out: int  # annotated samples of which one of the two has no such answer
    captured: Sequence[Compared]  # captures without a label, newest first
    cut: bool  # there are more annotated samples than were looked at

    @cached_property
    def paired(self) -> Paired | None:
        """Who is right more often; of tags, who has more of an item right. None without items."""
        if not self.judged:
            return None
        lost = sum(item.first_right > item.second_right for item in self.judged)
        gained = sum(item.second_right > item.first_right for item in self.judged)
        return paired(lost, gained, len(self.judged))

    @property
    def both_right(self) -> int:
        return sum(item.first_right == item.second_right == 1 for item in self.judged)


def kinds(items: Sequence[Compared]) -> list[tuple[Kind, int]]:
    """Ways to differ, the most frequent first."""
    return Counter(kind for item in items for kind in item.kinds).most_common()


class Comparing:
    """Reads only."""

    def __init__(self, storage: Storage, live: LiveFunctions) -> None:
        self._storage = storage
        self._live = live

    def compare(self, function_id: str, first_id: str, second_id: str) -> VersionComparison:
        """Raises FunctionNotFound, VersionNotFound, OnlySearches, ModelDamaged."""
        storage = self._storage
        function = storage.functions.get(function_id)
        must_have_labels(function)
        models = [self._live.version(function_id, id) for id in (first_id, second_id)]
        judged, n, cut = (self._tags if function.tags else self._labels)(function_id, models)
        return VersionComparison(
            storage.versions.get(function_id, first_id),
            storage.versions.get(function_id, second_id),
            judged,
            n - len(judged),
            self._captured(function_id, models, function.tags),
            cut,
        )

    def _labels(self, function_id: str, models: Sequence[LiveModel]) -> tuple[list[Compared], int, bool]:
        training = self._storage.training
        every = training.samples(function_id, HELD_OUT_SET) + training.held_out(function_id, HELD_OUT_SET)
        samples = sorted(every, key=lambda s: -s.seq)[:JUDGED]
        digests = {s.id: s.digest for s in samples}
        first, second = (self._labels_said(function_id, model, digests) for model in models)
        judged = [
            Compared(
                s.id,
                (s.label_id,),
                a,
                b,
                float(a.label_ids[0] == s.label_id),
                float(b.label_ids[0] == s.label_id),
            )
            for s in samples
            if (a := first.get(s.id)) is not None and (b := second.get(s.id)) is not None
        ]
        return judged, len(samples), len(every) > len(samples)

    def _labels_said(
        self, function_id: str, model: LiveModel, digests: Mapping[str, bytes]
    ) -> dict[str, Said]:
        """By sample id: out of fold for what the version learnt from, directly for the rest."""
        assert model.version_id is not None
        stored = TrainingRecord.from_bytes(self._storage.versions.out_of_fold(model.version_id))
        record = merged_record(stored, self._storage.merges.names(function_id))
        there = set(model.head.label_ids)
        folds = {digest: label for digest, label in record.predictions().items() if label in there}
        right = dict(zip(record.digests, record.true_probability.tolist(), strict=True))
        said = {
            id: Said((folds[digest],), {}, right[digest]) for id, digest in digests.items() if digest in folds
        }
        learnt = set(record.digests)
        fresh = [id for id, digest in digests.items() if digest not in learnt]
        return said | self._directly(function_id, model, fresh)

    def _tags(self, function_id: str, models: Sequence[LiveModel]) -> tuple[list[Compared], int, bool]:
        tags = self._storage.tags
        every = tags.training(function_id, HELD_OUT_SET) + tags.held_out(function_id, HELD_OUT_SET)
        samples = every[::-1][:JUDGED]
        digests = {s.id: s.digest for s in samples}
        first, second = (self._tags_given(function_id, model, digests) for model in models)
        judged = []
        for s in samples:
            a, b = first.get(s.id, {}), second.get(s.id, {})
            both = [tag for tag in s.tags if tag in a and tag in b]
            if both:
                judged.append(_of_tags(s.id, {t: s.tags[t] for t in both}, a, b, models))
        return judged, len(samples), len(every) > len(samples)

    def _tags_given(
        self, function_id: str, model: LiveModel, digests: Mapping[str, bytes]
    ) -> dict[str, dict[str, float]]:
        """Probabilities by sample and tag, without those of tags for which the sample was not held out."""
        assert model.version_id is not None
        stored = TagsRecord.from_bytes(self._storage.versions.out_of_fold(model.version_id))
        record = merged_tags_record(stored, self._storage.merges.names(function_id))
        there = set(model.head.label_ids)
        rows = {
            digest: {
                tag: p
                for tag, p in zip(record.label_ids, row, strict=True)
                if tag in there and not np.isnan(p)
            }
            for digest, row in zip(record.digests, record.probabilities.tolist(), strict=True)
        }
        given = {id: rows[digest] for id, digest in digests.items() if digest in rows}
        fresh = [id for id in digests if id not in given]
        ids, probabilities = self._probabilities(function_id, model, fresh)
        given |= {
            id: dict(zip(model.head.label_ids, p, strict=True))
            for id, p in zip(ids, probabilities.tolist(), strict=True)
        }
        return given

    def _captured(self, function_id: str, models: Sequence[LiveModel], tags: bool) -> list[Compared]:
        filter = SampleFilter(origin=Origin.INVOKE_CAPTURE, annotated=False)
        found = self._storage.samples.list(function_id, filter, CAPTURED, None).samples
        first, second = (self._directly(function_id, model, [s.id for s in found]) for model in models)
        return [
            Compared(s.id, None, first[s.id], second[s.id], 0.0, 0.0, not tags)
            for s in found
            if s.id in first and s.id in second
        ]

    def _directly(self, function_id: str, model: LiveModel, sample_ids: Sequence[str]) -> dict[str, Said]:
        ids, probabilities = self._probabilities(function_id, model, sample_ids)
        names = model.head.label_ids
        if not names:
            return {}

        def said(p: FloatArray) -> Said:
            places = (int(p.argmax()),) if model.thresholds is None else model.answered(p)
            return Said(tuple(names[i] for i in places), {names[i]: float(p[i]) for i in places})

        return {id: said(p) for id, p in zip(ids, probabilities, strict=True)}

    def _probabilities(
        self, function_id: str, model: LiveModel, sample_ids: Sequence[str]
    ) -> tuple[list[str], FloatArray]:
        blobs = self._storage.samples.embeddings(function_id, sample_ids)
        ids = [id for id in sample_ids if id in blobs]
        if not ids or not model.head.label_ids:
            return [], np.zeros((0, 0), dtype=np.float32)
        return ids, model.head.probabilities(stacked([blobs[id] for id in ids]))


def _of_tags(
    sample_id: str,
    spoken: Mapping[str, bool],
    first: Mapping[str, float],
    second: Mapping[str, float],
    models: Sequence[LiveModel],
) -> Compared:
    """spoken: whether people said that the tag is there.   first, second: probabilities by tag."""
    a, b = (
        _seen({tag: given[tag] for tag in spoken}, _thresholds(model))
        for given, model in zip((first, second), models, strict=True)
    )

    def right(said: Said) -> float:
        return sum((tag in said.label_ids) == there for tag, there in spoken.items()) / len(spoken)

    there = tuple(tag for tag, present in spoken.items() if present)
    return Compared(sample_id, there, a, b, right(a), right(b), one_each=False)


def _seen(given: Mapping[str, float], threshold: Callable[[str], float]) -> Said:
    seen = {tag: p for tag, p in given.items() if p >= threshold(tag)}
    return Said(tuple(sorted(seen, key=lambda tag: -seen[tag])), seen)


def _thresholds(model: LiveModel) -> Callable[[str], float]:
    assert model.thresholds is not None
    return dict(zip(model.head.label_ids, model.thresholds.tolist(), strict=True)).__getitem__
