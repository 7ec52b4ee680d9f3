"""From a comparison to its plots."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.estimate.accuracy import Figure
from noria.replay.books import Moment
from noria.replay.comparison import Comparison, Outcome
from noria.replay.report.plot import TOP, Plot, Scale, Table, path
from noria.replay.report.words import interval, mean_count, percent, points, spread
from noria.replay.run import Point

Array = npt.NDArray[np.float64]
MOST_LABELS = 12  # in a plot; its table has them all


def curve(comparison: Comparison, id: str, what: str, value: Callable[[Point], float]) -> Plot:
    """Mean of each way by annotations, within the spread over its replays."""
    names = list(comparison.outcomes)
    values = {
        way: np.array([[value(p) for p in o.points] for o in outcomes])
        for way, outcomes in comparison.outcomes.items()
    }
    spent = {
        way: np.array([[p.annotations for p in o.points] for o in outcomes]).mean(axis=0)
        for way, outcomes in comparison.outcomes.items()
    }
    ends = ", ".join(f"{way} {percent(float(values[way][:, -1].mean()))}" for way in names)
    plot = Plot(
        id, f"{what} by annotations. At the end: {ends}.", "annotations",
        _curve_table(comparison, names, value), names,
    )  # fmt: skip
    x = plot.x_scale(0, max(float(s[-1]) for s in spent.values()) or 1.0)
    y = plot.y_scale(
        max(0.0, min(float(v.min()) for v in values.values())),
        min(1.0, max(float(v.max()) for v in values.values())),
        True,
    )
    for i, way in enumerate(names):
        _line(plot, i, [x(s) for s in spent[way]], values[way], y)
    return plot


def _line(plot: Plot, i: int, places: Sequence[float], values: Array, y: Scale) -> None:
    mean = values.mean(axis=0)
    if len(values) > 1:
        off = values.std(axis=0, ddof=1)
        edge = [(x, y(min(y.high, m + s))) for x, m, s in zip(places, mean, off, strict=True)]
        edge += [(x, y(max(y.low, m - s))) for x, m, s in zip(places, mean, off, strict=True)][::-1]
        plot.areas.append((i, path(edge)))
    plot.lines.append((i, path([(x, y(m)) for x, m in zip(places, mean, strict=True)])))
    plot.dots += [(i, x, y(m)) for x, m in zip(places, mean, strict=True)]


def _curve_table(comparison: Comparison, names: Sequence[str], value: Callable[[Point], float]) -> Table:
    rows = []
    for r in range(comparison.rounds + 1):
        cells = [str(r)]
        for way in names:
            outcomes = comparison.outcomes[way]
            cells += [
                mean_count([o.points[r].annotations for o in outcomes]),
                spread([value(o.points[r]) for o in outcomes]),
            ]
        rows.append(cells)
    return Table(["round", *(head for way in names for head in (f"{way}: annotations", way))], rows)


@dataclass(frozen=True, slots=True)
class _OfLabel:
    label: str
    means: Sequence[float]  # by way

    @property
    def gap(self) -> float:
        return max(self.means) - min(self.means)


def labels(comparison: Comparison) -> Plot:
    """Recall of each label at the end, those that part the ways most first."""
    names = list(comparison.outcomes)
    known = sorted({label for o in comparison.outcomes[names[0]] for label in o.recalls})
    found = [
        _OfLabel(
            label,
            [float(np.mean([o.recalls[label] for o in comparison.outcomes[way]])) for way in names],
        )
        for label in known
    ]
    found.sort(key=lambda each: -each.gap)
    shown = found[:MOST_LABELS]
    table = Table(
        ["label", *names, "between them"],
        [[f.label, *map(percent, f.means), f"{f.gap * 100:.1f}"] for f in found],
    )
    title = f"Recall of the {len(shown)} labels on which the policies differ most, {shown[0].label} first."
    plot = Plot("labels", title, "recall", table, names, height=52 + 24.0 * len(shown), left=230)
    low = min(min(f.means) for f in shown)
    scale = plot.x_scale(np.floor(low * 10) / 10, 1.0)
    plot.x_ticks = [(x, f"{float(text) * 100:g} %") for x, text in plot.x_ticks]
    for row, each in enumerate(shown):
        y = TOP + 12 + 24.0 * row
        plot.y_ticks.append((y, each.label if len(each.label) <= 30 else each.label[:29] + "…"))
        plot.dots += [(i, scale(value), y) for i, value in enumerate(each.means)]
    return plot


def captures(comparison: Comparison) -> Plot:
    """Captured calls of each round beside what the round was meant to bring."""
    names = list(comparison.outcomes)
    means = [np.mean([o.captures for o in comparison.outcomes[way]], axis=0) for way in names]
    meant = {
        way: comparison.ways[way].captured_per_annotated * comparison.budget / comparison.rounds
        for way in names
    }
    table = Table(
        ["round", *names],
        [[str(r + 1), *(mean_count([m[r]]) for m in means)] for r in range(comparison.rounds)]
        + [["meant for a round", *(mean_count([meant[way]]) for way in names)]],
    )
    level = next(iter(meant.values()))
    plot = Plot("captures", f"Captured calls by round; {level:g} were meant for each.", "round", table, names)
    y = plot.y_scale(0, max(level, *(float(m.max()) for m in means)), False)
    plot.levels = sorted({y(value) for value in meant.values()})
    room = (plot.right - plot.left) / comparison.rounds
    width = 0.8 * room / len(names)
    for r in range(comparison.rounds):
        start = plot.left + r * room + 0.1 * room
        plot.x_ticks.append((plot.left + (r + 0.5) * room, str(r + 1)))
        for i, mean in enumerate(means):
            top = y(float(mean[r]))
            plot.bars.append((i, start + i * width, top, width * 0.92, plot.bottom - top))
    return plot


def estimates(way: str, outcome: Outcome, number: int) -> Plot | None:
    """The live accuracy that one replay would have shown, with its interval, beside the truth."""
    if any(moment.shown is None for moment in outcome.moments):
        return None
    figures = [(m, m.shown.accuracy) for m in outcome.moments if m.shown]
    shown = [(m, f) for m, f in figures if isinstance(f, Figure)]
    table = Table(
        ["round", "calls", "truth", "shown, with its 95 % interval", "off by"],
        [_moment_row(m) for m in outcome.moments],
    )
    title = f"{way}: live accuracy shown after each round, with its 95 % interval, beside the truth."
    plot = Plot(f"estimates-{number}", title, "round", table, ["shown", "truth"])
    every = [m.truth for m in outcome.moments] + [v for _, f in shown for v in (f.low, f.high)]
    x = Scale(0.5, len(outcome.moments) + 0.5, plot.left, plot.right)
    y = plot.y_scale(min(every), max(every), True)
    plot.x_ticks = [(x(m.round), str(m.round)) for m in outcome.moments]
    plot.whiskers = [(0, x(m.round), y(f.low), y(f.high)) for m, f in shown]
    plot.dots = [(0, x(m.round), y(f.value)) for m, f in shown]
    plot.lines = [(1, path([(x(m.round), y(m.truth)) for m in outcome.moments]))]
    plot.dots += [(1, x(m.round), y(m.truth)) for m in outcome.moments]
    return plot


def _moment_row(moment: Moment) -> list[str]:
    accuracy = moment.shown.accuracy if moment.shown else None
    off = points(accuracy.value - moment.truth) if isinstance(accuracy, Figure) else "–"
    return [str(moment.round), f"{moment.calls:,}", percent(moment.truth), interval(moment.shown), off]


@dataclass(frozen=True, slots=True)
class Kept:
    """How the intervals of one way fared over all its replays."""

    way: str
    shown: int  # moments with a figure
    moments: int
    held: int  # intervals that held the truth
    off: float | None  # root mean square of the error, a share
    bias: float | None  # its mean
    width: float | None  # mean width of the interval

    @property
    def drawn(self) -> bool:
        return self.moments > 0


def kept(way: str, outcomes: Sequence[Outcome]) -> Kept:
    """Over all moments of all replays of one way."""
    drawn = [m for o in outcomes for m in o.moments if m.shown is not None]
    pairs = [(m.shown.accuracy, m.truth) for m in drawn if m.shown]
    figures = [(f, truth) for f, truth in pairs if isinstance(f, Figure)]
    if not figures:
        return Kept(way, 0, len(drawn), 0, None, None, None)
    errors = np.array([f.value - truth for f, truth in figures])
    return Kept(
        way,
        len(figures),
        len(drawn),
        sum(f.low <= truth <= f.high for f, truth in figures),
        float(np.sqrt((errors**2).mean())),
        float(errors.mean()),
        float(np.mean([f.high - f.low for f, _ in figures])),
    )


def spent_by_reason(comparison: Comparison) -> Table:
    """Annotations by the strongest capture reason, a column a way."""
    return _spent(comparison, "capture reason", 0)


def spent_by_label(comparison: Comparison) -> Table:
    """Annotations by true label, a column a way."""
    return _spent(comparison, "label", 1)


def _spent(comparison: Comparison, what: str, part: int) -> Table:
    names = list(comparison.outcomes)
    keys = sorted(
        {key[part] for outcomes in comparison.outcomes.values() for o in outcomes for key in o.spent}
    )
    rows = []
    for key in keys:
        means = [
            float(
                np.mean(
                    [sum(n for k, n in o.spent.items() if k[part] == key) for o in comparison.outcomes[way]]
                )
            )
            for way in names
        ]
        rows.append((sum(means), [key or "–", *(mean_count([mean]) for mean in means)]))
    rows.sort(key=lambda row: -row[0])
    return Table([what, *names], [cells for _, cells in rows])
