"""A team: how people agree, and what they disagree on. Noria's own additions."""

import asyncio
from datetime import datetime
from typing import Any

from litestar import Request
from msgspec import UNSET, UnsetType

from noria.estimate.agreement import Gap
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.contents import shape_of
from noria.server.api.declare import route
from noria.server.api.live import EstimateShape
from noria.server.api.sent import SettleBody
from noria.server.api.shapes import Done, SampleShape, Shape
from noria.serving.team import Disagreement, PersonFigures, TeamFigures

_BASE = "/v1/functions/{function_id:str}/team"


class ConfusedShape(Shape):
    """Two labels that people give to the same samples, and how often."""

    label_ids: list[str]
    count: int


class PersonShape(Shape):
    """`labels` and `minutes` of the last 30 days; `known`: of the known items, the share answered rightly."""

    name: str
    labels: int
    minutes: float
    second_opinions: int
    agreement: EstimateShape
    known: EstimateShape

    @classmethod
    def of(cls, person: PersonFigures) -> "PersonShape":
        return cls(
            name=person.name,
            labels=person.labels,
            minutes=person.seconds / 60,
            second_opinions=person.seconds_given,
            agreement=EstimateShape.of(person.agreement),
            known=EstimateShape.of(person.known),
        )


class GapShape(Shape):
    """How much more often people agree with the model where they saw its answer, by bands of its confidence."""

    blind_count: int | UnsetType = UNSET
    shown_count: int | UnsetType = UNSET
    value: float | UnsetType = UNSET
    low: float | UnsetType = UNSET
    high: float | UnsetType = UNSET
    missing_labels: int | UnsetType = UNSET


class TeamShape(Shape):
    """`alpha`: Krippendorff's, null while there are too few pairs; `unsure`: second opinions that named no label."""

    agreement: EstimateShape
    alpha: float | None
    unsure: int
    confused: list[ConfusedShape]
    people: list[PersonShape]
    blind: EstimateShape
    shown: EstimateShape
    gap: GapShape
    waiting: int
    disagreements: int

    @classmethod
    def of(cls, figures: TeamFigures) -> "TeamShape":
        return cls(
            agreement=EstimateShape.of(figures.agreement),
            alpha=figures.alpha,
            unsure=figures.unsure,
            confused=[ConfusedShape(label_ids=list(each.labels), count=each.n) for each in figures.confused],
            people=[PersonShape.of(person) for person in figures.people],
            blind=EstimateShape.of(figures.blind),
            shown=EstimateShape.of(figures.shown),
            gap=_gap(figures),
            waiting=figures.waiting,
            disagreements=figures.disagreements,
        )


class OpinionShape(Shape):
    """What one person said: a label, or `skipped` or `unsure` without one."""

    by: str
    said: str
    label_id: str | UnsetType = UNSET


class DisagreementShape(Shape):
    """A sample that two people answered differently; the first answer is its label until this is settled."""

    sample: SampleShape
    first: OpinionShape
    second: OpinionShape
    at: datetime  # of the second

    @classmethod
    def of(cls, found: Disagreement, sample: SampleShape) -> "DisagreementShape":
        given = found.opinion
        return cls(
            sample=sample,
            first=OpinionShape(by=given.other_by or "", said="label", label_id=given.other_label_id or UNSET),
            second=OpinionShape(by=given.by, said=given.said.value, label_id=given.label_id or UNSET),
            at=given.at,
        )


@route("GET", _BASE, "GetTeam", Scope.VIEW)
async def get_team(request: Request[Any, Any, Any], function_id: str) -> TeamShape:
    """How people agree with each other, with sure answers, and with the model when they see its answer and when not."""
    figures = request.app.state.noria.team.figures
    return TeamShape.of(await asyncio.to_thread(figures, canonical("function", function_id)))


@route("GET", _BASE + "/disagreements", "ListDisagreements", Scope.VIEW)
async def list_disagreements(request: Request[Any, Any, Any], function_id: str) -> list[DisagreementShape]:
    """Samples that two people answered differently and that nobody has settled, the oldest first, 50 at most."""
    read = request.app.state.noria.team.disagreements
    found = await asyncio.to_thread(read, canonical("function", function_id))
    return [DisagreementShape.of(each, shape_of(request, each.sample)) for each in found]


@route("POST", _BASE + "/disagreements/{sample_id:str}", "SettleDisagreement", Scope.EDIT, body=SettleBody)
async def settle_disagreement(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    """Say what the sample is: it becomes its annotation."""
    given = await body(request, SettleBody)
    await asyncio.to_thread(
        request.app.state.noria.team.settle,
        canonical("function", function_id),
        canonical("sample", sample_id),
        canonical("label", given.label_id),
        request.state.caller.name,
    )
    return Done()


def _gap(figures: TeamFigures) -> GapShape:
    gap = figures.gap
    if not isinstance(gap, Gap):
        return GapShape(missing_labels=gap.missing)
    return GapShape(
        blind_count=gap.blind_n, shown_count=gap.shown_n, value=gap.value, low=gap.low, high=gap.high
    )


routes = [get_team, list_disagreements, settle_disagreement]
