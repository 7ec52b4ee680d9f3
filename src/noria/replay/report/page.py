"""The page itself: what was replayed, which policy brought more, and what the function would have shown."""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from noria import __version__
from noria.capture.queue import NEAR_COPY
from noria.replay.comparison import KEPT, Comparison
from noria.replay.report import plots, words
from noria.replay.rows import Stream

templates = Environment(
    loader=PackageLoader("noria.replay.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters.update(percent=words.percent, points=words.points)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was replayed."""

    name: str
    encoder: str
    calls: int
    labels: int
    seeds: int
    held_out: int
    copies: int  # calls with the same content as an earlier call or a seed
    rarest: tuple[str, int]  # label and its calls
    commonest: tuple[str, int]
    settings: Mapping[str, str] = field(default_factory=dict)  # as asked for


def facts_of(stream: Stream, name: str, encoder: str, settings: Mapping[str, str] | None = None) -> Facts:
    """Counted from the stream."""
    contents, counts = stream.calls.contents, Counter(stream.calls.labels)
    ranked = counts.most_common()
    return Facts(
        name,
        encoder,
        len(contents),
        len(stream.names.label_ids),
        len(stream.seeds.labels),
        len(stream.held_out.labels),
        len(contents) - len(set(contents) - set(stream.seeds.contents)),
        ranked[-1],
        ranked[0],
        settings or {},
    )


def report(comparison: Comparison, facts: Facts) -> str:
    """One HTML document that needs nothing else."""
    style = templates.get_template("report.css").render()
    first = {way: outcomes[0] for way, outcomes in comparison.outcomes.items()}
    shown = [plots.estimates(way, outcome, i) for i, (way, outcome) in enumerate(first.items())]
    return templates.get_template("report.html").render(
        version=__version__,
        style=style,
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
        facts=facts,
        comparison=comparison,
        n=_replays(comparison),
        kept_share=KEPT,
        alike=NEAR_COPY,
        verdict=words.verdict(comparison),
        gaps=[words.gap(comparison, each) for each in comparison.differences()],
        macro=plots.curve(comparison, "macro", "Macro recall", lambda p: p.macro_recall),
        accuracy=plots.curve(comparison, "accuracy", "Accuracy", lambda p: p.accuracy),
        labels=plots.labels(comparison),
        captures=plots.captures(comparison),
        estimates=[plot for plot in shown if plot],
        undrawn=[way for way, plot in zip(first, shown, strict=True) if plot is None],
        kept=[each for way, o in comparison.outcomes.items() if (each := plots.kept(way, o)).drawn],
        by_reason=plots.spent_by_reason(comparison),
        by_label=plots.spent_by_label(comparison),
        wasted=_wasted(comparison),
    )


def _replays(comparison: Comparison) -> int:
    return len(next(iter(comparison.outcomes.values())))


def _wasted(comparison: Comparison) -> Sequence[tuple[str, str, str, str]]:
    """Way, annotations, and those on exact and on near copies; means over replays."""
    return [
        (
            way,
            words.mean_count([o.annotations for o in outcomes]),
            words.mean_count([o.exact_copies for o in outcomes]),
            f"{words.mean_count([o.near_copies for o in outcomes])} "
            f"({words.percent(float(np.mean([o.near_copies / max(1, o.annotations) for o in outcomes])))})",
        )
        for way, outcomes in comparison.outcomes.items()
    ]
