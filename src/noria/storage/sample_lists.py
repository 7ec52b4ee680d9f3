"""Lists of samples: filters and pages."""

from dataclasses import dataclass
from datetime import datetime

from noria.records.sample import Origin, Sample


@dataclass(frozen=True, slots=True)
class SampleFilter:
    """Which samples to list, all conditions together.

    Staged samples are listed only when `origin` is InvokeCapture or a capture reason is given.
    """

    external_id: str | None = None
    start_index: int | None = None  # with count: a page by place instead of by cursor
    count: int | None = None
    annotated: bool | None = None
    predicted: bool | None = None
    annotation_label_id: str | None = None
    prediction_label_id: str | None = None
    prediction_and_annotation_agree: bool | None = None
    capture_reason: str | None = None  # the strongest reason of any of its captures
    origin: Origin | None = None
    search_text: str | None = None
    sample_ids: tuple[str, ...] | None = None
    sample_set_id: str | None = None
    in_train_set: bool | None = None
    created_before: datetime | None = None
    created_after: datetime | None = None
    ascending: bool = False  # oldest first


@dataclass(frozen=True, slots=True)
class SamplePage:
    samples: list[Sample]
    next_cursor: str | None  # None: this was the last page
