"""A text function as years leave it: many samples, a long queue, weeks of traffic. Written straight into the tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from past_traffic import pass_traffic

from noria.encoders.hashing import HashingEncoder
from noria.learning.arrays import FloatArray
from noria.learning.words import places as places_of_words
from noria.records.function import CaptureSettings, Modality, Output
from noria.records.ids import new_id
from noria.records.sample import AnnotationSource, Origin
from noria.serving.intake import text_content
from noria.storage import open_storage
from noria.storage.database import Database
from noria.storage.judged import CaptureOutcome
from noria.storage.tables import annotation_log, captures, embeddings, samples

_AT_ONCE = 20_000
_SYLLABLES = [a + b for a in "bdklmnrs" for b in "aeio"]
Labels = np.ndarray[tuple[int], np.dtype[np.int64]]  # their places
Vectors = Callable[[np.random.Generator, Labels], FloatArray]  # (n,) -> (n, d), normalised
_DAYS = 30  # over which samples and captures lie
_CALLS_AN_HOUR = 2000


@dataclass(frozen=True, slots=True)
class Size:
    """Samples come with a label, without one, or wait in the queue."""

    labels: int
    samples: int  # in all
    annotated: int
    staged: int
    hours: int = 30 * 24  # of traffic, up to now

    def __post_init__(self) -> None:
        assert self.annotated + self.staged <= self.samples


def build(url: str, name: str, size: Size, vectors: Vectors | None = None) -> str:
    """The id of a new function in this database; nothing is trained yet.

    vectors: embeddings of samples of these labels, where the server's encoder is not the one of tests.
    """
    storage, at = open_storage(url), datetime.now(UTC)
    capture = CaptureSettings(queue_limit=max(size.staged, CaptureSettings().queue_limit))
    function = storage.functions.create(
        storage.projects.default(at).id, name, Modality.TEXT, Output.CLASSIFICATION, at, capture
    )
    words = _words(np.random.default_rng(1), 12 * size.labels + 400)
    labels = [
        storage.labels.add(function.id, f"{words[12 * i]} {words[12 * i + 1]}", None, None, at).id
        for i in range(size.labels)
    ]
    database = Database.open(url)
    for start in range(0, size.samples, _AT_ONCE):
        with database.write() as connection:
            _insert(
                connection,
                function.id,
                labels,
                words,
                size,
                range(start, min(start + _AT_ONCE, size.samples)),
                vectors,
            )
    with database.write() as connection:
        connection.execute(sa.text("ANALYZE"))
    database.close()
    shares = {label: 1 / len(labels) for label in labels}
    pass_traffic(storage, function.id, lambda _: shares, size.hours, _CALLS_AN_HOUR)
    storage.close()
    return function.id


def _words(rng: np.random.Generator, n: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < n:
        made["".join(rng.choice(_SYLLABLES, 3))] = None
    return list(made)


def _insert(
    connection: sa.Connection,
    function_id: str,
    labels: Sequence[str],
    words: list[str],
    size: Size,
    places: range,
    drawn: Vectors | None,
) -> None:
    rng, now = np.random.default_rng(places.start), datetime.now(UTC)
    of = rng.integers(len(labels), size=len(places))
    texts = _texts(rng, words, of, places)
    ats = [now - timedelta(days=_DAYS) * share for share in rng.random(len(places)).tolist()]
    rows = [
        _sample(function_id, labels[k], size, *row)
        for k, *row in zip(of.tolist(), places, texts, ats, strict=True)
    ]
    connection.execute(samples.insert(), rows)
    seqs = _seqs(connection, rows)
    vectors = _embeddings(rng, words, of) if drawn is None else drawn(rng, of)
    connection.execute(
        embeddings.insert(),
        [
            {"sample_seq": seqs[row["id"]], "vector": np.concatenate([v, places_of_words(text)]).tobytes()}
            for row, v, text in zip(rows, vectors, texts, strict=True)
        ],
    )
    if said := list(_said(function_id, rows)):
        connection.execute(annotation_log.insert(), said)
    if called := list(_captured(function_id, rows, labels, rng)):
        connection.execute(captures.insert(), called)


def _seqs(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The newest samples are these."""
    query = sa.select(samples.c.id, samples.c.seq).order_by(samples.c.seq.desc()).limit(len(rows))
    return {row.id: row.seq for row in connection.execute(query)}


def _texts(rng: np.random.Generator, words: list[str], of: Labels, places: range) -> list[str]:
    """Four words of the label's own, six that all share, and a number that makes each another text."""
    own = 12 * of[:, None] + rng.integers(12, size=(len(of), 4))
    common = rng.integers(len(words) - 400, len(words), size=(len(of), 6))
    chosen = np.concatenate([own, common], axis=1).tolist()
    return [
        " ".join([*(words[i] for i in row), str(place)]) for row, place in zip(chosen, places, strict=True)
    ]


def _embeddings(rng: np.random.Generator, words: list[str], of: Labels) -> FloatArray:
    """Drawn around that of the label's own words, of unit length: the encoder would take minutes for a million."""
    centres = HashingEncoder().embed(
        [" ".join(words[12 * k : 12 * k + 12]) for k in range(int(of.max()) + 1)]
    )
    rows = centres[of] + rng.normal(0, 0.15, (len(of), centres.shape[1])).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _sample(
    function_id: str, label_id: str, size: Size, place: int, text: str, at: datetime
) -> dict[str, Any]:
    waits = place >= size.samples - size.staged
    annotated = place < size.annotated
    return {
        "id": new_id("sample"),
        "function_id": function_id,
        "data": text,
        "digest": text_content(text).digest,
        "origin": (Origin.INVOKE_CAPTURE if waits or (annotated and place % 2) else Origin.UPLOAD).value,
        "created_at": at,
        "staged": waits,
        "brought": not waits,
        "annotation_label_id": label_id if annotated else None,
        "annotated_at": at if annotated else None,
        "annotated_by": "ada" if annotated else None,
        "annotation_source": AnnotationSource.QUEUE.value if annotated else None,
        "prediction_label_id": label_id if waits else None,
        "prediction_confidence": 0.5 + place % 50 / 100 if waits else None,
        "prediction_version_id": None,
    }  # fmt: skip


def _said(function_id: str, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["annotation_label_id"]:
            yield {
                "function_id": function_id, "sample_id": row["id"], "digest": row["digest"],
                "label_id": row["annotation_label_id"], "previous_label_id": None, "by": "ada",
                "source": row["annotation_source"], "at": row["annotated_at"],
            }  # fmt: skip


def _captured(
    function_id: str, rows: Sequence[dict[str, Any]], labels: Sequence[str], rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Of each sample that came by a call, the capture: open where it waits, else settled by its label."""
    for row in rows:
        if row["origin"] != Origin.INVOKE_CAPTURE.value:
            continue
        true, draw = row["annotation_label_id"], float(rng.random()) * 0.05
        said = true if true and rng.random() < 0.9 else labels[int(rng.integers(len(labels)))]
        yield {
            "id": new_id("capture"), "function_id": function_id, "sample_id": row["id"], "version_id": None,
            "at": row["created_at"], "arrived_at": row["created_at"], "draw": draw, "weight": 1.0,
            "threshold": 0.05, "key": draw, "parts": {"LowConfidence": 0.6, "Random": 0.4},
            "reason": "LowConfidence", "rules": None, "label_id": said, "confidence": float(rng.beta(4, 2)),
            "outcome": (CaptureOutcome.ANNOTATED if true else CaptureOutcome.OPEN).value,
            "true_label_id": true, "settled_at": row["annotated_at"], "cell": None,
        }  # fmt: skip
