"""What a person said of an item of the queue, in one go, so that it can be told to them and taken back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Answered(StrEnum):
    LABEL = "label"
    TAGS = "tags"
    SKIPPED = "skipped"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class NewQueueAnswer:
    function_id: str
    by: str
    key: str  # the giver's own name for it: the same answer sent twice is one
    at: datetime
    said: Answered
    label_ids: tuple[str, ...]  # one label, or the tags that are there
    sample_ids: tuple[str, ...]  # the one that was on show, then its near copies or others of its group
    grouped: bool = False  # a group of look-alikes, named as one


@dataclass(frozen=True, slots=True)
class QueueAnswer:
    """One that was given. Its labels and samples may be gone or others by now."""

    id: int
    given: NewQueueAnswer
    taken_back_at: datetime | None
