"""Answers of several versions to one input, as a table: a row for each label, a column for each version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from noria.records.function import Function
from noria.records.version import ModelVersion
from noria.serving.answers import Answer, AnswerOfTags

if TYPE_CHECKING:
    from noria.app import Noria

MOST = 4  # versions beside the live one
_OFFERED = 30
_BEST = 4  # labels of each version that have a row


@dataclass(frozen=True, slots=True)
class Column:
    number: int
    live: bool
    names: tuple[str, ...]  # what it answers; of tags perhaps none
    differs: bool  # from the live one


@dataclass(frozen=True, slots=True)
class Cell:
    confidence: float | None  # None: the version does not know the label
    answered: bool


@dataclass(frozen=True, slots=True)
class SideBySide:
    columns: tuple[Column, ...]  # the live version first
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]  # label name and a cell for each column


def offered(noria: "Noria", function: Function) -> list[ModelVersion]:
    """Versions that can answer beside the live one, newest first."""
    if function.searches or function.live_version_id is None:
        return []
    ours = noria.storage.versions.of_own_encoder(function.id) - {function.live_version_id}
    return [version for version in noria.figures.versions(function.id) if version.id in ours][:_OFFERED]


async def side_by_side(
    noria: "Noria", function: Function, given: object, version_ids: Sequence[str]
) -> SideBySide | None:
    """None where no other version is asked for. Raises NoriaError."""
    live, others = function.live_version_id, [id for id in dict.fromkeys(version_ids) if id][:MOST]
    if not others or live is None:
        return None
    answers = await noria.invoker.side_by_side(function.id, given, [live, *others])
    listed = [_listed(answer) for answer in answers]
    said = [_said(answer) for answer in answers]
    columns = tuple(
        Column(answer.version_number, i == 0, said[i], set(said[i]) != set(said[0]))
        for i, answer in enumerate(answers)
    )
    wanted = dict.fromkeys(name for names in said for name in names)
    wanted |= dict.fromkeys(name for each in listed for name in list(each)[:_BEST])
    best = {name: max(each.get(name, 0.0) for each in listed) for name in wanted}
    rows = tuple(
        (name, tuple(Cell(each.get(name), name in names) for each, names in zip(listed, said, strict=True)))
        for name in sorted(wanted, key=lambda name: -best[name])
    )
    return SideBySide(columns, rows)


def _listed(answer: Answer | AnswerOfTags) -> dict[str, float]:
    """Confidence by name, best first."""
    if isinstance(answer, AnswerOfTags):
        return {tag.label_name: tag.confidence for tag in answer.tags}
    return {name: confidence for _, name, confidence in answer.label_confidences}


def _said(answer: Answer | AnswerOfTags) -> tuple[str, ...]:
    if isinstance(answer, AnswerOfTags):
        return tuple(tag.label_name for tag in answer.tags if tag.confidence >= tag.decision_threshold)
    return (answer.label_name,)
