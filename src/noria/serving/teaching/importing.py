"""Imports: many rows at once, each with its label if it has one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noria.errors import DuplicateLabel, NoriaError
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin
from noria.serving.limits import checked_external_id, checked_name
from noria.serving.teaching.labels import LabelTeaching
from noria.serving.teaching.samples import new_sample

_CHUNK = 200  # rows in one transaction
_AT_ONCE = 4  # rows on their way to the encoder: its threads are busy, and callers of invoke get their turn


@dataclass(frozen=True, slots=True)
class NewRow:
    """One row of an import."""

    data: str | bytes
    label_name: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    added: int
    duplicates: int  # were there already; those given another label are among `relabelled`
    relabelled: int
    problems: tuple[tuple[int, str], ...]  # (row number from 1, what is wrong with it)

    def __add__(self, other: "ImportReport") -> "ImportReport":
        return ImportReport(
            self.added + other.added, self.duplicates + other.duplicates,
            self.relabelled + other.relabelled, self.problems + other.problems,
        )  # fmt: skip


class ImportTeaching(LabelTeaching):
    async def add_many(self, function_id: str, rows: Sequence[NewRow], by: str) -> ImportReport:
        """Add rows in small transactions; a label that is new is made, a row that can't be read is reported.

        A function that only searches has no labels: those of the rows are passed over.
        """
        report = ImportReport(0, 0, 0, ())
        for start in range(0, len(rows), _CHUNK):
            report += await self._add_chunk(function_id, rows[start : start + _CHUNK], start + 1, by)
        return report

    async def _add_chunk(self, function_id: str, rows: Sequence[NewRow], first: int, by: str) -> ImportReport:
        await self._live.get(function_id)
        problems: list[tuple[int, str]] = []
        ready: list[NewSample] = []
        at = datetime.now(UTC)
        labels = await asyncio.to_thread(self._labels_for, function_id, rows)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(row: NewRow) -> NewSample | NoriaError:
            label = labels[row.label_name]
            if isinstance(label, NoriaError):
                return label
            async with turn:
                try:
                    return await self._ready(function_id, row, label, by, at)
                except NoriaError as problem:
                    return problem

        for number, made in enumerate(await asyncio.gather(*map(one, rows)), first):
            if isinstance(made, NoriaError):
                problems.append((number, str(made)))
            else:
                ready.append(made)
        added = await asyncio.to_thread(self._storage.samples.add_many, ready, at)
        twins = [(ready[place], id) for place, id in added.duplicates]
        relabelled = await asyncio.to_thread(self._relabel, function_id, twins)
        return ImportReport(len(added.added), len(added.duplicates), relabelled, tuple(problems))

    async def _ready(
        self, function_id: str, row: NewRow, label: str | None, by: str, at: datetime
    ) -> NewSample:
        """The row as a sample to store."""
        external_id = checked_external_id(row.external_id)
        live = await self._live.get(function_id)
        modality = live.function.input
        content = await self._intake.content(modality, row.data, live.fields)
        annotation = Annotation(label, at, by, AnnotationSource.IMPORT) if label else None
        vector = await self._pool.embed(modality, content.readable)
        live = await self._live.get(function_id)
        return new_sample(live, content, vector, Origin.UPLOAD, annotation, external_id)

    def _labels_for(
        self, function_id: str, rows: Sequence[NewRow]
    ) -> dict[str | None, str | NoriaError | None]:
        """The ids of the labels that rows name, those that are new made; a problem where that can't be."""
        found: dict[str | None, str | NoriaError | None] = {}
        for name in dict.fromkeys(row.label_name for row in rows):
            try:
                found[name] = self._label_for(function_id, name)
            except NoriaError as problem:
                found[name] = problem
        return found

    def _label_for(self, function_id: str, name: str | None) -> str | None:
        if name is None or not name.strip() or self._function(function_id).function.searches:
            return None
        wanted = checked_name(name, "label")
        if (found := self._label_named(function_id, wanted)) is not None:
            return found
        try:
            return self.add_label(function_id, wanted, None, None).id
        except DuplicateLabel as twin:  # somebody else was quicker
            return twin.existing_id

    def _relabel(self, function_id: str, duplicates: Sequence[tuple[NewSample, str]]) -> int:
        """Give samples that were there already the label that the import brings, where it differs."""
        changed = 0
        for new, existing_id in duplicates:
            if new.annotation is None:
                continue
            present = self._storage.samples.get(function_id, existing_id).annotation
            if present is None or present.label_id != new.annotation.label_id:
                self._storage.annotations.set(
                    function_id, existing_id, new.annotation.label_id, new.annotation.by,
                    AnnotationSource.IMPORT, new.annotation.at,
                )  # fmt: skip
                changed += 1
        return changed
