"""A function: a live endpoint, its labels, its samples and its model, under one stable id."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from noria.records.redaction import Redaction
from noria.records.user_rule import UserRule


class Modality(StrEnum):
    """What a function takes."""

    TEXT = "Text"
    IMAGE = "Image"
    TABULAR = "Tabular"  # rows of fields


class Output(StrEnum):
    """What a function answers with."""

    CLASSIFICATION = "Classification"  # a label
    TAGS = "Tags"  # any number of labels, each present or absent
    SEARCH = "Search"  # the samples nearest to what is sent


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """How a function captures from its traffic. Shares are normalised to sum to 1, random at least 0.1."""

    enabled: bool = True
    budget_per_day: float = 200.0  # samples a day that the policy aims to capture
    shares: dict[str, float] = field(
        default_factory=lambda: {"Random": 0.2, "LowConfidence": 0.55, "RareClass": 0.25}
    )
    blind_every: int = 4  # every n-th item served is the open one with the smallest statistical key
    feedback_window_s: int = 3600  # how long the id of an uncaptured call can be given feedback
    expire_after_days: float = 30.0  # unlabelled captures leave the queue at this age
    delete_after_days: float = 0.0  # captured samples that nobody labelled are deleted at this age; 0: never
    queue_limit: int = 5000  # open items; above it the largest statistical keys are evicted
    keep_every_decision: bool = False  # audit: store a row for each decision, captured or not
    overlap: float = 0.0  # share of answered items, in [0, 0.5], that a second person is asked about
    known_share: float = (
        0.0  # share of a person's turns, in [0, 0.2], that show a sample whose answer is sure
    )
    rules: tuple[UserRule, ...] = ()  # a handful, the users' own; together they have one share, `Rule`

    @property
    def queue_days(self) -> float:
        """The age at which unlabelled captures leave the queue: none waits that is to be deleted."""
        return min(self.expire_after_days, self.delete_after_days or self.expire_after_days)


@dataclass(frozen=True, slots=True)
class Function:
    id: str
    project_id: str
    name: str
    input: Modality
    output: Output
    created_at: datetime
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    redaction: Redaction = field(default_factory=Redaction)
    decision_threshold: float = 0.5
    live_version_id: str | None = None  # None: answers are zero-shot
    pinned_version_id: str | None = None  # the live one, while it stays live whatever is trained
    wanted_seq: int = 0  # grows with every change that training should see
    done_seq: int = 0  # the wanted_seq that the last finished run covered
    changed_seq: int = 0  # grows with every change that serving processes must see
    wanted_since: datetime | None = None  # when the oldest change not yet trained on came
    wanted_last: datetime | None = None  # when the newest one came

    @property
    def reads_texts(self) -> bool:
        """Whether there is anything in which redaction could hide something."""
        return self.input is not Modality.IMAGE

    @property
    def searches(self) -> bool:
        """Has neither labels nor a model, and captures nothing."""
        return self.output is Output.SEARCH

    @property
    def tags(self) -> bool:
        """Gives any number of labels to a sample instead of one."""
        return self.output is Output.TAGS

    @property
    def needs_training(self) -> bool:
        return self.wanted_seq > self.done_seq
