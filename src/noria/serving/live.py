"""What this process answers with: for each function its labels, its model and its capture policy, in memory.

Nothing here is the truth; the rows in storage are, and this follows them. A model is swapped by replacing
one reference to an immutable `LiveModel`, so a call that has begun ends on the version it began with.
"""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from noria.encoders import EncoderSet
from noria.errors import FunctionNotFound, ModelDamaged, NoriaError, VersionOfOtherEncoder
from noria.learning.arrays import FloatArray
from noria.learning.cells import Cells
from noria.learning.heads import AnyHead, head_from_bytes
from noria.learning.merged import AnyTagsHead, merged, merged_tags
from noria.learning.tags_head import TagsHead, no_tags
from noria.learning.tags_scores import DEFAULT_THRESHOLD
from noria.records.field import Field
from noria.records.function import Function, Modality
from noria.records.label import Label
from noria.records.sample import HELD_OUT_SET
from noria.records.slug import slug
from noria.records.version import ModelVersion
from noria.redaction import Redactor, redactor
from noria.serving.capturing import FunctionCapture
from noria.serving.likeness import Likeness
from noria.serving.zero_shot import ZeroShotHeads
from noria.storage import OUTAGES, Storage

log = logging.getLogger("noria.live")

_REMEMBERED_VERSIONS = 64
_ZERO_SHOT_NUMBER = 0


@dataclass(frozen=True, slots=True)
class LiveModel:
    """A head ready to answer, and the name under which it does."""

    version_id: str | None  # None: zero-shot
    number: int
    head: AnyHead | AnyTagsHead
    label_names: Mapping[str, str]
    thresholds: FloatArray | None = (
        None  # of a tags function, (k,): a tag is answered from this probability on
    )

    def answered(self, probabilities: FloatArray) -> tuple[int, ...]:
        """Places of the tags at or above their thresholds, the likeliest first: (k,) -> places."""
        assert self.thresholds is not None
        there = np.flatnonzero(probabilities >= self.thresholds)
        return tuple(there[np.argsort(-probabilities[there], kind="stable")].tolist())

    def likeliest(self, probabilities: FloatArray, count: int) -> list[int]:
        """Places of so many labels, the likeliest first: (k,) -> places."""
        places: list[int] = np.argsort(-probabilities, kind="stable")[:count].tolist()
        return places

    @property
    def zero_shot(self) -> bool:
        return self.version_id is None


@dataclass(frozen=True, slots=True)
class LiveCells:
    """Cells ready to place calls in."""

    first: int  # number of the first one
    cells: Cells

    def of(self, embedding: FloatArray) -> int | None:
        """The number of the cell that this call lies in; None for the embedding of another encoder."""
        if len(embedding) != self.cells.n_dimensions:
            return None
        return self.first + self.cells.of_one(embedding)


class LiveFunction:
    """One function as this process serves it."""

    def __init__(
        self,
        function: Function,
        labels: list[Label],
        model: LiveModel,
        capture: FunctionCapture,
        likeness: Likeness,
    ) -> None:
        self.function = function
        self.labels = labels
        self.merged: Mapping[str, str] = {}  # what each label that is gone is by now
        self.thresholds: Mapping[str, float] = {}  # of tags, by label id, those set by hand
        self.by_id = {label.id: label for label in labels}
        self.model = model
        self.capture = capture
        self.likeness = likeness
        self.hide: Redactor | None = None  # what of texts must not be kept
        self.fields: tuple[Field, ...] = ()  # of a table function, deleted ones among them
        self.cells: LiveCells | None = None
        self.known: dict[bytes, str] = {}  # content key of each annotated sample -> its label
        self.known_tags: dict[bytes, Mapping[str, bool]] = {}  # the same for tags: label id -> present
        self.known_upto = 0  # place in the log of annotations, or of tags, that these have followed to


