"""The labelling queue as people meet it: what comes next, and what becomes of an answer."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from noria.capture.queue import (
    Gathered,
    QueueItem,
    Turn,
    fair_share,
    gathered,
    serve_order,
    statistical_key,
    work_priority,
)
from noria.capture.rules import in_words
from noria.capture.second_opinions import SECOND_EVERY, mingled, overlaps
from noria.capture.tags_call import certainties
from noria.errors import BadInput, SampleNotFound
from noria.learning.arrays import FloatArray
from noria.learning.words import embedding_in
from noria.records.capture import Capture, CaptureReason
from noria.records.field import FieldValues
from noria.records.function import CaptureSettings
from noria.records.opinion import Met, Opinion, OpinionKind, Said
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag
from noria.serving.live import LiveFunction, LiveFunctions
from noria.serving.outputs import must_classify, must_give_tags, must_have_labels
from noria.serving.second_opinions import Asked, SecondOpinions
from noria.storage import OpenItem, Others, Storage

LEASE = timedelta(minutes=2)
MAX_SERVED = 50  # items in one batch
_CANDIDATES = 200  # open items that are ordered by the live model
_SUGGESTIONS = 5
_SKIPS = ("skipped", "unsure")
WORDS_OF_TAGS = {  # what these reasons come to where an answer is any number of tags
    CaptureReason.LOW_CONFIDENCE.value: "a tag was in doubt",
    CaptureReason.RARE_CLASS.value: "may have a tag that few samples have yet",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item was captured."""

    reason: str
    words: str
    share: float  # of the weight, in [0, 1]


@dataclass(frozen=True, slots=True)
class Served:
    """One item to label. A blind one shows neither prediction nor reason until it is answered."""

    sample_id: str
    data: str
    media_type: str | None  # of an image, whose data is empty
    field_values: FieldValues | None  # of a row
    count: int  # captures that one answer settles
    captured_at: datetime
    blind: bool
    suggestions: tuple[
        tuple[str, str, float], ...
    ]  # (label id, name, confidence) of the live model, best first
    reasons: tuple[Reason, ...]
    version_number: int
    alike: tuple["Served", ...] = ()  # near copies that the same answer is meant for
    tags: tuple[str, ...] | None = (
        None  # label ids of the tags that the live model sees; None where it gives a label
    )
    note: str | None = None  # that somebody left on it


@dataclass(frozen=True, slots=True)
class Settled:
    """What is shown once an item is answered, blind or not."""

    sample_id: str
    label_id: str
    reasons: tuple[Reason, ...]
    answered_label_id: str | None  # what production answered; None for a sample that no call brought
    answered_label_name: str | None
    answered_confidence: float | None

    known: str | None = None  # the sure label, where the item was a known one
    known_name: str | None = None

    @property
    def agreed(self) -> bool:
        return self.answered_label_id == self.label_id


@dataclass(frozen=True, slots=True)
class SettledTags:
    """What is shown once an item is answered with tags, blind or not."""

    sample_id: str
    reasons: tuple[Reason, ...]
    answered: tuple[str, ...] | None  # names of the tags production answered; None for what no call brought
    answered_confidence: float | None  # in what was said of the least certain tag
    agreed: bool


@dataclass(frozen=True, slots=True)
class QueueState:
    open: int
    open_captures: int
    oldest_at: datetime | None
    labelled_today: int
    budget_per_day: float


