"""The wire's shapes: camelCase names, and a key left out rather than null, as existing clients expect."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from litestar import MediaType, Response
from msgspec import UNSET, Struct, UnsetType

from noria.learning.tags_scores import DEFAULT_THRESHOLD
from noria.records.field import Field
from noria.records.function import Function
from noria.records.label import Label
from noria.records.project import Project
from noria.records.sample import Sample
from noria.records.tags import Tag
from noria.records.version import ModelVersion
from noria.serving.answers import Answer, AnswerOfTags
from noria.storage import MergeCounts


class Shape(Struct, rename="camel", kw_only=True):
    """What all bodies share."""


class Problem(Shape):
    """The body of every answer that is not 200."""

    message: str
    code: str
    existing_sample_id: str | UnsetType = UNSET
    id: str | UnsetType = UNSET


class Token(Struct):
    access_token: str
    token_type: str
    expires_in: int  # seconds
    scope: str


class ProjectShape(Shape):
    id: str
    name: str

    @classmethod
    def of(cls, project: Project) -> "ProjectShape":
        return cls(id=project.id, name=project.name)


class FunctionShape(Shape):
    id: str
    name: str
    input: str
    output: str
    project_id: str
    decision_threshold: float
    created_at: datetime
    model_id: str | UnsetType = UNSET

    @classmethod
    def of(cls, function: Function) -> "FunctionShape":
        return cls(
            id=function.id,
            name=function.name,
            input=function.input,
            output=function.output,
            project_id=function.project_id,
            decision_threshold=function.decision_threshold,
            created_at=function.created_at,
            model_id=function.live_version_id or UNSET,
        )


class LabelShape(Shape):
    id: str
    name: str
    description: str | None = None
    metadata: Mapping[str, str] | None = None

    @classmethod
    def of(cls, label: Label) -> "LabelShape":
        return cls(id=label.id, name=label.name, description=label.description, metadata=label.metadata)


class MergeShape(Shape):
    """What a merge changed, or would change."""

    label_id: str  # the one that goes
    into_label_id: str
    dry_run: bool
    sample_count: int  # annotated with the label; of a tags function, those that have the tag
    conflict_count: int  # of a tags function: samples of which one tag is said to be there and the other not
    waiting_count: int  # samples in the queue whose calls were answered with it
    call_count: int  # answered with it, in the live figures
    judged_count: int  # captured calls to which it was the right answer
    rules: Sequence[str]  # names of capture rules that name it

    @classmethod
    def of(cls, label_id: str, into: str, counts: MergeCounts, dry_run: bool) -> "MergeShape":
        return cls(
            label_id=label_id,
            into_label_id=into,
            dry_run=dry_run,
            sample_count=counts.samples,
            conflict_count=counts.conflicts,
            waiting_count=counts.waiting,
            call_count=counts.calls,
            judged_count=counts.judged,
            rules=counts.rules,
        )


class FieldShape(Shape):
    id: str
    name: str
    type: str

    @classmethod
    def of(cls, field: Field) -> "FieldShape":
        return cls(id=field.id, name=field.name, type=field.type.value)


class AnnotationShape(Shape):
    label_id: str
    created_at: datetime | UnsetType = UNSET


class PredictionShape(Shape):
    label_id: str
    confidence: float


class TagShape(Shape):
    """Whether a sample has one tag; of labels that are not listed, nobody said."""

    label_id: str
    present: bool

    @classmethod
    def of(cls, tag: Tag) -> "TagShape":
        return cls(label_id=tag.label_id, present=tag.present)


class SampleSetShape(Shape):
    sample_set_id: str


Data = str | Mapping[str, float | int | str]
"""A text, the address of an image, or a row by field id."""


class SampleShape(Shape):
    id: str
    created_at: datetime
    origin: str
    data: Data | UnsetType = UNSET
    external_id: str | None = None
    annotation: AnnotationShape | list[TagShape] | UnsetType = UNSET
    prediction: PredictionShape | list[PredictionShape] | UnsetType = UNSET
    sample_sets: Sequence[SampleSetShape] | UnsetType = UNSET
    note: str | UnsetType = UNSET  # that a person wrote for others while labelling

    @classmethod
    def of(cls, sample: Sample, data: Data | None, thresholds: Mapping[str, float]) -> "SampleShape":
        """thresholds: of a tags function, those set by hand, by label id."""
        return cls(
            id=sample.id,
            created_at=sample.created_at,
            origin=sample.origin.value,
            data=UNSET if data is None else data,
            external_id=sample.external_id,
            annotation=_annotation(sample),
            prediction=_prediction(sample, thresholds),
            sample_sets=[SampleSetShape(sample_set_id=s) for s in sample.sample_sets] or UNSET,
            note=sample.note or UNSET,
        )


def _annotation(sample: Sample) -> AnnotationShape | list[TagShape] | UnsetType:
    if sample.tags is not None:
        return [TagShape.of(tag) for tag in sample.tags.tags]
    if sample.annotation is None:
        return UNSET
    return AnnotationShape(label_id=sample.annotation.label_id, created_at=sample.annotation.at)


def _prediction(
    sample: Sample, thresholds: Mapping[str, float]
) -> PredictionShape | list[PredictionShape] | UnsetType:
    """Of tags, those at or above their thresholds, the likeliest first."""
    if sample.tags_prediction is not None:
        confidences = sample.tags_prediction.confidences
        there = [id for id, p in confidences.items() if p >= thresholds.get(id, DEFAULT_THRESHOLD)]
        there.sort(key=lambda id: -confidences[id])
        return [PredictionShape(label_id=id, confidence=confidences[id]) for id in there]
    if sample.prediction is None:
        return UNSET
    return PredictionShape(label_id=sample.prediction.label_id, confidence=sample.prediction.confidence)


class LabelConfidence(Shape):
    label_name: str
    label_id: str
    confidence: float


class FunctionOutput(Shape):
    """The answer to an invoke."""

    label_name: str
    label_id: str
    confidence: float
    decision_threshold: float
    sample_id: str
    model_id: str | UnsetType = UNSET  # absent while answers are zero-shot
    label_metadata: Mapping[str, str] | UnsetType = UNSET
    label_confidences: Sequence[LabelConfidence] | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET  # the label's, in v0.9

    @classmethod
    def of(cls, answer: Answer, external_id: str | None, include_metadata: bool) -> "FunctionOutput":
        return cls(
            label_name=answer.label_name,
            label_id=answer.label_id,
            confidence=answer.confidence,
            decision_threshold=answer.decision_threshold,
            sample_id=answer.sample_id,
            model_id=answer.version_id or UNSET,
            label_metadata=(answer.label_metadata or {}) if include_metadata else UNSET,
            label_confidences=[
                LabelConfidence(label_name=name, label_id=id, confidence=confidence)
                for id, name, confidence in answer.label_confidences
            ]
            or UNSET,
            external_id=external_id or UNSET,
        )


class TagOutput(Shape):
    """One tag of the answer to an invoke."""

    label_name: str
    label_id: str
    confidence: float
    decision_threshold: float
    label_metadata: Mapping[str, str] | UnsetType = UNSET
    name: str | UnsetType = UNSET  # the label's, in v0.9

    @classmethod
    def all_of(cls, answer: AnswerOfTags, include_metadata: bool) -> "list[TagOutput]":
        return [
            cls(
                label_name=tag.label_name,
                label_id=tag.label_id,
                confidence=tag.confidence,
                decision_threshold=tag.decision_threshold,
                label_metadata=(tag.label_metadata or {}) if include_metadata else UNSET,
            )
            for tag in answer.tags
        ]


class InvokedInput(Shape):
    """What became of one of several inputs: an answer, or tags, or why it has neither."""

    answer: FunctionOutput | UnsetType = UNSET
    tags: Sequence[TagOutput] | UnsetType = UNSET
    sample_id: str | UnsetType = UNSET  # beside tags
    problem: Problem | UnsetType = UNSET


class ModelShape(Shape):
    """A model version, with its scores and the gate's words."""

    id: str
    number: int
    created_at: datetime
    live: bool
    pinned: bool
    outcome: str
    reason: str
    scores: Mapping[str, float]
    sample_count: int
    label_count: int
    encoder: str
    train_seconds: float

    @classmethod
    def of(cls, version: ModelVersion, function: Function) -> "ModelShape":
        return cls(
            id=version.id,
            number=version.number,
            created_at=version.created_at,
            live=version.id == function.live_version_id,
            pinned=version.id == function.pinned_version_id,
            outcome=version.outcome.value,
            reason=version.reason,
            scores=version.scores,
            sample_count=version.n_samples,
            label_count=version.n_labels,
            encoder=version.encoder,
            train_seconds=version.train_seconds,
        )


class Done(Shape):
    """An answer with nothing to say but that it is done."""


def gone() -> Response[None]:
    """The answer to a delete: nothing at all, as some clients take a body here for an error."""
    return Response(None, media_type=MediaType.TEXT)
