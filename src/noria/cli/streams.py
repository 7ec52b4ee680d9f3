"""Labelled streams for a replay: read, embedded and split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import numpy as np
from rich.progress import Progress

from noria.cli.files import read_rows
from noria.cli.images import Source, read_images
from noria.demo import banking77
from noria.encoders import (
    Encoder,
    EncoderSet,
    FloatArray,
    ImageEncoder,
    choose_text_encoder,
    identity,
    label_embeddings,
)
from noria.errors import BadInput
from noria.records.function import Modality
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


def image_stream(path: Path, order: Path | None, progress: Progress) -> Streamed:
    """Images of a folder or a ZIP in the order of `order`'s rows, or of their own names. Raises BadInput.

    Their labels are those of `order`, or the folders they lie in.
    """
    images = in_order(read_images(path), order)
    labels = [label for _, label, _ in images]
    ids = tuple(sorted(set(labels)))
    with TemporaryDirectory() as folder:  # the network's graph is made anew, which takes a second
        encoders = EncoderSet.of(replace(Settings.from_environment(), data=Path(folder)))
        encoder: ImageEncoder = encoders[Modality.IMAGE]
        embeddings = label_embeddings(encoders, Modality.IMAGE)
        names = LabelNames(ids, *(embeddings.of(ids) if embeddings else ()))
        files = progress.track(images, description="embedding")
        embedded = [_embedded(image, encoder) for image in files]
    digests = [digest for digest, _ in embedded]
    every = Rows(np.stack([embedding for _, embedding in embedded]), labels, digests)
    calls, seeds, held_out = (every.part(some) for some in split(digests, labels))
    stream = Stream(calls, seeds, held_out, names, whiten=True)
    return Streamed(stream, path.name, identity(encoder))


Labelled = tuple[str, str, Callable[[], bytes]]
"""Name, label, and how to read it."""


def _embedded(image: Labelled, encoder: ImageEncoder) -> tuple[str, FloatArray]:
    """What tells the image's copies, and its embedding, (n_dimensions,)."""
    name, _, read = image
    try:
        file = read()
        return sha256(file).hexdigest(), encoder.embed([file])[0]
    except BadInput as problem:
        raise BadInput(f"{name} can't be replayed. {problem}") from None


def in_order(images: Sequence[Source], order: Path | None) -> list[Labelled]:
    if order is None:
        labelled = [(name, label, read) for name, label, read in images if label]
        return sorted(labelled, key=lambda image: (PurePath(image[0]).name, image[0]))
    readers = {name: read for name, _, read in images}
    rows = [(row.text, row.label) for row in read_rows(order, "file", "label") if row.label]
    missing = next((name for name, _ in rows if name not in readers), None)
    if missing is not None:
        raise BadInput(f"{order} names {missing}, which is not among the images.")
    return [(name, label, readers[name]) for name, label in rows]


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