class Labelling:
    """Serves open items to people, each to one person at a time, and takes their answers."""

    def __init__(self, storage: Storage, live: LiveFunctions) -> None:
        self._storage = storage
        self._live = live
        self._seconds = SecondOpinions(storage)

    def next(
        self,
        function_id: str,
        *,
        by: str,
        count: int = 10,
        together: bool = False,
        person: str | None = None,
    ) -> list[Served]:
        """Up to `count` items, leased to this person for two minutes; every n-th is a blind one.

        Where few are left, a fair share of them, so that nobody has nothing to do while others hold many.

        together: near copies come with the item that they are copies of, beyond the count.
        person: whose name is on the answers, where these come back by `answer`: second opinions and known items are
        then among the items, and look like other blind ones.
        """
        if not 1 <= count <= MAX_SERVED:
            raise BadInput(f"count must lie between 1 and {MAX_SERVED}.", count=count)
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        must_have_labels(live.function)
        at = datetime.now(UTC)
        if person is None or live.function.tags:
            return self._mine(live, by, count, at, together)
        return self._with_others(live, Asked(live.function, by, person, at), count, together)

    def others(self, function_id: str, by: str) -> Others:
        """What others than this person have in front of them."""
        return self._storage.queue.others(function_id, by, datetime.now(UTC))

    def _mine(self, live: LiveFunction, by: str, count: int, at: datetime, together: bool) -> list[Served]:
        """Open items, which nobody has answered."""
        function_id = live.function.id
        open_items = {i.sample.id: i for i in self._open(live, by, at, count)}
        if not open_items:
            return []
        if len(open_items) < _CANDIDATES:  # else there is enough for everybody
            count = fair_share(count, len(open_items), self.others(function_id, by).people)
        vectors = self._vectors(function_id, list(open_items))
        turns = self._turns(live, open_items, vectors, by)
        groups = gathered(turns, live.model.head.centre) if together else [Gathered(turn) for turn in turns]
        groups = groups[:count]
        wanted = [id for group in groups for id in (group.turn.item.sample_id, *group.alike)]
        leased = set(self._storage.queue.lease(function_id, wanted, by, at + LEASE, at))

        def served(sample_id: str, blind: bool) -> Served:
            return _served(live, open_items[sample_id], vectors[sample_id], blind)

        return [
            replace(
                served(group.turn.item.sample_id, group.turn.blind),
                alike=tuple(served(id, group.turn.blind) for id in group.alike if id in leased),
            )
            for group in groups
            if group.turn.item.sample_id in leased
        ]

    def _with_others(self, live: LiveFunction, asked: Asked, count: int, together: bool) -> list[Served]:
        """Open items with second opinions among them, and known items. No more is leased than is served."""
        until = asked.at + LEASE
        waiting = self._seconds.waiting(asked, count // SECOND_EVERY, until)
        turns = self._seconds.known_turns(asked, count)
        known = self._seconds.known(asked, sum(turns))
        room = max(1, count - len(known))
        mine = self._mine(live, asked.by, max(1, room - len(waiting)), asked.at, together)
        if len(mine) + len(waiting) < room:
            waiting = self._seconds.waiting(asked, room - len(mine), until)
        sure = [_blind(live, each.item) for each in known]
        served = mingled(mine, [_blind(live, item) for item in waiting], sure, turns)
        shown = {item.sample_id for item in served}
        self._seconds.serve_known(asked, [each for each in known if each.item.sample.id in shown])
        return served

    def answer(
        self,
        function_id: str,
        sample_id: str,
        label_id: str,
        by: str,
        alike: Sequence[str] = (),
        *,
        blind: bool | None = None,
        second: bool = False,
    ) -> Settled:
        """Label an item from the queue, and near copies with it; or say what it is as a second person.

        blind: whether the model's answer was kept back.   second: ask somebody else, too.
        Raises SampleNotFound, LabelNotFound, GivesTags.
        """
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        must_classify(live.function)
        captures = self._storage.captures.of_sample(function_id, sample_id)
        at = datetime.now(UTC)
        opinion = self._storage.opinions.give(function_id, sample_id, by, Said.LABEL, label_id, at)
        if opinion is None:
            met = self._met(live, sample_id, blind, second)
            set_label = partial(self._storage.annotations.set, by=by, source=AnnotationSource.QUEUE, at=at)
            set_label(function_id, sample_id, label_id, met=met)
            for id in alike:
                with suppress(SampleNotFound):  # deleted meanwhile
                    set_label(function_id, id, label_id)
        first = min(captures, key=lambda c: c.key, default=None)
        label = live.by_id.get(first.label_id) if first else None
        known = _sure_answer(opinion)
        return Settled(
            sample_id,
            label_id,
            _reasons(captures, live.function.capture),
            first.label_id if first else None,
            label.name if label else None,
            first.confidence if first else None,
            known,
            live.by_id[known].name if known in live.by_id else None,
        )

    def _met(self, live: LiveFunction, sample_id: str, blind: bool | None, asks: bool) -> Met:
        """With the live model's answer at this moment, for blind and shown items alike."""
        suggested: str | None = None
        confidence: float | None = None
        vector = self._vectors(live.function.id, [sample_id]).get(sample_id)
        if blind is not None and vector is not None and live.model.head.label_ids:
            p = live.model.head.probabilities_of_one(vector)
            best = int(p.argmax())
            suggested, confidence = live.model.head.label_ids[best], float(p[best])
        return Met(blind, suggested, confidence, overlaps(sample_id, live.function.capture.overlap), asks)

    def answer_tags(
        self, function_id: str, sample_id: str, label_ids: Sequence[str], by: str, alike: Sequence[str] = ()
    ) -> SettledTags:
        """Say that an item from the queue, and near copies with it, has these tags and no others that there are.

        Raises SampleNotFound, LabelNotFound, GivesOneLabel.
        """
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        must_give_tags(live.function)
        captures = self._storage.captures.of_sample(function_id, sample_id)
        at, tags = datetime.now(UTC), [Tag(id) for id in dict.fromkeys(label_ids)]
        say = partial(self._storage.tags.set, tags=tags, by=by, source=AnnotationSource.QUEUE, at=at)
        say(function_id, sample_id)
        for id in alike:
            with suppress(SampleNotFound):  # deleted meanwhile
                say(function_id, id)
        first = min(captures, key=lambda c: c.key, default=None)
        answer = self._storage.tags.answer(first.id) if first else None
        return SettledTags(
            sample_id,
            _reasons(captures, live.function.capture, tags=True),
            None
            if answer is None
            else tuple(live.by_id[id].name for id in answer.present if id in live.by_id),
            first.confidence if first else None,
            answer is not None and set(answer.present) & live.by_id.keys() == set(label_ids),
        )

    def skip(
        self, function_id: str, sample_id: str, by: str, kind: str = "skipped", alike: Sequence[str] = ()
    ) -> None:
        """Settle an item without a label, for good, and near copies with it."""
        if kind not in _SKIPS:
            raise BadInput("kind must be skipped or unsure.", kind=kind)
        at = datetime.now(UTC)
        if self._storage.opinions.give(function_id, sample_id, by, Said(kind), None, at) is not None:
            return
        self._storage.queue.skip(function_id, sample_id, by, kind, at)  # type: ignore[arg-type]
        for id in alike:
            with suppress(SampleNotFound):
                self._storage.queue.skip(function_id, id, by, kind, at)  # type: ignore[arg-type]

    def undo(self, function_id: str, sample_id: str, by: str, alike: Sequence[str] = ()) -> None:
        """Take back an answer or a skip: the item is open again, and so are near copies answered with it.

        Of a second opinion or a known item the annotation stays, as somebody else gave it.
        """
        at = datetime.now(UTC)
        if self._storage.opinions.take_back(function_id, sample_id, by, at):
            return
        self._reopen(function_id, sample_id, by, at)
        for id in alike:
            with suppress(SampleNotFound):
                self._reopen(function_id, id, by, at)

    def _reopen(self, function_id: str, sample_id: str, by: str, at: datetime) -> None:
        sample = self._storage.samples.get(function_id, sample_id)
        if sample.annotation is not None and sample.annotation.by != by:
            return  # somebody else's: what was this person's is taken back already
        if sample.annotation is not None:
            self._storage.annotations.remove(function_id, sample_id, by, at)
        elif sample.tags is not None:
            self._storage.tags.remove(function_id, sample_id, by, at)
        else:
            self._storage.queue.unskip(function_id, sample_id, by, at)

    def again(self, function_id: str, sample_ids: Sequence[str]) -> list[Served]:
        """Items whose answers were just taken back, for whoever did; what somebody else answered stays blind."""
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        items = self._storage.queue.items(sample_ids)
        vectors = self._vectors(function_id, [item.sample.id for item in items])
        met = {
            item.sample.id
            for item in items
            if item.sample.id in vectors and item.sample.annotation is None and item.sample.tags is None
        }
        return [
            _served(live, item, vectors[item.sample.id], blind=False)
            if item.sample.id in met
            else _blind(live, item)
            for item in items
        ]

    def asked(self, function_id: str, person: str) -> int:
        """How many second opinions wait for somebody like this person. Raises FunctionNotFound."""
        return self._seconds.count(function_id, person)

    def state(self, function_id: str) -> QueueState:
        function = self._storage.functions.get(function_id)
        must_have_labels(function)
        size = self._storage.queue.size(function_id)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        labelled = self._storage.queue.labelled_since(function_id, today)
        return QueueState(
            size.open_items, size.open_captures, size.oldest_at, labelled, function.capture.budget_per_day
        )

    def _open(self, live: LiveFunction, by: str, at: datetime, count: int) -> list[OpenItem]:
        """The newest open items, and those with the smallest statistical keys for the blind turns."""
        queue, function_id = self._storage.queue, live.function.id
        newest = queue.open(function_id, _CANDIDATES, by=by, at=at)
        smallest = queue.smallest(function_id, at, by, count)
        return list({i.sample.id: i for i in [*newest, *smallest]}.values())

    def _vectors(self, function_id: str, sample_ids: list[str]) -> dict[str, FloatArray]:
        blobs = self._storage.samples.embeddings(function_id, sample_ids)
        return {id: embedding_in(np.frombuffer(blob, dtype="<f4")) for id, blob in blobs.items()}

    def _turns(
        self, live: LiveFunction, items: dict[str, OpenItem], vectors: dict[str, FloatArray], by: str
    ) -> list[Turn]:
        function = live.function
        candidates = [_queue_item(live, item, vectors[id]) for id, item in items.items() if id in vectors]
        ordered = work_priority(candidates, live.capture.label_counts)
        turn = self._storage.queue.next_turn(function.id, by)
        return serve_order(ordered, turn, function.capture.blind_every)


def _sure_answer(opinion: Opinion | None) -> str | None:
    return opinion.other_label_id if opinion is not None and opinion.kind is OpinionKind.KNOWN else None


def _queue_item(live: LiveFunction, item: OpenItem, vector: FloatArray) -> QueueItem:
    head = live.model.head
    key = statistical_key(capture.key for capture in item.captures)
    if not head.label_ids:
        return QueueItem(item.sample.id, key, "", 0.0, 0.0, item.sample.created_at, vector)
    p = head.probabilities_of_one(vector)
    if live.model.thresholds is not None:
        sure = certainties(p.astype(float), live.model.thresholds.astype(float))
        least = int(sure.argmin())
        return QueueItem(
            item.sample.id, key, head.label_ids[least], float(p[least]), 2 * float(sure[least]) - 1,
            item.sample.created_at, vector,
        )  # fmt: skip
    best = int(p.argmax())
    second = float(np.partition(p, -2)[-2]) if len(p) > 1 else 0.0
    return QueueItem(
        item.sample.id, key, head.label_ids[best], float(p[best]), float(p[best]) - second,
        item.sample.created_at, vector,
    )  # fmt: skip


def _served(live: LiveFunction, item: OpenItem, vector: FloatArray, blind: bool) -> Served:
    return Served(
        sample_id=item.sample.id,
        data=item.sample.data,
        media_type=item.sample.media_type,
        field_values=item.sample.field_values,
        count=len(item.captures),
        captured_at=item.sample.created_at,
        blind=blind,
        suggestions=() if blind else _suggestions(live, vector),
        reasons=() if blind else _reasons(item.captures, live.function.capture, live.function.tags),
        version_number=live.model.number,
        tags=_seen_tags(live, vector, blind) if live.function.tags else None,
        note=item.sample.note,
    )


def _blind(live: LiveFunction, item: OpenItem) -> Served:
    """A sample that somebody has answered, as any other blind item."""
    return _served(live, item, np.empty(0, dtype=np.float32), blind=True)


def _seen_tags(live: LiveFunction, vector: FloatArray, blind: bool) -> tuple[str, ...]:
    model = live.model
    if blind or not model.head.label_ids:
        return ()
    return tuple(model.head.label_ids[i] for i in model.answered(model.head.probabilities_of_one(vector)))


def _suggestions(live: LiveFunction, vector: FloatArray) -> tuple[tuple[str, str, float], ...]:
    model = live.model
    if not model.head.label_ids:
        return ()
    p = model.head.probabilities_of_one(vector)
    best = np.argsort(-p, kind="stable")[:_SUGGESTIONS]
    ids = model.head.label_ids
    return tuple((ids[i], model.label_names[ids[i]], float(p[i])) for i in best)


def _reasons(
    captures: Sequence[Capture], settings: CaptureSettings, tags: bool = False
) -> tuple[Reason, ...]:
    """Reasons of the capture with the smallest key, strongest first, in the words of their rules."""
    first = min(captures, key=lambda c: c.key, default=None)
    if first is None:
        return ()
    asked = _asked_by(first.rules, settings) if first.rules else in_words(CaptureReason.RULE)
    parts = sorted(first.parts.items(), key=lambda part: -part[1])

    def words(reason: str) -> str:
        return WORDS_OF_TAGS.get(reason, in_words(reason)) if tags else in_words(reason)

    return tuple(
        Reason(reason, asked if reason == CaptureReason.RULE else words(reason), part / first.weight)
        for reason, part in parts
        if part > 0
    )


def _asked_by(names: Sequence[str], settings: CaptureSettings) -> str:
    """The users' own words for their rules; the name of a rule without words, or of one that is gone."""
    words = {rule.name: rule.words for rule in settings.rules}
    return " and ".join(words.get(name) or f"your rule “{name}”" for name in names)