class LiveFunctions:
    """All functions that this process has been asked for, kept level with the storage."""

    def __init__(self, storage: Storage, encoders: EncoderSet) -> None:
        self._storage = storage
        self._functions: dict[str, LiveFunction] = {}
        self._heads: OrderedDict[tuple[str, str], tuple[ModelVersion, AnyHead | TagsHead]] = OrderedDict()
        self._zero_shot = ZeroShotHeads(encoders)
        self._encoder_names: dict[Modality, str] = {}
        self._unreadable: dict[str, int] = {}  # the changed_seq at which a function could not be read
        self._lock = threading.Lock()
        self._heads_lock = threading.Lock()  # calls that name a version don't wait for a refresh

    def peek(self, function_id: str) -> LiveFunction | None:
        """The function if this process has it in memory already."""
        return self._functions.get(function_id)

    def answers_by_names(self, function: Function) -> bool:
        """Whether the function, which has no version, is answered by its labels' names.

        Texts are by any name, images by names of things: the first ask about images takes seconds.
        """
        if function.tags or function.searches or function.live_version_id is not None:
            return False
        if function.input is not Modality.IMAGE:
            return function.input is Modality.TEXT
        live = self.peek(function.id) or self.refresh(function.id)
        return bool(live.model.head.label_ids)

    async def get(self, function_id: str) -> LiveFunction:
        """Raises FunctionNotFound."""
        if (live := self._functions.get(function_id)) is not None:
            return live
        return await asyncio.to_thread(self.refresh, function_id)

    def id_of_slug(self, wanted: str) -> str:
        """The function whose name makes this slug; while the database is away, of those in memory.

        Raises FunctionNotFound, FunctionAmbiguous.
        """
        try:
            return self._storage.functions.id_of_slug(wanted)
        except OUTAGES:
            found = [live.function.id for live in self.loaded() if slug(live.function.name) == wanted]
            if len(found) == 1:
                return found[0]
            raise

    def loaded(self) -> list[LiveFunction]:
        return list(self._functions.values())

    def refresh(self, function_id: str) -> LiveFunction:
        """Read the function afresh and swap in what it answers with. Raises FunctionNotFound."""
        self._warm(function_id)
        with self._lock:
            try:
                function = self._storage.functions.get(function_id)
            except FunctionNotFound:  # one that can't be read since the database is away goes on answering
                self._functions.pop(function_id, None)
                raise
            hide = redactor(function.redaction)
            labels = self._storage.labels.all(function_id)
            merges = self._storage.merges.names(function_id)
            model = self._model(function, labels, merges)
            counts = self._counts(function)
            live = self._functions.get(function_id)
            if live is None:
                state = _of_encoder(self._storage.policy_state.load(function_id), self._encoder_of(function))
                live = LiveFunction(
                    function, labels, model,
                    FunctionCapture(function.capture, state), Likeness(self._storage.vectors, function_id),
                )  # fmt: skip
            live.hide = hide
            live.labels, live.by_id = labels, {label.id: label for label in labels}
            live.capture.follow(function.capture, counts)
            self._follow_fields(live, function)
            self._follow_known_answers(live, anew=merges != live.merged)
            live.merged = merges
            self._follow_cells(live)
            if function.tags:
                live.thresholds = self._storage.tags.thresholds(function_id)
            live.model = model
            live.function = function
            self._functions[function_id] = live
            return live

    def _warm(self, function_id: str) -> None:
        """Before others wait for it."""
        if function_id not in self._functions:
            with suppress(FunctionNotFound):
                self._zero_shot.warm(self._storage.functions.get(function_id))

    def policy_state(self, live: LiveFunction) -> dict[str, Any]:
        """What the function's capture policy is to go on from after a restart."""
        return live.capture.to_dict() | {"encoder": self._encoder_of(live.function)}

    def refresh_changed(self) -> list[str]:
        """Refresh the functions whose rows changed since they were read; returns their ids.

        One that can't be read keeps answering from memory and holds up no other.
        """
        current = self._storage.functions.changed()
        moved = []
        for function_id, live in list(self._functions.items()):
            seq = current.get(function_id)
            if seq is None:
                self._functions.pop(function_id, None)
            elif seq != live.function.changed_seq and self._could_refresh(function_id, seq):
                moved.append(function_id)
        return moved

    def follow_likeness(self) -> None:
        """Let near copies of what was captured and annotated since be recognised."""
        for live in self.loaded():
            if live.function.capture.enabled and not live.function.searches:
                live.likeness.follow(live.function.changed_seq, live.model.head.centre)

    def _could_refresh(self, function_id: str, seq: int) -> bool:
        try:
            self.refresh(function_id)
        except FunctionNotFound:  # deleted since it was listed
            return False
        except NoriaError as problem:
            if self._unreadable.get(function_id) != seq:  # say it once
                log.warning("%s can't be read and answers as before: %s", function_id, problem)
            self._unreadable[function_id] = seq
            return False
        return True

    def version(self, function_id: str, version_id: str) -> LiveModel:
        """A named version of a function, live or not. Raises VersionNotFound, VersionOfOtherEncoder."""
        live = self._functions.get(function_id) or self.refresh(function_id)
        version, _ = self._head(live.function, version_id)
        if not self._answers(live.function, version):
            raise VersionOfOtherEncoder(version=version.number, encoder=version.encoder)
        names = {label.id: label.name for label in live.labels}
        return self._trained(live.function, version_id, names, live.merged)

    def _model(self, function: Function, labels: list[Label], merges: Mapping[str, str]) -> LiveModel:
        names = {label.id: label.name for label in labels}
        if (version_id := self._answering(function)) is not None:
            return self._trained(function, version_id, names, merges)
        if function.tags:  # names tell which of several labels is nearest, not how many there are
            return LiveModel(None, _ZERO_SHOT_NUMBER, no_tags(), names, np.zeros(0, dtype=np.float32))
        return LiveModel(None, _ZERO_SHOT_NUMBER, self._zero_shot.head(function.input, labels), names)

    def _answering(self, function: Function) -> str | None:
        """The id of the live version, or where that is of another encoder, of the last one that was live before."""
        if function.live_version_id is None:
            return None
        version, _ = self._head(function, function.live_version_id)
        if self._answers(function, version):
            return version.id
        mine = self._encoder_of(function)
        return self._storage.versions.last_live(function.id, mine) if mine else None

    def _answers(self, function: Function, version: ModelVersion) -> bool:
        """Whether it is of this process's encoder."""
        return self._encoder_of(function) in (None, version.encoder)

    def _encoder_of(self, function: Function) -> str | None:
        """The name of this process's encoder of what the function takes; None while no process has told."""
        modality = function.input
        if modality not in self._encoder_names and (name := self._storage.encoders.name(modality)):
            self._encoder_names[modality] = name
        return self._encoder_names.get(modality)

    def _trained(
        self, function: Function, version_id: str, names: Mapping[str, str], merges: Mapping[str, str]
    ) -> LiveModel:
        version, whole = self._head(function, version_id)
        now = merged_tags(whole, merges) if isinstance(whole, TagsHead) else merged(whole, merges)
        head = now.masked(names)
        if not function.tags:
            return LiveModel(version_id, version.number, head, names)
        set_by_hand = self._storage.tags.thresholds(function.id)
        thresholds = [set_by_hand.get(label_id, DEFAULT_THRESHOLD) for label_id in head.label_ids]
        return LiveModel(version_id, version.number, head, names, np.array(thresholds, dtype=np.float32))

    def _counts(self, function: Function) -> dict[str, int]:
        """Annotated samples that training learns from, by label id; of tags, those that have the tag."""
        if not function.tags:
            return self._storage.training.counts(function.id, HELD_OUT_SET)
        counts = self._storage.tags.counts(function.id, HELD_OUT_SET)
        return {label_id: count.present for label_id, count in counts.items()}

    def _head(self, function: Function, version_id: str) -> tuple[ModelVersion, AnyHead | TagsHead]:
        function_id, read = function.id, TagsHead.from_bytes if function.tags else head_from_bytes
        key = (function_id, version_id)  # a version is only ever its own function's
        with self._heads_lock:
            if (known := self._heads.get(key)) is not None:
                self._heads.move_to_end(key)
                return known
        version = self._storage.versions.get(function_id, version_id)
        loaded = (version, read(self._storage.versions.head(version_id)))
        with self._heads_lock:
            self._heads[key] = loaded
            while len(self._heads) > _REMEMBERED_VERSIONS:
                self._heads.popitem(last=False)
        return loaded

    def _follow_fields(self, live: LiveFunction, function: Function) -> None:
        if function.input is not Modality.TABULAR:
            return
        fields = tuple(self._storage.fields.all(function.id))
        if len(fields) != len(live.fields):  # embeddings are wider now
            live.likeness = Likeness(self._storage.vectors, function.id)
        live.fields = fields

    def _follow_cells(self, live: LiveFunction) -> None:
        first = self._storage.cells.first(live.function.id)
        if first == (live.cells and live.cells.first):
            return
        try:
            stored = self._storage.cells.of(live.function.id)
            live.cells = LiveCells(stored.first, Cells.from_bytes(stored.arrays)) if stored else None
        except ModelDamaged as problem:  # drift of the embedding is not told; answers go on
            log.warning("%s: calls are not counted by cell: %s", live.function.id, problem)
            live.cells = None

    def _follow_known_answers(self, live: LiveFunction, anew: bool) -> None:
        """anew: labels were merged, which the log of tags does not tell of."""
        if live.function.tags:
            self._follow_known_tags(live, anew)
            return
        changes, live.known_upto = self._storage.samples.known_answers_since(
            live.function.id, live.known_upto
        )
        for digest, label_id in changes:
            if label_id is None:
                live.known.pop(digest, None)
            else:
                live.known[digest] = label_id

    def _follow_known_tags(self, live: LiveFunction, anew: bool) -> None:
        after = 0 if anew else live.known_upto
        changes, live.known_upto = self._storage.tags.known_since(live.function.id, after)
        known = {} if anew else live.known_tags
        for digest, tags in changes:
            if tags is None:
                known.pop(digest, None)
            else:
                known[digest] = tags
        live.known_tags = known


def _of_encoder(state: dict[str, Any] | None, encoder: str | None) -> dict[str, Any] | None:
    """The saved state of a policy; the mean scores of another encoder's calls say nothing about ours."""
    if state is None or state.get("encoder") in (None, encoder):
        return state
    return state | {"means": {}}
