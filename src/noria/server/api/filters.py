"""Which samples a list shows, as its query says."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from msgspec import Meta, field

from noria.errors import BadInput
from noria.records.ids import canonical
from noria.records.sample import Origin
from noria.server.api.paging import MAX_PAGE
from noria.server.api.queries import Id, Moment, moment
from noria.server.api.shapes import Shape
from noria.serving.limits import MAX_EXTERNAL_ID, MAX_NAME
from noria.storage import SampleFilter

MAX_OFFSET = 1_000_000_000
MAX_SEARCH = 1000  # characters
MAX_IDS = 500  # an address has room for few more
MAX_CHOSEN = 10_000  # in a body

SampleIds = Annotated[list[Id], Meta(max_length=MAX_IDS)]
ExternalId = Annotated[str, Meta(max_length=MAX_EXTERNAL_ID)]


class ExternalIdQuery(Shape):
    external_id: Annotated[str, Meta(min_length=1, max_length=MAX_EXTERNAL_ID)]


class SampleFields(Shape):
    """What can be asked of samples, all conditions together."""

    external_id: ExternalId | None = None
    annotated: bool | None = None
    predicted: bool | None = None
    annotation_label_id: Id | None = None
    prediction_label_id: Id | None = None
    prediction_and_annotation_agree: bool | None = None
    capture_reason: Id | None = None
    origin: Annotated[str, Meta(extra_json_schema={"enum": [*Origin]})] | None = None
    search_text: Annotated[str, Meta(max_length=MAX_SEARCH)] | None = None
    sample_set_id: Id | None = None
    in_train_set: bool | None = None
    created_before: Moment | None = None
    created_after: Moment | None = None
    annotated_by: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    noted: bool | None = None

    def asked(self, sample_ids: Sequence[str] | None) -> SampleFilter:
        """Raises BadInput for values that are none of those known."""
        return SampleFilter(
            external_id=self.external_id or None,
            annotated=self.annotated,
            predicted=self.predicted,
            annotation_label_id=_id("label", self.annotation_label_id),
            prediction_label_id=_id("label", self.prediction_label_id),
            prediction_and_annotation_agree=self.prediction_and_annotation_agree,
            capture_reason=self.capture_reason or None,
            origin=Origin(_one_of("origin", self.origin, tuple(Origin))) if self.origin is not None else None,
            search_text=self.search_text,
            sample_ids=tuple(canonical("sample", id) for id in sample_ids) if sample_ids else None,
            sample_set_id=_id("sampleset", self.sample_set_id),
            in_train_set=self.in_train_set,
            created_before=moment(self.created_before, "createdBefore"),
            created_after=moment(self.created_after, "createdAfter"),
            annotated_by=self.annotated_by or None,
            noted=self.noted,
        )


class SamplesQuery(SampleFields):
    cursor: Annotated[str, Meta(pattern="^[0-9]{1,18}$")] | None = None  # from the Link header
    batch_size: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = MAX_PAGE
    start_index: Annotated[int, Meta(ge=0, le=MAX_OFFSET)] | None = None
    count: Annotated[int, Meta(ge=1, le=MAX_PAGE)] | None = None
    sample_ids: SampleIds | None = field(name="sampleIds[]", default=None)
    sort_by: Annotated[str, Meta(extra_json_schema={"enum": ["creation"]})] = "creation"
    sort_order: Annotated[str, Meta(extra_json_schema={"enum": ["ascending", "descending"]})] = "descending"
    include_data: bool = True

    def filter(self) -> SampleFilter:
        """Raises BadInput for values that are none of those known."""
        _one_of("sortBy", self.sort_by, ("creation",))
        return replace(
            self.asked(self.sample_ids),
            start_index=self.start_index,
            count=self.count,
            ascending=_one_of("sortOrder", self.sort_order, ("ascending", "descending")) == "ascending",
        )


class SamplesChosen(SampleFields):
    """In a body: the same conditions as for the list, and ids."""

    sample_ids: Annotated[list[Id], Meta(max_length=MAX_CHOSEN)] | None = None

    def filter(self) -> SampleFilter:
        """Raises BadInput for values that are none of those known."""
        return self.asked(self.sample_ids)


def _id(kind: str, given: str | None) -> str | None:
    return canonical(kind, given) if given else None


def _one_of(name: str, given: str, known: tuple[str, ...]) -> str:
    """The known value that was given, whatever its case. Raises BadInput."""
    for value in known:
        if value.lower() == given.lower():
            return value
    raise BadInput(f"{name} must be one of {', '.join(known)}.", given=given[:100])
