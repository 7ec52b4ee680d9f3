"""How people agree about a function's samples, and how what they disagree on is settled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from noria.estimate.accuracy import Estimate, TooFew
from noria.estimate.agreement import (
    BANDS,
    Confused,
    Gap,
    Pair,
    agreement,
    alpha,
    by_person,
    confused,
    gap,
    share,
    strata,
)
from noria.records.opinion import Opinion, OpinionKind
from noria.records.sample import AnnotationSource, Sample
from noria.serving.outputs import must_classify
from noria.storage import MetCount, OpinionCount, Sitting, Storage

DAYS = 30  # of which labels and minutes are told
MAX_LISTED = 50
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """Of one person who labels."""

    name: str
    labels: int  # given by hand in the last `DAYS` days, second opinions and known items among them
    seconds: float  # between them, pauses left out
    agreement: Estimate  # with others, on the items that overlap by the function's share
    known: Estimate  # of the known items, the share answered rightly
    seconds_given: int  # second opinions, with a label or without


@dataclass(frozen=True, slots=True)
class TeamFigures:
    agreement: Estimate
    alpha: float | None
    unsure: int  # second opinions that named no label; they stand in no figure
    confused: tuple[Confused, ...]
    people: tuple[PersonFigures, ...]  # most labels first
    blind: Estimate  # of the answers to blind items, the share that are the model's
    shown: Estimate  # … and to items that showed it
    gap: Gap | TooFew
    waiting: int  # for a second opinion
    disagreements: int  # that wait to be settled
    labels_a_day: float  # first answers, in the last week


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sample that two people answered differently, with the first answer as its label for now."""

    sample: Sample
    opinion: Opinion

    @property
    def people(self) -> tuple[str | None, str]:
        return self.opinion.other_by, self.opinion.by


class Team:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def figures(self, function_id: str) -> TeamFigures:
        """Raises FunctionNotFound, GivesTags, OnlySearches."""
        function = self._storage.functions.get(function_id)
        must_classify(function)
        opinions, now = self._storage.opinions, datetime.now(UTC)
        seconds = opinions.counts(function_id, OpinionKind.SECOND)
        known = opinions.counts(function_id, OpinionKind.KNOWN)
        met = opinions.met(function_id, BANDS)
        sittings = self._storage.sittings.since(now - timedelta(days=DAYS), function_id)
        picked = _pairs([each for each in seconds if not each.by_hand])
        watched = min(_WEEK, max(timedelta(days=1), now - function.created_at)) / timedelta(days=1)
        return TeamFigures(
            agreement=agreement(picked),
            alpha=alpha(picked),
            unsure=sum(each.n for each in seconds if each.label_id is None),
            confused=tuple(confused(_pairs(seconds))),
            people=tuple(_people(sittings, seconds, known, picked)),
            blind=_agreed(met, blind=True),
            shown=_agreed(met, blind=False),
            gap=gap(strata(_by_band(met))),
            waiting=opinions.count_waiting(function_id, now - timedelta(days=function.capture.queue_days)),
            disagreements=opinions.count_disputes(function_id),
            labels_a_day=self._storage.queue.labelled_since(function_id, now - _WEEK) / watched,
        )

    def disagreements(self, function_id: str, limit: int = MAX_LISTED) -> list[Disagreement]:
        """Those that wait to be settled, the oldest first. Raises FunctionNotFound, GivesTags, OnlySearches."""
        must_classify(self._storage.functions.get(function_id))
        found = self._storage.opinions.disputes(function_id, limit)
        return [Disagreement(self._storage.samples.get(function_id, each.sample_id), each) for each in found]

    def settle(self, function_id: str, sample_id: str, label_id: str, by: str) -> None:
        """This is what the sample is: it is trained on, and its calls are judged by it.

        Raises DisagreementNotFound, where somebody was faster too, and LabelNotFound.
        """
        must_classify(self._storage.functions.get(function_id))
        self._storage.opinions.dispute(function_id, sample_id)
        self._storage.annotations.set(
            function_id, sample_id, label_id, by, AnnotationSource.ADJUDICATION, datetime.now(UTC)
        )


def _pairs(seconds: Sequence[OpinionCount]) -> list[Pair]:
    """Of second opinions that name a label."""
    return [
        Pair(each.other_by or "", each.other_label_id, each.by, each.label_id, each.n)
        for each in seconds
        if each.label_id is not None and each.other_label_id is not None
    ]


def _people(
    sittings: Sequence[Sitting],
    seconds: Sequence[OpinionCount],
    known: Sequence[OpinionCount],
    pairs: Sequence[Pair],
) -> list[PersonFigures]:
    """Everybody who labelled lately, gave an opinion or was given one on."""
    sat = {sitting.by: sitting for sitting in sittings}
    agreements, nothing = by_person(pairs), share(0, 0)
    asked, right, given = Counter[str](), Counter[str](), Counter[str]()
    for each in known:
        asked[each.by] += each.n
        right[each.by] += each.n * (each.label_id == each.other_label_id)
    for each in seconds:
        given[each.by] += each.n
    people = [
        PersonFigures(
            name=name,
            labels=sat[name].labels if name in sat else 0,
            seconds=sat[name].seconds if name in sat else 0.0,
            agreement=agreements.get(name, nothing),
            known=share(right[name], asked[name]),
            seconds_given=given[name],
        )
        for name in {*sat, *agreements, *asked, *given}
    ]
    return sorted(people, key=lambda person: (-person.labels, person.name))


def _agreed(met: Sequence[MetCount], blind: bool) -> Estimate:
    mine = [each for each in met if each.blind == blind]
    return share(sum(each.agreed for each in mine), sum(each.n for each in mine))


def _by_band(met: Sequence[MetCount]) -> dict[tuple[int, bool], tuple[int, int]]:
    """Answers and those that agree, by band and whether blind, of all people together."""
    found: dict[tuple[int, bool], tuple[int, int]] = {}
    for each in met:
        n, agreed = found.get((each.band, each.blind), (0, 0))
        found[each.band, each.blind] = (n + each.n, agreed + each.agreed)
    return found
