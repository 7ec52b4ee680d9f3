"""A person's own last answers: told again, taken back and changed, where nobody has had the last word since."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from noria.capture.second_opinions import overlaps
from noria.errors import AnswerNotFound, BadInput
from noria.records.opinion import Met, Opinion, OpinionKind, Said
from noria.records.queue_answer import Answered, NewQueueAnswer, QueueAnswer
from noria.records.sample import Annotation, AnnotationSource, Sample, TagsAnnotation
from noria.serving.labelling import LEASE, Labelling, Served
from noria.serving.outputs import must_classify
from noria.storage import SampleFilter, Storage

MAX_LISTED = 200
_COME_BACK = 50  # of a group: so many are in front of whoever took it back at once


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened to a sample since somebody answered it.

    >>> str(Since("{by} has labelled it {label} since.", "bob", "cat"))
    'bob has labelled it cat since.'
    """

    words: str  # with places for `by` and `label`
    by: str = ""
    label: str = ""

    def __str__(self) -> str:
        return self.words.format(by=self.by, label=self.label)


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """One of a person's answers, as things are now."""

    answer: QueueAnswer
    sample: Sample | None  # the one that was on show; None once it is deleted
    labels: tuple[str, ...]  # names as they are by now; of a label that is gone, "a deleted label"
    since: Since | None  # so that it is neither taken back nor changed here


