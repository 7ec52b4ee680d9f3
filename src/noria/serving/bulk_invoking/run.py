"""Chunks through a pool of processes, each with one encoder on one thread."""

from collections.abc import Callable, Iterator
from pathlib import Path

from noria.encoders import EncoderSet
from noria.formats import Columns
from noria.serving.bulk_invoking.answering import Answerer, Answering
from noria.serving.bulk_invoking.parts import Parts, write_part
from noria.serving.bulk_invoking.table import Chunk, InputTable
from noria.settings import Settings
from noria.work.processes import through_processes


def answer_chunk(chunk: Chunk, answerer: Answerer, part: Path) -> int:
    """Write the chunk's answers as a part; returns how many rows it has. Done twice, it writes the same again."""
    write_part(part, answerer.answers(chunk.rows))
    return len(chunk.rows)


def answer_all(
    table: InputTable,
    columns: Columns,
    answering: Answering,
    parts: Parts,
    settings: Settings,
    processes: int,
    seen: Callable[[int, bool], None],
) -> None:
    """Have a part for each chunk; those that are there are passed over.

    seen: is told of rows as they are done, and whether by this run.
    Raises BadInput where the file can't be read on, ProcessLost. Parts that were begun are finished whatever is raised.
    """

    def missing() -> Iterator[tuple[Chunk, Path]]:
        for chunk in table.chunks(columns):
            if parts.has(chunk.number):
                seen(len(chunk.rows), False)
            else:
                yield chunk, parts.path(chunk.number)

    for rows in through_processes(_answer, missing(), processes, _begin, (answering, settings)):
        seen(rows, True)


_here: list[Answerer] = []  # of this process, once it has begun


def _begin(answering: Answering, settings: Settings) -> None:
    _here.append(Answerer(answering, EncoderSet.of(settings)[answering.function.input]))


def _answer(chunk: Chunk, part: Path) -> int:
    return answer_chunk(chunk, _here[0], part)
