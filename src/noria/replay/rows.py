"""Labelled samples, embedded, as a replay takes them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.encoders.encoder import Encoder
from noria.encoders.label_names import embed_labels
from noria.errors import BadInput

Embeddings = npt.NDArray[np.float32]
SEEDS_A_LABEL = 3
HELD_OUT_EVERY = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled samples, embedded: (n, d), (n,), and what tells copies (n,)."""

    embeddings: Embeddings
    labels: Sequence[str]
    contents: Sequence[str]

    def part(self, rows: Sequence[int]) -> "Rows":
        """Some of them, in the order asked for."""
        return Rows(
            self.embeddings[list(rows)],
            tuple(self.labels[i] for i in rows),
            tuple(self.contents[i] for i in rows),
        )


@dataclass(frozen=True, slots=True)
class LabelNames:
    """All labels of the function, and what their names say to the encoder."""

    label_ids: tuple[str, ...]
    embeddings: Embeddings | None = None  # (n_labels, n_dimensions)
    readable: npt.NDArray[np.bool_] | None = None  # (n_labels,)

    @classmethod
    def of(cls, labels: Sequence[str], encoder: Encoder) -> "LabelNames":
        """The distinct labels in order, their names embedded."""
        ids = tuple(sorted(set(labels)))
        return cls(ids, *embed_labels(encoder, ids))


@dataclass(frozen=True, slots=True)
class Stream:
    """What is replayed: calls in their order, the examples to begin with, and rows to measure on."""

    calls: Rows
    seeds: Rows
    held_out: Rows
    names: LabelNames
    whiten: bool = False  # as embeddings of images need it


def split(contents: Sequence[str], labels: Sequence[str]) -> tuple[list[int], list[int], list[int]]:
    """Rows of the stream, of the seeds and of the held-out part, in their order.

    The first three of each label are seeds; every fifth of the others is held out, and so are its copies: no
    content of the held-out part stands in another. Raises BadInput for a stream that is too short.
    """
    calls: list[int] = []
    seeds: list[int] = []
    held_out: list[int] = []
    seen: Counter[str] = Counter()
    part_of: dict[str, list[int]] = {}
    for row, (content, label) in enumerate(zip(contents, labels, strict=True)):
        seen[label] += 1
        if content not in part_of and seen[label] <= SEEDS_A_LABEL:
            seeds.append(row)
            part_of[content] = calls  # a copy of a seed is a call like any other
        else:
            part = held_out if row % HELD_OUT_EVERY == 0 else calls
            part_of.setdefault(content, part).append(row)
    if len(seen) < 2 or not calls or not held_out:
        raise BadInput("The stream is too short to replay. It needs two labels with ten rows each at least.")
    return calls, seeds, held_out


def embedded(texts: Sequence[str], labels: Sequence[str], encoder: Encoder, batch: int = 64) -> Rows:
    """Rows of these texts; copies are embedded once."""
    distinct = list(dict.fromkeys(texts))
    parts = [encoder.embed(distinct[i : i + batch]) for i in range(0, len(distinct), batch)]
    place = {text: i for i, text in enumerate(distinct)}
    table = np.concatenate(parts) if parts else np.zeros((0, encoder.n_dimensions), dtype=np.float32)
    return Rows(table[[place[text] for text in texts]], tuple(labels), tuple(texts))
