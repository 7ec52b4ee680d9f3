"""Macro recall per annotation on replayed streams: our policy, random, a fixed confidence threshold.

    python bench/capture.py --data FOLDER --out bench/results/capture.md

FOLDER holds banking77.stream.parquet and hate_offensive.stream.parquet (columns split, data, label; reading them
needs pyarrow). Each seed replays another 90 % of the stream, in order and in 12 rounds, with all policies on the
same rows; after each round a twelfth of 500 labels is given and `train()` makes a new head, which the gate may keep
back. Embeddings are kept in the temporary folder, so that a second run needs none.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from noria.encoders import Encoder, choose_text_encoder, identity
from noria.replay import LabelNames, Replay, Rows, embedded, measure

STREAMS = ("banking77", "hate_offensive")
POLICIES = ("noria", "random", "confidence")
SEEDS = range(5)
BUDGET, ROUNDS, KEPT = 500, 12, 0.9
SHOWN = (0, 3, 6, 9, 12)  # rounds


@dataclass(frozen=True)
class Outcome:
    """One replay: what it reached and what it spent."""

    curve: tuple[float, ...]  # macro recall on the balanced rows, after each round
    accuracy: float  # on rows with the stream's own mix
    annotations: int

    @property
    def area(self) -> float:
        return float(np.mean(self.curve[1:]))


@dataclass(frozen=True)
class Stream:
    seeds: Rows
    calls: Rows
    balanced: Rows
    mixed: Rows
    names: LabelNames


def load(folder: Path, name: str, encoder: Encoder) -> Stream:
    table = parquet.read_table(folder / f"{name}.stream.parquet").to_pydict()
    embeddings = _kept([str(text) for text in table["data"]], encoder)
    parts = {}
    for part in ("seed", "stream", "test_balanced", "test_iid"):
        here = [i for i, split in enumerate(table["split"]) if split == part]
        parts[part] = Rows(
            embeddings[here], [table["label"][i] for i in here], [table["data"][i] for i in here]
        )
    return Stream(*parts.values(), names=LabelNames.of(table["label"], encoder))


def _kept(texts: list[str], encoder: Encoder) -> np.ndarray:
    content = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / "noria-bench" / f"{identity(encoder)}-stream-{content}.npy"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        np.save(kept, embedded(texts, [""] * len(texts), encoder).embeddings)
    return np.asarray(np.load(kept), dtype=np.float32)


def replayed(stream: Stream, policy: str, seed: int) -> Outcome:
    rng = np.random.default_rng(seed)
    n = len(stream.calls.labels)
    rows = np.sort(rng.permutation(n)[: int(KEPT * n)])
    calls = Rows(
        stream.calls.embeddings[rows],
        [stream.calls.labels[i] for i in rows],
        [stream.calls.contents[i] for i in rows],
    )
    run = Replay.under(policy, calls, stream.seeds, stream.names, BUDGET, ROUNDS, rng)
    curve = run.run(stream.balanced)
    return Outcome(
        tuple(point.macro_recall for point in curve),
        measure(run.head, stream.mixed, BUDGET).accuracy,
        len(run.bought),
    )


def lines(name: str, stream: Stream) -> Iterator[str]:
    outcomes = {policy: [replayed(stream, policy, seed) for seed in SEEDS] for policy in POLICIES}
    yield f"## {name}\n"
    yield (
        "| policy | "
        + " | ".join(f"macro after {BUDGET * r // ROUNDS}" for r in SHOWN)
        + (" | mean of the rounds | accuracy on the stream's mix | labels found |")
    )
    yield "| --- " * (len(SHOWN) + 4) + "|"
    for policy, runs in outcomes.items():
        cells = [policy, *(spread([run.curve[r] for run in runs]) for r in SHOWN)]
        cells += [spread([run.area for run in runs]), spread([run.accuracy for run in runs])]
        yield f"| {' | '.join(cells)} | {np.mean([run.annotations for run in runs]):.0f} |"
    yield ""
    for rival in POLICIES[1:]:
        yield (
            f"noria less {rival}, paired: "
            + ", ".join(
                f"{what} {gain([get(a) - get(b) for a, b in zip(outcomes['noria'], outcomes[rival], strict=True)])}"
                for what, get in (
                    ("macro", lambda run: run.curve[-1]),
                    ("mean of the rounds", lambda run: run.area),
                    ("accuracy", lambda run: run.accuracy),
                )
            )
            + " points.\n"
        )


def spread(values: list[float]) -> str:
    return f"{np.mean(values) * 100:.1f} ({np.std(values, ddof=1) * 100:.1f})"


def gain(values: list[float]) -> str:
    return f"{np.mean(values) * 100:+.1f} ± {np.std(values, ddof=1) / len(values) ** 0.5 * 100:.1f}"


HEADER = """# What an annotation brings

Made by `bench/capture.py` with {encoder}. Per cent, mean of {n} replays (standard deviation in brackets); paired gains
with their standard error. All policies see the same calls; twice as many are captured as labelled. noria: the shipped
policy and queue. random: drawn evenly. confidence: what is answered below 0.5, first come.

"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    encoder = choose_text_encoder()
    text = HEADER.format(encoder=identity(encoder), n=len(SEEDS))
    for name in STREAMS:
        for line in lines(name, load(given.data, name, encoder)):
            print(line, flush=True)
            text += line + "\n"
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(text)


if __name__ == "__main__":
    main()
