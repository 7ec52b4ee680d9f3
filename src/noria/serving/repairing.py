"""Annotations that are probably wrong, for people to look at again: kept, or changed to what is suggested."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noria.errors import BadInput
from noria.learning.merged import merged_suspects
from noria.learning.record import Suspect, TrainingRecord
from noria.records.sample import AnnotationSource, Sample
from noria.serving.outputs import must_classify
from noria.storage import Storage

MAX_LISTED = 100
_REMEMBERED = 64  # functions


@dataclass(frozen=True, slots=True)
class SuspectedLabel:
    """A sample whose label other samples speak against."""

    sample: Sample
    label_id: str  # the one it has
    suggested_label_id: str
    confidence: float  # in the suggested one, of a head that has not seen the sample


class Repairs:
    """What the newest version's training suspects, less what people have settled since. Nothing here is captured:
    these samples are annotated, and a repaired one changes the truth of its captures as any relabelling does."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._suspects: OrderedDict[str, tuple[str, Sequence[Suspect]]] = OrderedDict()
        self._lock = threading.Lock()

    def suspected(self, function_id: str, limit: int = MAX_LISTED) -> list[SuspectedLabel]:
        """The surest first. Raises FunctionNotFound, OnlySearches."""
        must_classify(self._storage.functions.get(function_id))
        names = self._storage.merges.names(function_id)
        suspects = {suspect.digest: suspect for suspect in self._of_newest(function_id, names)}
        if not suspects:
            return []
        labels = {label.id for label in self._storage.labels.all(function_id)}
        kept = self._storage.kept_labels.of(function_id)
        found = [
            SuspectedLabel(sample, suspect.label_id, suspect.suggested_label_id, suspect.confidence)
            for sample in self._storage.samples.annotated_with(function_id, list(suspects))
            if (suspect := suspects[sample.digest]).suggested_label_id in labels
            and sample.annotation is not None
            and sample.annotation.label_id == suspect.label_id  # else somebody has changed it since
            and (sample.id, suspect.label_id, suspect.suggested_label_id) not in kept
        ]
        return sorted(found, key=lambda each: (-each.confidence, each.sample.seq))[:limit]

    def keep(self, function_id: str, sample_id: str, suggested_label_id: str, by: str) -> None:
        """The label is right: this suggestion is not made for it again.

        Raises SampleNotFound, LabelNotFound, BadInput for a sample without a label.
        """
        sample = self._storage.samples.get(function_id, sample_id)
        self._storage.labels.get(function_id, suggested_label_id)
        if sample.annotation is None:
            raise BadInput("This sample has no label to keep. Annotate it with PUT …/annotation.")
        label_id = sample.annotation.label_id
        self._storage.kept_labels.keep(
            function_id, sample_id, label_id, suggested_label_id, by, datetime.now(UTC)
        )

    def take(self, function_id: str, sample_id: str, suggested_label_id: str, by: str) -> None:
        """The suggestion is right: it becomes the annotation. Raises SampleNotFound, LabelNotFound."""
        self._storage.annotations.set(
            function_id, sample_id, suggested_label_id, by, AnnotationSource.REPAIR, datetime.now(UTC)
        )

    def _of_newest(self, function_id: str, names: Mapping[str, str]) -> Sequence[Suspect]:
        """names: what labels that were merged are called by now."""
        return merged_suspects(self._as_trained(function_id), names)

    def _as_trained(self, function_id: str) -> Sequence[Suspect]:
        versions = self._storage.versions.all(function_id)
        if not versions:
            return ()
        newest = versions[0].id
        with self._lock:
            if (known := self._suspects.get(function_id)) is not None and known[0] == newest:
                return known[1]
        suspects = TrainingRecord.from_bytes(self._storage.versions.out_of_fold(newest)).suspects
        with self._lock:
            self._suspects[function_id] = (newest, suspects)
            while len(self._suspects) > _REMEMBERED:
                self._suspects.popitem(last=False)
        return suspects
