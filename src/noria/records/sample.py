"""A sample: one stored input, perhaps with an annotation and a prediction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from noria.records.content import Content
from noria.records.field import FieldValues
from noria.records.prediction import Prediction
from noria.records.tags import Tag, TagsPrediction


class Origin(StrEnum):
    """By which road a sample came in."""

    API = "Api"
    UPLOAD = "Upload"
    INVOKE_CAPTURE = "InvokeCapture"
    FEEDBACK = "Feedback"  # an uncaptured call that its caller gave feedback on


class AnnotationSource(StrEnum):
    """Where a person gave the label; it never changes whether the label counts in estimates."""

    API = "Api"
    QUEUE = "Queue"
    GRID = "Grid"
    IMPORT = "Import"
    FEEDBACK = "Feedback"
    REPAIR = "Repair"  # a suggestion taken for a label that was probably wrong
    ADJUDICATION = "Adjudication"  # two people had said different things, and somebody settled it
    BULK = "Bulk"  # many at once, on the list of samples
    MERGE = "Merge"  # only in the log: nobody labelled anew, the label became another one


@dataclass(frozen=True, slots=True)
class Annotation:
    label_id: str
    at: datetime
    by: str  # client or person
    source: AnnotationSource


@dataclass(frozen=True, slots=True)
class TagsAnnotation:
    """Of a tags function's sample: of labels that are not named, nothing was said."""

    tags: tuple[Tag, ...]
    at: datetime
    by: str
    source: AnnotationSource
    unsaid: tuple[str, ...] = ()  # on its way in: label ids that stay without an opinion
    rest_absent: bool = True  # on its way in: labels that are not named are absent


@dataclass(frozen=True, slots=True)
class Sample:
    id: str
    function_id: str
    seq: int  # creation order within the installation
    data: str  # the text; empty where the content is a file; of a row its lines, as people read them
    digest: bytes  # content key: equal data has an equal digest
    origin: Origin
    created_at: datetime
    staged: bool  # captured and not yet annotated: outside the ordinary lists
    external_id: str | None = None
    metadata: dict[str, str] | None = None
    annotation: Annotation | None = None
    prediction: Prediction | None = None
    sample_sets: tuple[str, ...] = ()
    media_type: str | None = None  # of its file, if it has one
    field_values: FieldValues | None = None  # of a row
    tags: TagsAnnotation | None = None  # in place of `annotation`, of a tags function
    tags_prediction: TagsPrediction | None = None  # in place of `prediction`, of a tags function
    note: str | None = None  # of a person to others; nothing is learned from it

    @property
    def annotated(self) -> bool:
        return self.annotation is not None or self.tags is not None


@dataclass(frozen=True, slots=True)
class NewSample:
    """What is needed to store a sample; the storage gives it its place in the order."""

    id: str
    function_id: str
    content: Content
    origin: Origin
    embedding: bytes  # float32, little-endian; of a text, its words behind it (`noria.learning.words`)
    external_id: str | None = None
    metadata: dict[str, str] | None = None
    annotation: Annotation | None = None
    prediction: Prediction | None = None
    sample_sets: tuple[str, ...] = ()
    tags: TagsAnnotation | None = None  # as given; labels that are not named are absent
    tags_prediction: TagsPrediction | None = None

    @property
    def digest(self) -> bytes:
        return self.content.digest

    @property
    def annotated(self) -> bool:
        return self.annotation is not None or self.tags is not None


HELD_OUT_SET = "sampleset_heldout"
"""Annotated samples of this set are never trained on; every version is scored on them."""
