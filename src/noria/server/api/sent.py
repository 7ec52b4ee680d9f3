"""What callers send. Names are matched in any case; see `fitting`.

What the schemas add here in `extra_json_schema` is told in the OpenAPI document and checked further in, by
`noria.serving.limits`, where every caller passes and the message is in our words.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta

from noria import redaction
from noria.capture.expression import MAX_LENGTH
from noria.capture.rules import user_rules
from noria.capture.second_opinions import MAX_KNOWN_SHARE, MAX_OVERLAP
from noria.server.api.shapes import SampleSetShape, Shape
from noria.serving import limits

_MAX_WINDOW_S = 30 * 86_400
_NAME = r"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$"
_TEXT = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

Name = Annotated[
    str, Meta(extra_json_schema={"minLength": 1, "maxLength": limits.MAX_NAME, "pattern": _NAME})
]
_TEXT_SCHEMA = {"type": "string", "minLength": 1, "maxLength": limits.MAX_TEXT, "pattern": _TEXT}
_FILE_SCHEMA = {
    "type": "string",
    "pattern": r"^(data:|https?://)[^\u0000]*$",
    "description": "Of an image function.",
}
_ROW_SCHEMA = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "null"]},
    "description": "Of a table function: values by the id or the name of a field.",
}
Data = Annotated[Any, Meta(extra_json_schema={"anyOf": [_TEXT_SCHEMA, _FILE_SCHEMA, _ROW_SCHEMA]})]
Description = Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_DESCRIPTION})]
ExternalId = Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_EXTERNAL_ID})]
Metadata = Annotated[
    dict[
        Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_METADATA_KEY})],
        Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_METADATA_VALUE})],
    ],
    Meta(extra_json_schema={"maxProperties": limits.MAX_METADATA}),
]
Expression = Annotated[
    str, Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_LENGTH, "examples": ['label == "refund"']})
]
Share = Annotated[float, Meta(ge=0, le=1)]


class ProjectBody(Shape):
    name: Name


class FunctionBody(Shape):
    name: Name
    input: Annotated[str, Meta(extra_json_schema={"enum": ["Text", "Image", "Tabular"]})] = "Text"
    output: Annotated[str, Meta(extra_json_schema={"enum": ["Classification", "Tags", "Search"]})] = (
        "Classification"
    )
    project_id: str | None = None
    decision_threshold: Share | None = None


class FunctionChange(Shape):
    """What is left out stays as it is; input and output are fixed at creation and passed over."""

    name: Name | None = None
    project_id: str | None = None
    decision_threshold: Share | None = None


class PatternBody(Shape):
    """What `pattern` matches, a regular expression as RE2 reads it, becomes the name in brackets."""

    name: Annotated[
        str,
        Meta(
            extra_json_schema={
                "minLength": 1,
                "maxLength": redaction.MAX_NAME,
                "pattern": r"^\w([\w -]*\w)?$",
            }
        ),
    ]
    pattern: Annotated[
        str,
        Meta(
            extra_json_schema={
                "minLength": 1,
                "maxLength": redaction.MAX_PATTERN,
                "examples": [r"\bC-[0-9]{6}\b"],
            }
        ),
    ]


Kinds = list[Annotated[str, Meta(extra_json_schema={"enum": list(redaction.KINDS)})]]
Patterns = Annotated[list[PatternBody], Meta(extra_json_schema={"maxItems": redaction.MAX_PATTERNS})]


class RedactionBody(Shape):
    """What is left out stays as it is; empty lists switch it off."""

    kinds: Kinds | None = None
    patterns: Patterns | None = None


class RedactionCheck(Shape):
    """`data`: a text to try it on; what is left out is as it is set."""

    data: Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_TEXT})]
    kinds: Kinds | None = None
    patterns: Patterns | None = None


class LabelBody(Shape):
    name: Name
    description: Description | None = None
    metadata: Metadata | None = None


class MergeBody(Shape):
    """The label that stays, by either of the two; with `dryRun` nothing is changed."""

    into_label_id: str | None = None
    into_label_name: str | None = None
    dry_run: bool = False


class FieldBody(Shape):
    name: Name
    type: Annotated[str, Meta(extra_json_schema={"enum": ["Number", "Text", "Image"]})]


class FieldChange(Shape):
    """The type is fixed at creation and passed over."""

    name: Name


class AnnotationBody(Shape):
    """Either of the two; the id goes first where both are given."""

    label_id: str | None = None
    label_name: str | None = None


class TagBody(AnnotationBody):
    """One tag of a tags function; labels that no tag names are absent."""

    present: bool = True


Tags = Annotated[list[TagBody], Meta(extra_json_schema={"maxItems": limits.MAX_LABELS})]


class SampleBody(Shape):
    """In a form, `annotation.labelName` or `labelName` alone names the label, and the first file is the data.

    A tags function takes a list under `annotation`.
    """

    data: Data
    external_id: ExternalId | None = None
    annotation: Tags | AnnotationBody | None = None
    sample_sets: (
        Annotated[list[SampleSetShape], Meta(extra_json_schema={"maxItems": limits.MAX_SAMPLE_SETS})] | None
    ) = None
    label_id: str | None = None  # these two stand for an annotation in some clients' forms
    label_name: str | None = None


class InvokeBody(Shape):
    data: Data
    external_id: ExternalId | None = None
    metadata: Metadata | None = None
    capture: bool | None = None  # some clients' forms say it here and not in the query


class InvokesBody(Shape):
    inputs: Annotated[
        list[InvokeBody], Meta(extra_json_schema={"minItems": 1, "maxItems": limits.MAX_INPUTS})
    ]


class SearchBody(Shape):
    """Either of the two."""

    data: Data | None = None
    sample_id: str | None = None


class RuleBody(Shape):
    """A rule of the user's own; `words` are shown to whoever labels what it captured."""

    name: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": user_rules.MAX_NAME})]
    expression: Expression
    words: Annotated[str, Meta(extra_json_schema={"maxLength": user_rules.MAX_WORDS})] = ""


