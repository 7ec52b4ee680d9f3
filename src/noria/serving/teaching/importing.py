"""Rows of an import made ready to be stored: each a new sample with its label if it has one, or known, or refused."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from noria.errors import BadInput, DuplicateField, DuplicateLabel, NoriaError
from noria.formats import Record, Refused, Said
from noria.records.content import Content
from noria.records.field import FieldType
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin, TagsAnnotation
from noria.records.tags import Tag
from noria.records.transfer import Problem
from noria.serving.intake import redacted, redacted_metadata
from noria.serving.limits import checked_external_id, checked_metadata, checked_name
from noria.serving.teaching.fields import FieldTeaching
from noria.serving.teaching.labels import LabelTeaching
from noria.serving.teaching.samples import checked_sets, new_sample
from noria.storage.transfers import Known, Step

_AT_ONCE = 4  # rows on their way to the encoder: its threads are busy, and callers of invoke get their turn


@dataclass(frozen=True, slots=True)
class _Row:
    place: str
    record: Record
    content: Content
    annotation: Annotation | None
    tags: TagsAnnotation | None = None


_Labels = dict[str, str | NoriaError | None]
"""What became of each label that is named: its id, why it can't be made, or None where it is passed over."""


class ImportTeaching(LabelTeaching, FieldTeaching):
    def make_labels(self, function_id: str, names: Iterable[str]) -> None:
        """Those that the function has not, in this order. Raises FunctionNotFound, BadInput."""
        for name in names:
            self._label_for(function_id, name)

    def make_fields(self, function_id: str, types: Mapping[str, FieldType]) -> None:
        """Those that the function has not, by name and in this order. Raises FunctionNotFound, BadInput."""
        for name, type in types.items():
            with suppress(DuplicateField):  # made before this was cut off, or by somebody else
                self.add_field(function_id, name, type)

    async def ready(self, function_id: str, rows: Sequence[tuple[str, Record | Refused]], by: str) -> Step:
        """The next rows of an import, with the place of each. A label that is new is made.

        A function that only searches has no labels: those of the rows are passed over.
        Raises FunctionNotFound.
        """
        hide = (await self._live.get(function_id)).hide
        problems: list[Problem] = [(place, row.why) for place, row in rows if isinstance(row, Refused)]
        labels = await asyncio.to_thread(self._labels_for, function_id, [row for _, row in rows])
        at = datetime.now(UTC)
        read: list[_Row] = []
        for place, record in rows:
            if isinstance(record, Record):
                try:
                    read.append(await self._read(function_id, place, record, labels, by, at))
                except NoriaError as problem:
                    problems.append((place, str(problem)))
        digests = [row.content.digest for row in read]
        there = await asyncio.to_thread(self._storage.samples.known, function_id, digests)
        known = [
            Known(row.content.digest, row.annotation, row.tags) for row in read if row.content.digest in there
        ]
        news = await self._embedded(
            function_id, [row for row in read if row.content.digest not in there], problems
        )
        order = {place: number for number, (place, _) in enumerate(rows)}
        told = [(place, redacted(why, hide)) for place, why in problems]  # words may quote the row
        return Step(len(rows), news, known, sorted(told, key=lambda problem: order[problem[0]]))

    async def _read(
        self,
        function_id: str,
        place: str,
        record: Record,
        labels: _Labels,
        by: str,
        at: datetime,
    ) -> _Row:
        """Raises NoriaError."""
        tags = _tags(record.tags, labels, by, at) if record.tags else None
        label = _known(labels, record.label) if record.label else None
        checked_external_id(record.external_id)
        checked_metadata(record.metadata)
        checked_sets(record.sample_sets)
        live = await self._live.get(function_id)
        content = await self._intake.content(live.function.input, record.data, live.fields, live.hide)
        annotation = Annotation(label, at, by, AnnotationSource.IMPORT) if label else None
        return _Row(place, record, content, annotation, tags)

    async def _embedded(
        self, function_id: str, rows: Sequence[_Row], problems: list[Problem]
    ) -> list[NewSample]:
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(row: _Row) -> NewSample | None:
            async with turn:
                try:
                    return await self._new(function_id, row)
                except NoriaError as problem:
                    problems.append((row.place, str(problem)))
                    return None

        return [made for made in await asyncio.gather(*map(one, rows)) if made is not None]

    async def _new(self, function_id: str, row: _Row) -> NewSample:
        vector = await self._pool.embed(row.content)
        live = await self._live.get(function_id)
        given = row.record
        new = new_sample(
            live, row.content, vector, Origin.UPLOAD, row.annotation,
            checked_external_id(given.external_id), checked_sets(given.sample_sets),
            redacted_metadata(checked_metadata(given.metadata), live.hide),
        )  # fmt: skip
        return new if row.tags is None else replace(new, tags=row.tags)

    def _labels_for(self, function_id: str, rows: Iterable[Record | Refused]) -> _Labels:
        """The ids of the labels that rows name, those that are new made; a problem where that can't be."""
        found: _Labels = {}
        named = (name for row in rows if isinstance(row, Record) for name in row.label_names)
        for name in dict.fromkeys(named):
            try:
                found[name] = self._label_for(function_id, name)
            except NoriaError as problem:
                found[name] = problem
        return found

    def _label_for(self, function_id: str, name: str) -> str | None:
        if not name.strip() or self._function(function_id).function.searches:
            return None
        wanted = checked_name(name, "label")
        if (found := self._label_named(function_id, wanted)) is not None:
            return found
        try:
            return self.add_label(function_id, wanted, None, None).id
        except DuplicateLabel as twin:  # somebody else was quicker
            return twin.existing_id


def _known(labels: _Labels, name: str) -> str | None:
    """Raises the problem that there is with the label."""
    found = labels[name]
    if isinstance(found, NoriaError):
        raise found
    return found


def _tags(said: Said, labels: _Labels, by: str, at: datetime) -> TagsAnnotation:
    """Raises NoriaError, also where two names are the same label's."""
    tags = [Tag(id) for name in said.present if (id := _known(labels, name))]
    tags += [Tag(id, present=False) for name in said.absent if (id := _known(labels, name))]
    unsaid = tuple(id for name in said.unsaid if (id := _known(labels, name)))
    named = [*(tag.label_id for tag in tags), *unsaid]
    if len(set(named)) < len(named):
        raise BadInput("A tag is named twice. Name each label once.")
    return TagsAnnotation(tuple(tags), at, by, AnnotationSource.IMPORT, unsaid, said.rest_absent)
