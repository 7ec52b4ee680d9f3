"""What the capture decision costs in a call, with all rules on and 100,000 samples to compare with.

    python bench/decision.py --data FOLDER [--samples 100000] [--out bench/results/decision.md]

FOLDER holds banking77.stream.parquet: its texts are the calls, its embeddings, each moved a little many times over, the
samples. They stand as annotated rows in a SQLite file, and are found as a server finds them. Texts and decisions take
turns of a few on one core; figures are means over the turns with their 95 % intervals.
"""

import argparse
import math
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from streams import Stream, load
from threadpoolctl import threadpool_limits

from noria.capture.rules import rules
from noria.encoders import choose_text_encoder
from noria.learning.head import Head
from noria.records.content import Content
from noria.records.function import CaptureSettings, Modality, Output
from noria.records.ids import new_id
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin
from noria.serving.capturing import FunctionCapture
from noria.serving.likeness import Likeness
from noria.storage import CaptureWriter, Storage, open_storage

LABELS = (10, 100, 1000)
SETTINGS = {
    "as they come": CaptureSettings(),
    "all": CaptureSettings(shares=dict.fromkeys(rules(), 1.0)),
}
TURNS, CALLS = 40, 50
CHUNK = 1000
MOVED = 0.02  # of a row's length, in each dimension at random


class Turn(NamedTuple):
    """Seconds of processor time a call."""

    text: float  # encoder and head
    deciding: float  # rules, comparing, policy, budget
    counting: float

    @property
    def share(self) -> float:
        return (self.deciding + self.counting) / sum(self)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--samples", type=int, default=100_000)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    os.sched_setaffinity(0, {0})
    stream = load(given.data, "banking77")
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        storage = open_storage(f"sqlite:///{folder}/noria.db")
        lines = [line for k in LABELS for line in lines_of(storage, stream, k, given.samples)]
        storage.close()
    text = HEADER.format(n=given.samples, rules=", ".join(sorted(rules()))) + "\n".join(lines) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text)


def lines_of(storage: Storage, stream: Stream, n_labels: int, n_samples: int) -> Iterator[str]:
    function_id, label_ids = filled(storage, stream.calls.embeddings, n_labels, n_samples)
    likeness = Likeness(storage.vectors, function_id)
    began = time.perf_counter()
    likeness.follow(1, stream.calls.embeddings.mean(axis=0))
    built = time.perf_counter() - began
    counts = {id: 1 + i % 20 for i, id in enumerate(label_ids)}
    for name, settings in SETTINGS.items():
        capture = FunctionCapture(settings)
        capture.follow(settings, counts)
        turns = list(measured(storage, stream, head_of(label_ids, stream), function_id, likeness, capture))
        cells = [in_us([getattr(turn, name) for turn in turns]) for name in ("deciding", "counting", "text")]
        share = statistics.mean(turn.share for turn in turns)
        yield f"| {n_labels:,} | {name} | {' | '.join(cells)} | {share * 100:.1f} % | {built:.0f} s |"


def filled(storage: Storage, rows: np.ndarray, n_labels: int, n_samples: int) -> tuple[str, tuple[str, ...]]:
    """A function with so many annotated samples."""
    at, rng = datetime.now(UTC), np.random.default_rng(0)
    project = storage.projects.default(at)
    function = storage.functions.create(
        project.id, f"{n_labels} labels", Modality.TEXT, Output.CLASSIFICATION, at
    )
    labels = [storage.labels.add(function.id, f"label {i}", None, None, at).id for i in range(n_labels)]
    for start in range(0, n_samples, CHUNK):
        some = rows[rng.integers(len(rows), size=CHUNK)]
        some = some + MOVED * rng.standard_normal(some.shape)
        some = (some / np.linalg.norm(some, axis=1, keepdims=True)).astype(np.float32)
        news = [
            NewSample(
                new_id("sample"), function.id, Content(f"text {i}", i.to_bytes(32, "big")), Origin.API,
                row.tobytes(), annotation=Annotation(labels[i % n_labels], at, "bench", AnnotationSource.API),
            )
            for i, row in enumerate(some, start)
        ]  # fmt: skip
        storage.samples.add_many(news, at)
    return function.id, tuple(labels)


def head_of(label_ids: tuple[str, ...], stream: Stream) -> Head:
    """Any head of that size: what it costs does not depend on what it learned."""
    rng = np.random.default_rng(1)
    rows = stream.calls.embeddings
    weights = rng.standard_normal((rows.shape[1], len(label_ids))).astype(np.float32) * 5
    return Head(label_ids, rows.mean(axis=0), weights, np.zeros(len(label_ids), dtype=np.float32))


def measured(
    storage: Storage,
    stream: Stream,
    head: Head,
    function_id: str,
    likeness: Likeness,
    capture: FunctionCapture,
) -> Iterator[Turn]:
    encoder, writer = choose_text_encoder(), CaptureWriter(storage.captures.commit)
    texts = stream.calls.contents
    for turn in range(-2, TURNS):  # the first two warm up
        some = [texts[(turn * CALLS + i) % len(texts)] for i in range(CALLS)]
        spent = np.zeros(3)
        for text in some:
            clock = [time.thread_time()]
            embedding = encoder.embed([text])[0]
            probabilities = head.probabilities_of_one(embedding)
            best = int(probabilities.argmax())
            clock.append(time.thread_time())
            compare = partial(likeness.likest, embedding)
            capture.draw(probabilities, head.label_ids, embedding, None, compare)
            clock.append(time.thread_time())
            writer.count(function_id, datetime.now(UTC), None, head.label_ids, probabilities, best)
            clock.append(time.thread_time())
            spent += np.diff(clock)
        if turn >= 0:
            yield Turn(*(spent / CALLS).tolist())
    writer.close()


def in_us(seconds: list[float]) -> str:
    error = 1.96 * statistics.stdev(seconds) / math.sqrt(len(seconds))
    return f"{statistics.mean(seconds) * 1e6:,.0f} ± {error * 1e6:,.0f}"


HEADER = """# What the capture decision costs

Made by `python bench/decision.py --data FOLDER`. Microseconds of processor time a call, means with 95 % intervals, on one
core. The function has {n:,} annotated samples to compare a call with. Rules *as they come* compare a call only where its draw
would do, and one in eight for the budget's sake; *all*, {rules}, with a share each, compare every
call. *deciding*: comparing, rules, policy, budget; *counting*: the sums over all calls; *text*: encoder and head for one text
of Banking77, without HTTP; *share*: of deciding and counting in all of that; *index*: built once, aside, when the function is
first called.

| labels | rules | deciding | counting | text | share | index |
| ---: | --- | ---: | ---: | ---: | ---: | ---: |
"""


if __name__ == "__main__":
    main()