@dataclass(frozen=True, slots=True)
class TakenBack:
    count: int  # items that wait again
    left: tuple[str, ...]  # ids of others of the answer, which stay as they are, and …
    stay: tuple[Since, ...]  # … why
    items: tuple[Served, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    count: int  # samples that have the other label now
    stay: tuple[Since, ...]


class OwnAnswers:
    """What is somebody else's by now is never overwritten: it is said who did what since."""

    def __init__(self, storage: Storage, labelling: Labelling) -> None:
        self._storage = storage
        self._labelling = labelling

    def keep(self, new: NewQueueAnswer) -> None:
        """An answer was given. Safe to repeat. Raises FunctionNotFound."""
        self._storage.queue_answers.keep(new)

    def last(self, function_id: str, by: str, limit: int) -> list[OwnAnswer]:
        """Newest first. Raises FunctionNotFound, BadInput."""
        if not 1 <= limit <= MAX_LISTED:
            raise BadInput(f"count must lie between 1 and {MAX_LISTED}.", count=limit)
        answers = self._storage.queue_answers.last(function_id, by, limit)
        now = _Now(self._storage, function_id, by, [answer.given.sample_ids[0] for answer in answers])
        return [
            OwnAnswer(
                answer,
                now.samples.get(answer.given.sample_ids[0]),
                tuple(now.name(id) for id in answer.given.label_ids),
                now.since(answer.given, answer.given.sample_ids[0]),
            )
            for answer in answers
        ]

    def newest_at(self, function_id: str, by: str) -> float | None:
        """When this person's newest answer was given, in seconds since 1970; None without any."""
        newest = self._storage.queue_answers.last(function_id, by, 1)
        return newest[0].given.at.timestamp() if newest else None

    def by_key(self, function_id: str, by: str, key: str) -> QueueAnswer | None:
        """The answer that its giver calls so."""
        with suppress(AnswerNotFound):
            return self._storage.queue_answers.by_key(function_id, by, key)
        return None

    def take_back(self, function_id: str, id: int, by: str, seat: str) -> TakenBack:
        """All that the answer was given to waits again, and comes to this person next; safe to repeat.

        seat: who would hold the leases.   Raises FunctionNotFound, AnswerNotFound.
        """
        answer = self._storage.queue_answers.get(function_id, by, id)
        ids, at = answer.given.sample_ids, datetime.now(UTC)
        if answer.taken_back_at is not None:
            return TakenBack(len(ids), (), (), self._again(answer.given, ids))
        now = _Now(self._storage, function_id, by, ids)
        free = [id for id in ids if now.since(answer.given, id) is None]
        self._storage.queue.hold_for(function_id, free, seat, at + LEASE)
        if free:
            self._labelling.undo(function_id, free[0], by, free[1:])
        self._storage.queue_answers.take_back(function_id, answer.id, at)
        left = tuple(id for id in ids if id not in free)
        return TakenBack(len(free), left, now.all_since(answer.given), self._again(answer.given, free))

    def change(self, function_id: str, id: int, label_id: str, by: str) -> Changed:
        """Another label for all that the answer was given to.

        Raises FunctionNotFound, AnswerNotFound, LabelNotFound, GivesTags, BadInput.
        """
        function = self._storage.functions.get(function_id)
        must_classify(function)
        answer = self._storage.queue_answers.get(function_id, by, id)
        if answer.taken_back_at is not None:
            raise BadInput("This answer is taken back: its item waits for a new one.")
        label_id = self._storage.merges.meant(function_id, label_id)
        now = _Now(self._storage, function_id, by, answer.given.sample_ids)
        free = [id for id in answer.given.sample_ids if now.since(answer.given, id) is None]
        for place, sample_id in enumerate(free):
            # How it was met is told of no longer: who changes their mind has seen more than the item.
            met = None if place else Met(overlaps=overlaps(sample_id, function.capture.overlap))
            self._say(function_id, sample_id, label_id, by, met, beside=sample_id in now.own)
        if free:
            self._storage.queue_answers.change(function_id, answer.id, label_id)
        return Changed(len(free), now.all_since(answer.given))

    def _say(
        self, function_id: str, sample_id: str, label_id: str, by: str, met: Met | None, *, beside: bool
    ) -> None:
        at = datetime.now(UTC)
        if beside:  # an opinion on what somebody else answered
            self._storage.opinions.take_back(function_id, sample_id, by, at)
            self._storage.opinions.give(function_id, sample_id, by, Said.LABEL, label_id, at)
        else:
            self._storage.annotations.set(
                function_id, sample_id, label_id, by, AnnotationSource.QUEUE, at, met=met
            )

    def _again(self, given: NewQueueAnswer, sample_ids: Sequence[str]) -> tuple[Served, ...]:
        """As they came: a group one by one, near copies with the one that was on show."""
        items = self._labelling.again(
            given.function_id, sample_ids[:_COME_BACK] if given.grouped else sample_ids
        )
        if given.said is Answered.TAGS:
            items = [replace(item, tags=given.label_ids) for item in items]
        if given.grouped or not items:
            return tuple(items)
        return (replace(items[0], alike=tuple(items[1:])),)


class _Now:
    """How samples stand that a person has answered."""

    def __init__(self, storage: Storage, function_id: str, by: str, sample_ids: Sequence[str]) -> None:
        self.by = by
        filter = SampleFilter(sample_ids=tuple(sample_ids))
        found = storage.samples.list(function_id, filter, max(1, len(sample_ids)), None).samples
        self.samples = {sample.id: sample for sample in found}
        self.names = {label.id: label.name for label in storage.labels.all(function_id)}
        self.merged = storage.merges.names(function_id)
        opinions = storage.opinions.about(function_id, sample_ids)
        self.own = {opinion.sample_id: opinion for opinion in opinions if opinion.by == by}
        self.others = {
            opinion.sample_id: opinion
            for opinion in opinions
            if opinion.by != by and opinion.kind is OpinionKind.SECOND
        }

    def name(self, label_id: str) -> str:
        return self.names.get(self.merged.get(label_id, label_id), "a deleted label")

    def all_since(self, given: NewQueueAnswer) -> tuple[Since, ...]:
        """Each once."""
        told = (self.since(given, id) for id in given.sample_ids)
        return tuple(dict.fromkeys(since for since in told if since is not None))

    def since(self, given: NewQueueAnswer, sample_id: str) -> Since | None:
        """None where this person's word is still the last."""
        sample = self.samples.get(sample_id)
        if sample is None:
            return Since("It is deleted since.")
        if (own := self.own.get(sample_id)) is not None:
            return _settled(own)
        if given.said is Answered.LABEL and sample.annotation is None:
            return Since("Its label was taken away since.")
        if given.said is Answered.TAGS and sample.tags is None:
            return Since("Its tags were taken away since.")
        if sample_id in self.others and given.said is Answered.LABEL:
            return Since("Somebody else was asked, too, and has answered since.")
        if sample.annotation is not None:
            return self._relabelled(given, sample.annotation)
        return None if sample.tags is None else self._retagged(given, sample.tags)

    def _relabelled(self, given: NewQueueAnswer, said: Annotation) -> Since | None:
        before = self.merged.get(given.label_ids[0], given.label_ids[0]) if given.label_ids else None
        if said.by == self.by:
            same = given.said is Answered.LABEL and before == said.label_id
            return (
                None if same else Since("You have labelled it {label} since.", label=self.name(said.label_id))
            )
        return Since("{by} has labelled it {label} since.", said.by, self.name(said.label_id))

    def _retagged(self, given: NewQueueAnswer, said: TagsAnnotation) -> Since | None:
        if said.by == self.by:
            same = set(given.label_ids) == {tag.label_id for tag in said.tags if tag.present}
            return None if same else Since("You have given it other tags since.")
        return Since("{by} has given it other tags since.", said.by)


def _settled(own: Opinion) -> Since | None:
    if own.settled_at is None:
        return None
    return Since("{by} has settled what it is since.", own.settled_by or "")
