"""What an annotation brings on replayed streams: our policy beside other ways to spend it.

    python bench/capture.py --data FOLDER --out bench/results/capture.md [--streams banking77,cifar10_small] [--seeds 5] [--labels 500]

FOLDER holds the streams NAME.stream.parquet. Each seed replays another 90 % of the stream, in order and in 12 rounds,
with all ways on the same rows (`video_games_rows`: rows as table functions read and learn them); after each round a twelfth of the labels is given and `train()` makes a new head, which
the gate may keep back. Same encoder, head and budget for all. With scikit-activeml installed, its budget managers take
part. Replays that were made before are kept in the temporary folder by the sources they depend on.
"""

import argparse
import hashlib
import json
import math
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from rivals import rivals
from streams import STREAMS, Stream, load
from threadpoolctl import threadpool_limits

import noria
from noria.replay import Replay, measure

BUDGET, ROUNDS, KEPT = 500, 12, 0.9
SHOWN = (3, 6, 9, 12)  # rounds
ENOUGH = 5  # annotations with which a rare label can be learnt
OURS = "noria"


@dataclass(frozen=True)
class Outcome:
    """One replay: what it reached and what it spent."""

    curve: Sequence[float]  # macro recall on the balanced rows, after each round
    accuracy: float  # on rows with the stream's own mix
    annotations: int
    repeated: int  # annotations on rows of which another copy, exact or near, was annotated before
    rare: Sequence[Sequence[float]]  # of each rare label, see `waits`

    @property
    def area(self) -> float:
        return float(np.mean(self.curve[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--streams", default=",".join(STREAMS))
    parser.add_argument("--ways", default=",".join(rivals(1.0)))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--labels", type=int, default=BUDGET)
    given = parser.parse_args()
    text = HEADER.format(n=given.seeds)
    names, ways = given.streams.split(","), given.ways.split(",")
    for name in names:
        load(given.data, name)  # embeds once, before the others ask
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            (name, way): [
                pool.submit(kept, given.data, name, way, seed, given.labels) for seed in range(given.seeds)
            ]
            for name in names
            for way in ways
        }
        for name in names:
            outcomes = {way: [job.result() for job in jobs[name, way]] for way in ways}
            for line in lines(name, outcomes, given.labels):
                print(line, flush=True)
                text += line + "\n"
    if given.out:
        given.out.write_text(text)


def kept(data: Path, name: str, way: str, seed: int, budget: int) -> Outcome:
    """The replay, or what it gave the last time."""
    key = hashlib.sha256(f"{_sources()} {name} {way} {seed} {budget} {ROUNDS} {ENOUGH}".encode()).hexdigest()[
        :20
    ]
    path = Path(tempfile.gettempdir()) / "noria-bench" / "replays" / key
    if path.exists():
        return Outcome(**json.loads(path.read_text()))
    with threadpool_limits(1):
        outcome = replayed(_loaded(data, name), way, seed, budget)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(outcome)))
    return outcome


