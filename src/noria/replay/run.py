"""A labelled stream through the true policy in fast time: what each annotation would have brought.

Calls come in order; after each round the annotator, who holds the true labels, works off that round's part
of the queue as a person would be served it, and a new head goes live.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from noria.capture.budget import DAY_S
from noria.capture.call import Call
from noria.capture.queue import QueueItem
from noria.encoders.encoder import Encoder
from noria.errors import BadInput, NotTrained
from noria.learning.heads import AnyHead
from noria.learning.rows import Layout
from noria.learning.training import LiveRecord, TrainingSet, train
from noria.records.function import CaptureSettings
from noria.records.version import GateOutcome
from noria.replay.books import Books, Moment, time_of_annotation, time_of_call
from noria.replay.likeness import Likeness
from noria.replay.rows import LabelNames, Rows, embedded
from noria.replay.ways import Capturer, Taken, Way, ways


@dataclass(frozen=True, slots=True)
class Point:
    """How good the function was after so many annotations, on rows that it never saw."""

    annotations: int
    accuracy: float
    macro_recall: float


@dataclass(slots=True)
class _Open:
    """A captured sample that waits for its annotation."""

    row: int
    at_s: float
    key: float
    propensity: float
    reason: str  # the strongest


@dataclass(slots=True)
class Replay:
    """One run of a stream under one policy."""

    stream: Rows
    seeds: Rows
    names: LabelNames
    way: Way
    budget: int  # annotations over the whole stream
    rounds: int
    rng: np.random.Generator
    whiten: bool = False  # as embeddings of images need it
    layout: Layout | None = None  # of rows of a table
    bought: list[_Open] = field(default_factory=list)  # in the order of annotation
    captures: list[int] = field(default_factory=list)  # captured calls of each round
    moments: list[Moment] = field(default_factory=list)  # what the function would have shown after each round
    books: Books = field(default_factory=Books)
    _live: LiveRecord | None = None
    _counts: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    _open: dict[str, _Open] = field(default_factory=dict)  # by content: copies share one sample
    _known: set[str] = field(default_factory=set)  # contents annotated
    _likeness: Likeness = field(init=False)  # of the round

    @classmethod
    def under(
        cls,
        policy_name: str,
        stream: Rows,
        seeds: Rows,
        names: LabelNames,
        budget: int,
        rounds: int,
        rng: np.random.Generator,
        settings: CaptureSettings | None = None,
    ) -> "Replay":
        """A run yet to be made. Raises BadInput for an unknown policy."""
        known = ways(settings)
        if policy_name not in known:
            raise BadInput("No policy has this name.", name=policy_name, known=", ".join(known))
        return cls(stream, seeds, names, known[policy_name], budget, rounds, rng)

    @property
    def head(self) -> AnyHead:
        """The head that is live."""
        if self._live is None:
            raise NotTrained
        return self._live.head

    def run(self, test: Rows) -> list[Point]:
        """The curve, a point for the seeds and one after each round."""
        self._known.update(self.seeds.contents)
        self._train()
        points = [measure(self.head, test, 0)]
        capturer = self.way.capturer(self.way.captured_per_annotated * self.budget / self.rounds)
        for number in range(self.rounds):
            rows = self._rows_of(number)
            self.captures.append(0)
            self._likeness = self._known_likeness()
            for i, row in enumerate(rows):
                self._invoke(row, capturer, time_of_call(number, i / len(rows)))
            self._annotate(number, round(self.budget * (number + 1) / self.rounds) - len(self.bought))
            self.moments.append(self.books.moment(number + 1, self.way.draws))
            self._train()
            points.append(measure(self.head, test, len(self.bought)))
        return points

    def _rows_of(self, number: int) -> range:
        n = len(self.stream.labels)
        return range(n * number // self.rounds, n * (number + 1) // self.rounds)

    def _invoke(self, row: int, capturer: Capturer, at: datetime) -> None:
        draw, content = self.rng.random(), self.stream.contents[row]
        known = content in self._known
        embedding = self.stream.embeddings[row]
        call = Call(
            self.head.probabilities_of_one(embedding),
            self.head.label_ids,
            embedding,
            compare=partial(self._likeness.likest, embedding),
        )
        self.books.called(at, call.label_ids, call.probabilities, self.stream.labels[row], known)
        if known:
            return
        now_s = row / len(self.stream.labels) * self.rounds * DAY_S
        taken = capturer.taken(call, self._counts, now_s, draw)
        if taken is not None:
            self._capture(row, call, taken, now_s, at)

    def _known_likeness(self) -> Likeness:
        bought, waiting = [each.row for each in self.bought], [each.row for each in self._open.values()]
        return Likeness(
            self.head.centre,
            np.concatenate([self.seeds.embeddings, self.stream.embeddings[bought]]),
            [*self.seeds.labels, *(self.stream.labels[row] for row in bought)],
            self.stream.embeddings[waiting],
        )

    def _capture(self, row: int, call: Call, taken: Taken, now_s: float, at: datetime) -> None:
        content, best = self.stream.contents[row], int(call.probabilities.argmax())
        self.captures[-1] += 1
        self.books.captured(
            at, content, taken.decision, call.label_ids[best], float(call.probabilities[best])
        )
        if content not in self._open:
            self._likeness.captured(self.stream.embeddings[row])
        there = self._open.setdefault(content, _Open(row, now_s, taken.key, taken.propensity, taken.reason))
        there.key = min(there.key, taken.key)

    def _annotate(self, number: int, wanted: int) -> None:
        counts = dict(zip(self.head.label_ids, self._counts, strict=True))
        order = self.way.order(self._items(), counts, len(self.bought))
        chosen = order[: max(0, wanted)]
        for i, item in enumerate(chosen):
            self._known.add(item.sample_id)
            settled = self._open.pop(item.sample_id)
            self.bought.append(settled)
            at = time_of_annotation(number, i / len(chosen))
            self.books.annotated(at, item.sample_id, self.stream.labels[settled.row])

    def _items(self) -> list[QueueItem]:
        if not self._open:
            return []
        embeddings = self.stream.embeddings[[each.row for each in self._open.values()]]
        probabilities = self.head.probabilities(embeddings)
        two = np.sort(probabilities, axis=1)[:, -2:]
        best = probabilities.argmax(axis=1)
        return [
            QueueItem(
                sample_id=content,
                key=each.key,
                label_id=self.head.label_ids[best[i]],
                confidence=float(two[i, 1]),
                margin=float(two[i, 1] - two[i, 0]),
                captured_at=datetime.fromtimestamp(each.at_s, UTC),
                embedding=embeddings[i],
            )
            for i, (content, each) in enumerate(self._open.items())
        ]

    def _train(self) -> None:
        """What a server does after annotations: train, and go live if the gate lets it."""
        trained = train(self._training_set(), self._live)
        if self._live is None or trained.verdict.outcome is GateOutcome.PROMOTED:
            self._live = LiveRecord(trained.head, trained.record)
        counts = Counter([*self.seeds.labels, *(self.stream.labels[each.row] for each in self.bought)])
        self._counts = np.array([counts[label] for label in self.head.label_ids], dtype=float)

    def _training_set(self) -> TrainingSet:
        place = {label: i for i, label in enumerate(self.names.label_ids)}
        seeds = list({content: i for i, content in enumerate(self.seeds.contents)}.values())
        rows = [each.row for each in self.bought]
        contents = [self.seeds.contents[i] for i in seeds] + [self.stream.contents[i] for i in rows]
        labels = [self.seeds.labels[i] for i in seeds] + [self.stream.labels[i] for i in rows]
        return TrainingSet(
            embeddings=np.concatenate([self.seeds.embeddings[seeds], self.stream.embeddings[rows]]),
            targets=np.array([place[label] for label in labels]),
            label_ids=self.names.label_ids,
            digests=[sha256(content.encode()).digest() for content in contents],
            weights=np.array([1.0] * len(seeds) + [1 / each.propensity for each in self.bought], np.float32),
            captured=np.array([False] * len(seeds) + [True] * len(rows)),
            label_name_embeddings=self.names.embeddings,
            readable_names=self.names.readable,
            whiten=self.whiten,
            layout=self.layout,
        )


def measure(head: AnyHead, test: Rows, annotations: int) -> Point:
    """Accuracy, and the mean over labels of the share of their rows that is recognised."""
    answers = np.array(head.label_ids)[head.probabilities(test.embeddings).argmax(axis=1)]
    truth = np.array(test.labels)
    right = answers == truth
    recalls = [right[truth == label].mean() for label in np.unique(truth)]
    return Point(annotations, float(right.mean()), float(np.mean(recalls)))


def run(
    texts: Sequence[str],
    labels: Sequence[str],
    seed_texts: Sequence[str],
    seed_labels: Sequence[str],
    test_texts: Sequence[str],
    test_labels: Sequence[str],
    encoder: Encoder,
    policy_name: str = "noria",
    budget: int = 500,
    rounds: int = 12,
    rng: np.random.Generator | None = None,
) -> list[Point]:
    """Accuracy per annotations spent, from texts: the stream, the seed samples, and the rows to measure on.

    policy_name: one of POLICIES.   budget: annotations in all, spread evenly over the rounds.
    Raises BadInput for an unknown policy.
    """
    prepared = Replay.under(
        policy_name,
        embedded(texts, labels, encoder),
        embedded(seed_texts, seed_labels, encoder),
        LabelNames.of([*seed_labels, *labels], encoder),
        budget,
        rounds,
        rng or np.random.default_rng(0),
    )
    return prepared.run(embedded(test_texts, test_labels, encoder))
