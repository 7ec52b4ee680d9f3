"""What versions of a model answer to every call of a stream, and what the policy says to each: made once, then kept."""

import hashlib
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from streams import KEPT, Stream, load

import noria
from noria.capture.call import Call, CaptureState
from noria.capture.policy import Policy, decide
from noria.capture.traffic import TrafficMeans
from noria.learning.head import Head
from noria.learning.training import TrainingSet, train
from noria.records.function import CaptureSettings
from noria.replay import Rows

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
TAUGHT = (0.0, 0.3, 1.0)
"""Of the rows that are no traffic (test_iid, test_balanced), the part that each version learnt from beside the seeds."""


@dataclass(frozen=True)
class Answers:
    """Calls in the order of the stream; versions in the order of what they learnt."""

    labels: npt.NDArray[np.str_]  # (n_labels,)
    true: Ints  # (n_calls,), places in `labels`
    contents: Ints  # (n_calls,), equal for exact copies
    embeddings: npt.NDArray[np.float32]  # (n_calls, n_dimensions)
    predicted: Ints  # (n_versions, n_calls), places in `labels`
    confidence: Floats  # (n_versions, n_calls)
    margin: Floats  # (n_versions, n_calls)
    weight: Floats  # (n_versions, n_calls), w of the capture decision
    counts: Floats  # (n_versions, n_labels), annotated samples that the version learnt from
    centres: npt.NDArray[np.float32]  # (n_versions, n_dimensions)


def answers(folder: Path, name: str) -> Answers:
    """Of FOLDER/NAME.stream.parquet. Kept in the temporary folder by the sources they depend on."""
    path = KEPT / f"answers-{name}-{sources('capture', 'learning', 'records')[:16]}.npz"
    if not path.exists():
        made = _made(load(folder, name))
        path.parent.mkdir(exist_ok=True)
        np.savez(path, **{field.name: getattr(made, field.name) for field in fields(Answers)})
    with np.load(path) as kept:
        return Answers(**{field.name: kept[field.name] for field in fields(Answers)})


def sources(*parts: str) -> str:
    """Of these parts of the package, and of the benchmark's own modules that decide what is answered."""
    root = Path(noria.__file__).parent
    files = sorted(file for part in parts for file in (root / part).rglob("*.py"))
    here = [Path(__file__).parent / file for file in ("answers.py", "streams.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in [*files, *here])).hexdigest()


def _made(stream: Stream) -> Answers:
    labels = stream.names.label_ids
    place = {label: i for i, label in enumerate(labels)}
    heads, counts = zip(*(_version(stream, part) for part in TAUGHT), strict=True)
    probabilities = [head.probabilities(stream.calls.embeddings) for head in heads]
    two = [np.sort(p, axis=1)[:, -2:].astype(float) for p in probabilities]
    if any(head.label_ids != labels for head in heads):
        raise SystemExit("A version lacks labels of the stream: give its seeds one sample of each at least.")
    return Answers(
        labels=np.array(labels),
        true=np.array([place[label] for label in stream.calls.labels]),
        contents=np.unique(stream.calls.contents, return_inverse=True)[1],
        embeddings=stream.calls.embeddings,
        predicted=np.array([p.argmax(axis=1) for p in probabilities]),
        confidence=np.array([pair[:, 1] for pair in two]),
        margin=np.array([pair[:, 1] - pair[:, 0] for pair in two]),
        weight=np.array([_weights(p, labels, n) for p, n in zip(probabilities, counts, strict=True)]),
        counts=np.array(counts),
        centres=np.array([head.centre for head in heads]),
    )


def _version(stream: Stream, part: float) -> tuple[Head, Floats]:
    """A head taught the seeds and a part of the rows that never come as traffic, and its samples by label."""
    spare = np.random.default_rng(0).permutation(len(stream.mixed.labels) + len(stream.balanced.labels))
    spare = spare[: round(part * len(spare))]
    rows = [stream.seeds, stream.mixed, stream.balanced]
    every = Rows(
        np.concatenate([some.embeddings for some in rows]),
        [label for some in rows for label in some.labels],
        [content for some in rows for content in some.contents],
    )
    taught = every.part([*range(len(stream.seeds.labels)), *(len(stream.seeds.labels) + spare)])
    distinct = taught.part(list({content: i for i, content in enumerate(taught.contents)}.values()))
    number = Counter(distinct.labels)
    counts = np.array([number[label] for label in stream.names.label_ids], dtype=float)
    return train(_training_set(distinct, stream), None).head, counts


def _training_set(rows: Rows, stream: Stream) -> TrainingSet:
    place = {label: i for i, label in enumerate(stream.names.label_ids)}
    return TrainingSet(
        embeddings=rows.embeddings,
        targets=np.array([place[label] for label in rows.labels]),
        label_ids=stream.names.label_ids,
        digests=[hashlib.sha256(content.encode()).digest() for content in rows.contents],
        weights=np.ones(len(rows.labels), np.float32),
        captured=np.zeros(len(rows.labels), dtype=bool),
        label_name_embeddings=stream.names.embeddings,
        readable_names=stream.names.readable,
        whiten=stream.whiten,
    )


def _weights(probabilities: npt.NDArray[np.floating], labels: tuple[str, ...], counts: Floats) -> Floats:
    """w of each call, with the rules' means over the calls before it. No draw: w does not depend on one."""
    policy, means = Policy.of(CaptureSettings().shares), TrafficMeans()
    reasons = tuple(rule.reason for rule, _ in policy.rules)
    weights = np.empty(len(probabilities))
    for i, row in enumerate(probabilities.astype(float)):
        state = CaptureState(counts, means.means(reasons))
        outcome = decide(Call(row, labels), state, policy, threshold=0.0, draw=1.0)
        means.observe(outcome.scores)
        weights[i] = outcome.weight
    return weights