@cache
def _sources() -> str:
    """Of all that a replay's outcome depends on."""
    root = Path(noria.__file__).parent
    parts = [root / part for part in ("capture", "learning", "replay", "records")]
    files = sorted(file for part in parts for file in part.rglob("*.py"))
    here = [Path(__file__).parent / file for file in ("rivals.py", "streams.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in [*files, *here])).hexdigest()


_loaded: Callable[[Path, str], Stream] = cache(load)


def replayed(stream: Stream, way: str, seed: int, budget: int) -> Outcome:
    rng = np.random.default_rng(seed)
    n = len(stream.calls.labels)
    part = stream.part(np.sort(rng.permutation(n)[: int(KEPT * n)]).tolist())
    chosen = rivals(len(part.calls.labels) / ROUNDS)[way]
    run = Replay(
        part.calls,
        part.seeds,
        part.names,
        chosen,
        budget,
        ROUNDS,
        rng,
        whiten=part.whiten,
        layout=part.layout,
    )
    curve = run.run(part.balanced)
    firsts = [part.firsts[each.row] for each in run.bought]
    return Outcome(
        tuple(point.macro_recall for point in curve),
        measure(run.head, part.mixed, budget).accuracy,
        len(run.bought),
        len(firsts) - len(set(firsts)),
        waits(part.calls.labels, [each.row for each in run.bought], budget),
    )


def waits(labels: Sequence[str], bought: Sequence[int], budget: int) -> list[tuple[float, float]]:
    """From each rare label's first call to its fifth annotation: calls, and annotations on anything; inf if never.

    labels: of all calls, in order.   bought: rows in the order of annotation.   Rare: the fifth of the labels with the
    fewest calls, at least ten each.
    """
    counts = Counter(labels)
    often = sorted((label for label, n in counts.items() if n >= 2 * ENOUGH), key=lambda label: counts[label])
    found = []
    for label in often[: max(1, len(counts) // 5)]:
        places = [i for i, row in enumerate(bought) if labels[row] == label]
        first = labels.index(label)
        if len(places) < ENOUGH:
            found.append((math.inf, math.inf))
            continue
        fifth, size = places[ENOUGH - 1], len(labels) / ROUNDS
        its_own = (
            int(bought[fifth] // size) + 1
        )  # a way that finds fewer than the budget is not ahead of its time
        round_of_fifth = max(its_own, math.ceil((fifth + 1) * ROUNDS / budget))
        spent_before = budget * int(first // size) // ROUNDS
        found.append((round_of_fifth * size - first, fifth + 1 - spent_before))
    return found


def lines(name: str, outcomes: dict[str, list[Outcome]], budget: int) -> Iterator[str]:
    yield f"## {name}\n"
    heads = [f"macro after {budget * r // ROUNDS}" for r in SHOWN]
    heads += ["mean of the rounds", "accuracy", "labels", "on repeats"]
    yield f"| way | {' | '.join(heads)} |"
    yield "| --- " * (len(heads) + 1) + "|"
    for way, runs in outcomes.items():
        cells = [way, *(spread([run.curve[r] for run in runs]) for r in SHOWN)]
        cells += [spread([run.area for run in runs]), spread([run.accuracy for run in runs])]
        cells += [f"{np.mean([run.annotations for run in runs]):.0f}"]
        yield f"| {' | '.join(cells)} | {np.mean([run.repeated for run in runs]):.1f} |"
    yield ""
    yield from _rare(outcomes)
    if OURS not in outcomes:
        return
    yield f"| noria less … | macro after {budget} | mean of the rounds | accuracy |\n| --- | --- | --- | --- |"
    for way, runs in outcomes.items():
        if way != OURS:
            cells = [gain(outcomes[OURS], runs, get) for get in (_last, _area, _accuracy)]
            yield f"| {way} | {' | '.join(cells)} |"
    yield ""


def _rare(outcomes: dict[str, list[Outcome]]) -> Iterator[str]:
    yield "| way | rare labels with five annotations | calls until then | annotations until then |"
    yield "| --- | --- | --- | --- |"
    for way, runs in outcomes.items():
        found = np.array([wait for run in runs for wait in run.rare])
        cells = [_median(column) for column in found.T]
        yield f"| {way} | {np.isfinite(found[:, 0]).mean() * 100:.0f} % of {len(found)} | {' | '.join(cells)} |"
    yield ""


def _median(waits: np.ndarray) -> str:
    middle = float(np.sort(waits)[len(waits) // 2])
    return f"{middle:,.0f}" if math.isfinite(middle) else "not reached"


def _last(run: Outcome) -> float:
    return run.curve[-1]


def _area(run: Outcome) -> float:
    return run.area


def _accuracy(run: Outcome) -> float:
    return run.accuracy


def spread(values: list[float]) -> str:
    return f"{np.mean(values) * 100:.1f} ({np.std(values, ddof=1) * 100:.1f})"


def gain(ours: list[Outcome], theirs: list[Outcome], get: Callable[[Outcome], float]) -> str:
    """The mean paired difference with its standard error, and whether it is level: within two of these."""
    differences = [get(a) - get(b) for a, b in zip(ours, theirs, strict=True)]
    mean, error = float(np.mean(differences)), float(np.std(differences, ddof=1)) / len(differences) ** 0.5
    verdict = "level" if abs(mean) <= 2 * error else "better" if mean > 0 else "worse"
    return f"{mean * 100:+.1f} ± {error * 100:.1f} {verdict}"


HEADER = """# What an annotation brings

Made by `python bench/capture.py --data FOLDER`. Per cent, mean of {n} replays (standard deviation in brackets). All ways
see the same calls and spend the same labels on the same encoder and head; level: within two standard errors of the paired
differences. noria, random and confidence bands capture twice what is labelled. *macro*: mean recall on equal counts a
label; *accuracy*: on the stream's own mix; *on repeats*: annotations on copies, exact or near, of what was annotated before.
confidence: what is answered below 0.5, first come. The two ways "of the round" choose from all calls of a round at once,
which no policy in the request can do: they are bounds. The second table: from the first call of a rare label, the fifth of the
labels with the fewest calls, to its fifth annotation; medians over labels and replays, by the round.

"""


if __name__ == "__main__":
    main()
