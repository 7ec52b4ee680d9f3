"""`noria replay`: a labelled stream through the true policy in fast time."""

from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from noria import replay as engine
from noria.capture.policy import normalised
from noria.capture.rules import rule
from noria.cli.images import is_of_images
from noria.cli.streams import Streamed, demo_stream, image_stream, text_stream
from noria.errors import BadInput
from noria.records.function import CaptureSettings
from noria.replay.report import facts_of
from noria.replay.report import report as as_html
from noria.replay.report.words import verdict

_AS_ASKED = "noria as asked"


def replay(
    file: Path | None = None, *, text: str = "text", label: str = "label",
    policies: str = "noria,random", budget: int = 200, rounds: int = 8, seed: int = 0, seeds: int = 1,
    shares: str | None = None, blind_every: int | None = None, order: Path | None = None, report: Path | None = None,
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
        shares: Shares of the capture rules to try beside the default: Random=0.2,LowConfidence=0.5,RareClass=0.3.
        blind_every: Every so-manieth served item is the one with the smallest key; to try beside the default.
        order: For images: a CSV with the columns file and label, in the order of the stream; else files go by name.
        report: An HTML file to write, with plots and with the live accuracy that would have been shown.
    """
    asked = _asked(shares, blind_every)
    chosen = _ways(policies, asked)
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
        report.write_text(_page(comparison, streamed, seed, asked), encoding="utf-8")
        out.print(f"The report is in {report}.")


def _streamed(file: Path | None, text: str, label: str, order: Path | None, progress: Progress) -> Streamed:
    if file is not None and is_of_images(file):
        return image_stream(file, order, progress)
    if order is not None:
        raise BadInput("--order is for images: name the folder or ZIP that they are in.")
    return text_stream(file, text, label, progress) if file else demo_stream(progress)


def _ways(policies: str, asked: CaptureSettings | None) -> dict[str, engine.Way]:
    """By name: the policies, and our own with the settings asked for beside its default."""
    known = engine.ways()
    names = list(dict.fromkeys(name.strip() for name in policies.split(",")))
    for name in names:
        if name not in known:
            raise BadInput("No policy has this name.", name=name, known=", ".join(known))
    chosen = {name: known[name] for name in names}
    if asked is not None:
        chosen[_AS_ASKED] = engine.ways(asked)["noria"]
    return chosen


def _asked(shares: str | None, blind_every: int | None) -> CaptureSettings | None:
    """The settings to try, None for none. Raises BadInput."""
    if shares is None and blind_every is None:
        return None
    if blind_every is not None and blind_every < 0:
        raise BadInput("--blind-every is at least 0: 1 makes all served items blind, 0 none.")
    usual = CaptureSettings()
    return CaptureSettings(
        shares=usual.shares if shares is None else normalised(_shares(shares)),
        blind_every=usual.blind_every if blind_every is None else blind_every,
    )


def _shares(words: str) -> dict[str, float]:
    try:
        pairs = [part.split("=") for part in words.split(",")]
        shares = {reason.strip(): float(share) for reason, share in pairs}
    except ValueError:
        raise BadInput("Write shares as Random=0.2,LowConfidence=0.5,RareClass=0.3.") from None
    for reason in shares:
        rule(reason)  # refuses one that there is not
    return shares


def _in_words(settings: CaptureSettings) -> str:
    shares = ", ".join(f"{reason} {share:.2g}" for reason, share in settings.shares.items())
    return (
        f"{shares}; every {settings.blind_every}. item blind"
        if settings.blind_every
        else f"{shares}; none blind"
    )


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


def _page(comparison: engine.Comparison, streamed: Streamed, seed: int, asked: CaptureSettings | None) -> str:
    settings = {"First seed": str(seed), "noria": _in_words(CaptureSettings())}
    if asked is not None:
        settings[_AS_ASKED] = _in_words(asked)
    return as_html(comparison, facts_of(streamed.stream, streamed.name, streamed.encoder, settings))
