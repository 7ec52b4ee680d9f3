"""Answers: what callers of a function get, and the call as it waits for the capture decision."""

from collections.abc import Mapping
from dataclasses import dataclass

from noria.learning.arrays import FloatArray
from noria.learning.words import embedding_in
from noria.records.content import Content
from noria.records.tags import TagsAnswer
from noria.serving.live import LiveFunction, LiveModel

BETWEEN_TAGS, NO_TAG = ", ", "no tag"  # of an answer in a word


@dataclass(frozen=True, slots=True)
class Answer:
    """What an invoke returns, and why it was captured if it was."""

    sample_id: str
    label_id: str
    label_name: str
    label_metadata: Mapping[str, str] | None
    confidence: float
    label_confidences: list[tuple[str, str, float]]  # (label id, name, confidence), best first
    decision_threshold: float
    version_id: str | None
    version_number: int
    captured_reasons: tuple[str, ...]  # strongest first; empty when not captured

    @property
    def zero_shot(self) -> bool:
        return self.version_id is None


@dataclass(frozen=True, slots=True)
class TagOfAnswer:
    """One tag of an answer."""

    label_id: str
    label_name: str
    label_metadata: Mapping[str, str] | None
    confidence: float  # the calibrated probability that the tag is there
    decision_threshold: float


@dataclass(frozen=True, slots=True)
class AnswerOfTags:
    """What an invoke of a tags function returns, and why it was captured if it was."""

    sample_id: str
    tags: tuple[TagOfAnswer, ...]  # likeliest first
    version_id: str
    version_number: int
    captured_reasons: tuple[str, ...]  # strongest first; empty when not captured


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """A call that has its answer and waits for the capture decision."""

    live: LiveFunction
    model: LiveModel
    content: Content
    features: FloatArray
    probabilities: FloatArray
    best: int  # place of the answer; of tags, of the least certain one
    external_id: str | None
    metadata: dict[str, str] | None
    cell: int | None  # that the embedding lies in
    tags: tuple[int, ...] | None = None  # places of the tags that were answered

    @property
    def embedding(self) -> FloatArray:
        """What says how like it is to others: the features without what follows."""
        return embedding_in(self.features)

    @property
    def label_id(self) -> str:
        return self.model.head.label_ids[self.best]

    @property
    def confidence(self) -> float:
        """In the answer; of tags, in what was said of the least certain one."""
        p = float(self.probabilities[self.best])
        return p if self.tags is None or self.best in self.tags else 1 - p

    @property
    def said(self) -> str:
        """The answer in a word."""
        names, ids = self.model.label_names, self.model.head.label_ids
        if self.tags is None:
            return names[self.label_id]
        return BETWEEN_TAGS.join(names[ids[i]] for i in self.tags) or NO_TAG

    @property
    def tags_answer(self) -> TagsAnswer | None:
        if self.tags is None:
            return None
        ids = self.model.head.label_ids
        confidences = dict(zip(ids, self.probabilities.tolist(), strict=True))
        return TagsAnswer(confidences, tuple(ids[i] for i in self.tags))


def answer_of(
    answered: AnsweredCall, sample_id: str, reasons: tuple[str, ...], label_count: int | None
) -> Answer:
    """What its caller gets. reasons: why it was captured, if it was.   label_count: labels to list beside the best."""
    model, probabilities = answered.model, answered.probabilities
    listed: list[tuple[str, str, float]] = []
    if label_count:
        ids = model.head.label_ids
        order = model.likeliest(probabilities, label_count)
        listed = [(ids[i], model.label_names[ids[i]], float(probabilities[i])) for i in order]
    label = answered.live.by_id.get(answered.label_id)
    return Answer(
        sample_id=sample_id,
        label_id=answered.label_id,
        label_name=model.label_names[answered.label_id],
        label_metadata=label.metadata if label else None,
        confidence=answered.confidence,
        label_confidences=listed,
        decision_threshold=answered.live.function.decision_threshold,
        version_id=model.version_id,
        version_number=model.number,
        captured_reasons=reasons,
    )


def tags_of(
    answered: AnsweredCall, sample_id: str, reasons: tuple[str, ...], label_count: int | None
) -> AnswerOfTags:
    """The same of a tags function. label_count: tags to list, whatever their thresholds; without it, those answered."""
    model, p = answered.model, answered.probabilities
    assert answered.tags is not None
    assert model.thresholds is not None
    assert model.version_id is not None
    ids = model.head.label_ids
    listed = model.likeliest(p, label_count) if label_count else answered.tags
    return AnswerOfTags(
        sample_id,
        tuple(
            TagOfAnswer(
                ids[i],
                model.label_names[ids[i]],
                label.metadata if (label := answered.live.by_id.get(ids[i])) else None,
                float(p[i]),
                float(model.thresholds[i]),
            )
            for i in listed
        ),
        model.version_id,
        model.number,
        reasons,
    )
