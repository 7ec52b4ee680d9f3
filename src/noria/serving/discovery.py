"""What is new in traffic: captured samples that look alike and like nothing that has a label."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from noria.errors import BadInput, DuplicateLabel, LabelNotFound, SampleNotFound
from noria.learning.arrays import FloatArray
from noria.learning.discovery import SMALLEST, discover, seen
from noria.records.label import Label
from noria.records.sample import AnnotationSource, Sample
from noria.serving.outputs import must_classify
from noria.serving.teaching import Teacher
from noria.storage import Storage

MAX_MEMBERS = 2_000  # samples in one answer to a group
_WAITING = 2_000  # the newest without a label: all pairs of them are compared
_KNOWN = 20_000  # the newest with one
_REST = 30.0  # a search rests so many times as long as it took …
_LEAST_REST_S = 2.0  # … and at least so long


@dataclass(frozen=True, slots=True)
class Found:
    """Samples without a label that are like one another and like nothing that has one."""

    samples: tuple[Sample, ...]  # the most typical first
    likeness: float  # mean cosine between two of them, around the centre
    to_known: float  # mean cosine to the nearest sample with a label


@dataclass(frozen=True, slots=True)
class Named:
    """What became of a group."""

    label: Label
    is_new: bool  # whether the label was made for it
    sample_ids: tuple[str, ...]  # that have it now

    @property
    def count(self) -> int:
        return len(self.sample_ids)


@dataclass(frozen=True, slots=True)
class _Group:
    places: tuple[int, ...]
    likeness: float
    to_known: float


@dataclass(slots=True)
class _Search:
    """The last one of a function."""

    groups: list[_Group]
    until: float  # monotonic seconds up to which it is good enough


class Discovery:
    """Looks for groups when it is asked, in the thread that asks, as often as the cost of a look allows."""

    def __init__(self, storage: Storage, teacher: Teacher) -> None:
        self._storage = storage
        self._teacher = teacher
        self._searches: dict[str, _Search] = {}
        self._lock = threading.Lock()

    def groups(self, function_id: str) -> list[Found]:
        """The largest first, without those that were dismissed. Raises FunctionNotFound, OnlySearches."""
        must_classify(self._storage.functions.get(function_id))
        with self._lock:
            search = self._searches.get(function_id)
            if search is None or time.monotonic() >= search.until:
                search = self._searches[function_id] = self._search(function_id)
        dismissed = self._storage.dismissals.of(function_id)
        found = [self._with_samples(function_id, group) for group in search.groups]
        return [
            group
            for group in found
            if len(group.samples) >= SMALLEST and not seen([s.id for s in group.samples], dismissed)
        ]

    def name(
        self, function_id: str, sample_ids: Sequence[str], label_name: str, by: str, *, may_make: bool = True
    ) -> Named:
        """Give these samples the label of this name, a new one if there is none; what has a label keeps it.

        may_make: whether this person may make a label.

        Ordinary annotations of captured samples: they settle their captures by the keys frozen at capture.
        Raises FunctionNotFound, OnlySearches, BadInput.
        """
        _must_be_some(sample_ids)
        label, is_new = self._label(function_id, label_name, may_make)
        at, given = datetime.now(UTC), []
        for id in dict.fromkeys(sample_ids):
            with suppress(SampleNotFound):  # deleted meanwhile
                if self._storage.samples.get(function_id, id).annotation is None:
                    self._storage.annotations.set(function_id, id, label.id, by, AnnotationSource.QUEUE, at)
                    given.append(id)
        self.forget(function_id)
        return Named(label, is_new, tuple(given))

    def dismiss(self, function_id: str, sample_ids: Sequence[str], by: str) -> None:
        """Don't show this group again until it has grown by half. Raises FunctionNotFound, OnlySearches, BadInput."""
        _must_be_some(sample_ids)
        must_classify(self._storage.functions.get(function_id))
        self._storage.dismissals.add(function_id, list(dict.fromkeys(sample_ids)), by, datetime.now(UTC))

    def forget(self, function_id: str) -> None:
        """Search anew when asked next: what has a label has changed."""
        with self._lock:
            self._searches.pop(function_id, None)

    def _label(self, function_id: str, name: str, may_make: bool) -> tuple[Label, bool]:
        with suppress(LabelNotFound):
            return self._storage.labels.by_name(function_id, name.strip()), False
        for label in self._storage.labels.all(function_id):  # people type it in whatever case
            if label.name.casefold() == name.strip().casefold():
                return label, False
        if not may_make:
            raise BadInput("No label is called so. Take one that there is, or ask an editor to make it.")
        try:
            return self._teacher.add_label(function_id, name, None, None), True
        except DuplicateLabel:  # somebody was faster
            return self._storage.labels.by_name(function_id, name.strip()), False

    def _search(self, function_id: str) -> _Search:
        began = time.monotonic()
        groups = self._found(function_id)
        now = time.monotonic()
        return _Search(groups, now + max(_LEAST_REST_S, _REST * (now - began)))

    def _found(self, function_id: str) -> list[_Group]:
        staged = self._storage.vectors.staged(function_id, _WAITING)
        if len(staged) < SMALLEST:
            return []
        judged = self._storage.vectors.judged(function_id, _KNOWN)
        labels = {place: label for place, label in judged.items() if label is not None}
        places, waiting = self._read(staged)
        known_places, known = self._read(sorted(labels))
        if not known_places or waiting.shape[1:] != known.shape[1:]:
            return []
        targets = np.unique([labels[place] for place in known_places], return_inverse=True)[1]
        return [
            _Group(tuple(places[i] for i in group.members), group.likeness, group.to_known)
            for group in discover(waiting, known, targets.astype(np.int64))
        ]

    def _read(self, places: list[int]) -> tuple[list[int], FloatArray]:
        """Those that are there, and their embeddings: (n, n_dimensions)."""
        rows = self._storage.vectors.at(places)
        if not rows:
            return [], np.empty((0, 0), dtype=np.float32)
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4")
        return [place for place, _ in rows], vectors.reshape(len(rows), -1)

    def _with_samples(self, function_id: str, group: _Group) -> Found:
        """With those that still have no label."""
        samples = self._storage.vectors.samples(function_id, sorted(group.places), staged=True)
        members = tuple(samples[place] for place in group.places if place in samples)
        return Found(members, group.likeness, group.to_known)


def _must_be_some(sample_ids: Sequence[str]) -> None:
    if not 0 < len(sample_ids) <= MAX_MEMBERS:
        raise BadInput(f"Choose between 1 and {MAX_MEMBERS} samples.")
