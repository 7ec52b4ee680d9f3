"""`noria replay`: a labelled stream through the true policy in fast time."""

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from noria import replay as engine
from noria.cli.files import read_rows
from noria.demo import banking77
from noria.encoders import choose_text_encoder
from noria.errors import BadInput
from noria.settings import Settings

_HELD_OUT_SHARE = 0.2
_SEEDS_A_LABEL = 3


def replay(
    file: Path | None = None, *, text: str = "text", label: str = "label",
    policies: str = "noria,random", budget: int = 200, rounds: int = 8, seed: int = 0,
) -> None:  # fmt: skip
    """Replay a labelled stream through capture policies and print accuracy per annotations spent.

    Args:
        file: CSV or JSONL in the order of the stream; the text demo's stream if none is named.
        text: The column with the text.
        label: The column with the true label.
        policies: Which to compare: noria, random, confidence.
        budget: How many annotations to spend.
        rounds: In how many rounds; after each one a new version answers.
        seed: Of the draws.
    """
    stream, seeds, held_out = _parts(file, text, label)
    encoder = choose_text_encoder(Settings.from_environment().encoder)
    table = Table("annotations", *(f"{name}: accuracy / macro recall" for name in policies.split(",")))
    curves = [
        engine.run(
            *stream, *seeds, *held_out, encoder, name.strip(), budget, rounds, np.random.default_rng(seed)
        )
        for name in policies.split(",")
    ]
    for points in zip(*curves, strict=True):
        table.add_row(
            str(points[0].annotations), *(f"{p.accuracy:.1%} / {p.macro_recall:.1%}" for p in points)
        )
    Console().print(table)


_Part = tuple[list[str], list[str]]


def _parts(file: Path | None, text: str, label: str) -> tuple[_Part, _Part, _Part]:
    """(texts, labels) of the stream, of the seeds and of the part to measure on."""
    if file is None:
        demo = banking77.load()
        parts = (demo.stream, demo.seeds, demo.held_out)
        return tuple(([str(row.content) for row in p], [row.label for row in p]) for p in parts)  # type: ignore[return-value]
    rows = [(row.text, row.label) for row in read_rows(file, text, label) if row.label]
    seen: dict[str, int] = {}
    stream, seeds, held_out = ([], []), ([], []), ([], [])  # type: tuple[_Part, _Part, _Part]
    for place, (content, name) in enumerate(rows):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] <= _SEEDS_A_LABEL:
            part = seeds
        else:
            part = held_out if place % round(1 / _HELD_OUT_SHARE) == 0 else stream
        part[0].append(content)
        part[1].append(name)
    if len(seen) < 2 or not stream[0] or not held_out[0]:
        raise BadInput("The stream is too short to replay. It needs two labels with ten rows each at least.")
    return stream, seeds, held_out