class RuleCheck(Shape):
    expression: Expression


class CaptureChange(Shape):
    """Capture settings; what is left out stays as it is."""

    enabled: bool | None = None
    budget_per_day: Annotated[float, Meta(ge=0, le=limits.MAX_BUDGET)] | None = None
    shares: dict[str, Annotated[float, Meta(ge=0)]] | None = None
    blind_every: Annotated[int, Meta(ge=0, le=1000)] | None = None
    feedback_window_s: Annotated[int, Meta(ge=0, le=_MAX_WINDOW_S)] | None = None
    expire_after_days: Annotated[float, Meta(ge=0.01, le=3650)] | None = None
    delete_after_days: Annotated[float, Meta(ge=0, le=3650)] | None = None
    queue_limit: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    keep_every_decision: bool | None = None
    overlap: Annotated[float, Meta(ge=0, le=MAX_OVERLAP)] | None = None
    known_share: Annotated[float, Meta(ge=0, le=MAX_KNOWN_SHARE)] | None = None
    rules: Annotated[list[RuleBody], Meta(extra_json_schema={"maxItems": user_rules.MAX_RULES})] | None = None


class PreviewBody(Shape):
    """Settings to try; what is left out is as it is."""

    budget_per_day: Annotated[float, Meta(ge=0, le=limits.MAX_BUDGET)] | None = None
    shares: dict[str, Annotated[float, Meta(ge=0)]] | None = None


class RetentionBody(Shape):
    """An age to try."""

    delete_after_days: Annotated[float, Meta(gt=0, le=3650)]


class SuggestionBody(Shape):
    """The suggested label that was looked at: by the time the answer comes there may be another."""

    label_id: str


class SettleBody(Shape):
    """What a sample is that two people answered differently."""

    label_id: str


class ThresholdBody(Shape):
    """From which probability on a tag is answered."""

    decision_threshold: Share


class LiveModelBody(Shape):
    model_id: str


class SkipBody(Shape):
    kind: Literal["skipped", "unsure"] = "skipped"
