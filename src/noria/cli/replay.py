"""`noria replay`: a labelled stream through the true policy in fast time."""

from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from noria import replay as engine
from noria.cli.images import is_of_images
from noria.cli.streams import Streamed, demo_stream, image_stream, text_stream
from noria.errors import BadInput
from noria.replay.report import facts_of
from noria.replay.report import report as as_html
from noria.replay.report.words import verdict


def replay(
    file: Path | None = None, *, text: str = "text", label: str = "label",
    policies: str = "noria,random", budget: int = 200, rounds: int = 8, seed: int = 0, seeds: int = 1,
    order: Path | None = None, report: Path | None = None,
) -> None:  # fmt: skip
    """Replay a labelled stream through capture policies and print accuracy per annotations spent.

    Args:
        file: CSV, JSONL or Parquet in the order of the stream, or a folder or ZIP of images with a folder for each
            label; the text demo's stream if none is named.
        text: The column with the text.
        label: The column with the true label.
        policies: Which to compare: noria, random, confidence.
        budget: How many annotations to spend.
        rounds: In how many rounds; after each one a new version answers.
        seed: Of the draws.
        seeds: How many replays of each policy, each of another 90 % of the stream with other draws.
        order: For images: a CSV with the columns file and label, in the order of the stream; else files go by name.
        report: An HTML file to write, with plots and with the live accuracy that would have been shown.
    """
    chosen = _ways(policies)
    if report is not None and not report.parent.is_dir():
        raise BadInput(f"There is no folder {report.parent} to write the report to.")
    out = Console()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        streamed = _streamed(file, text, label, order, progress)
        task = progress.add_task("replaying", total=None)
        comparison = engine.compare(
            streamed.stream, chosen, budget, rounds, seeds, seed,
            lambda way, done, of: progress.update(
                task, completed=done, total=of, description=f"replaying, {way}"
            ),
        )  # fmt: skip
    out.print(_table(comparison))
    out.print(verdict(comparison))
    if report is not None:
        report.write_text(_page(comparison, streamed, seed), encoding="utf-8")
        out.print(f"The report is in {report}.")


def _streamed(file: Path | None, text: str, label: str, order: Path | None, progress: Progress) -> Streamed:
    if file is not None and is_of_images(file):
        return image_stream(file, order, progress)
    if order is not None:
        raise BadInput("--order is for images: name the folder or ZIP that they are in.")
    return text_stream(file, text, label, progress) if file else demo_stream(progress)


def _ways(policies: str) -> dict[str, engine.Way]:
    known = engine.ways()
    names = list(dict.fromkeys(name.strip() for name in policies.split(",")))
    for name in names:
        if name not in known:
            raise BadInput("No policy has this name.", name=name, known=", ".join(known))
    return {name: known[name] for name in names}


def _table(comparison: engine.Comparison) -> Table:
    table = Table("annotations", *(f"{name}: accuracy / macro recall" for name in comparison.outcomes))
    for r in range(comparison.rounds + 1):
        points = {name: [o.points[r] for o in found] for name, found in comparison.outcomes.items()}
        table.add_row(
            str(max(p.annotations for some in points.values() for p in some)),
            *(
                f"{fmean(p.accuracy for p in some):.1%} / {fmean(p.macro_recall for p in some):.1%}"
                for some in points.values()
            ),
        )
    return table


def _page(comparison: engine.Comparison, streamed: Streamed, seed: int) -> str:
    return as_html(
        comparison, facts_of(streamed.stream, streamed.name, streamed.encoder, {"First seed": str(seed)})
    )
