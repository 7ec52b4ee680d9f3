"""Labelled streams for a replay: read, embedded and split."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.progress import Progress

from noria.cli.files import read_rows
from noria.demo import banking77
from noria.encoders import Encoder, FloatArray, choose_text_encoder, identity
from noria.replay import LabelNames, Rows, Stream, split
from noria.settings import Settings

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream, and what the report says of where it came from."""

    stream: Stream
    name: str
    encoder: str  # its name and checksum


def demo_stream(progress: Progress) -> Streamed:
    """The text demo's, with its own first examples and held-out rows."""
    demo = banking77.load()
    parts = (demo.stream, demo.seeds, demo.held_out)
    rows = [(str(row.content), row.label) for part in parts for row in part]
    ends = np.cumsum([0, *map(len, parts)]).tolist()
    places = [range(start, stop) for start, stop in pairwise(ends)]
    return _of_texts(rows, places, "the text demo's stream", progress)


def text_stream(file: Path, text: str, label: str, progress: Progress) -> Streamed:
    """A file's rows in their order; those without a label are left out. Raises BadInput."""
    rows = [(row.text, row.label) for row in read_rows(file, text, label) if row.label]
    return _of_texts(rows, split(*_columns(rows)), file.name, progress)


def _of_texts(
    rows: Sequence[tuple[str, str]], places: Sequence[Sequence[int]], name: str, progress: Progress
) -> Streamed:
    texts, labels = _columns(rows)
    encoder = choose_text_encoder(Settings.from_environment().encoder)
    every = Rows(_embeddings(texts, encoder, progress), labels, texts)
    calls, seeds, held_out = (every.part(some) for some in places)
    return Streamed(Stream(calls, seeds, held_out, LabelNames.of(labels, encoder)), name, identity(encoder))


def _embeddings(texts: Sequence[str], encoder: Encoder, progress: Progress) -> FloatArray:
    """(n, n_dimensions), copies embedded once."""
    distinct = list(dict.fromkeys(texts))
    batches = [distinct[i : i + _BATCH] for i in range(0, len(distinct), _BATCH)]
    parts = [encoder.embed(batch) for batch in progress.track(batches, description="embedding")]
    place = {text: i for i, text in enumerate(distinct)}
    return np.concatenate(parts)[[place[text] for text in texts]]


def _columns(rows: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [text for text, _ in rows], [label for _, label in rows]
