"""One training run: rows in, a version out. Safe to repeat; a run that dies leaves nothing half-made."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from noria.encoders import EncoderSet, identity
from noria.encoders.label_names import LabelEmbeddings, PicturedLabels, label_embeddings
from noria.errors import FunctionNotFound
from noria.learning.arrays import FloatArray, padded, stacked
from noria.learning.head import DEFAULT_C
from noria.learning.heads import AnyHead, head_from_bytes
from noria.learning.merged import merged, merged_record
from noria.learning.record import TrainingRecord
from noria.learning.rows import Layout
from noria.learning.tags_training import TagsCandidate, train_tags
from noria.learning.training import (
    Candidate,
    LiveRecord,
    TrainingSet,
    can_train,
    full_cross_validation,
    train,
)
from noria.learning.words import embedding_in, places_in
from noria.records.function import Function, Modality
from noria.records.ids import new_id
from noria.records.label import Label
from noria.records.sample import HELD_OUT_SET
from noria.records.version import ModelVersion, TaggedSample, TrainingSample
from noria.storage import Storage, Trained
from noria.work.embeddings import Embeddings
from noria.work.predict import bring_predictions_up
from noria.work.train_tags import held_out_tags_scores, live_tags, tags_training_set

log = logging.getLogger("noria.train")

_PHASES = 4


class Trainer:
    """Trains functions, one at a time, warm: encoder, embeddings and chosen regularisation stay in memory."""

    def __init__(self, storage: Storage, encoders: EncoderSet, before: Storage | None = None) -> None:
        """before: has the vectors of live versions, where these are another encoder's than what is trained on."""
        self._storage = storage
        self._before = before
        self._encoders = encoders
        self._embeddings: dict[str, Embeddings] = {}
        self._names: dict[Modality, LabelEmbeddings | PicturedLabels | None] = {}
        self._c: dict[str, float] = {}

    def run(self, function: Function) -> ModelVersion | None:
        """Train what is wanted of this function and publish it; None while there is too little to learn from.

        Raises FunctionNotFound once the function is deleted.
        """
        run_id = self._storage.runs.begin(function.id, _now())
        try:
            version = self._run(function, run_id)
        except FunctionNotFound:  # deleted meanwhile, and this run with it
            raise
        except Exception as problem:
            log.exception("training %s failed", function.id)
            self._storage.runs.end(run_id, _now(), error=f"{type(problem).__name__}: {problem}")
            raise
        self._storage.runs.end(run_id, _now())
        return version

    def cross_validate(self, function_id: str) -> float | None:
        """The regularisation that a full cross-validation chooses; None while there is too little to learn from.

        Slow: see `BackgroundValidation`. Raises FunctionNotFound.
        """
        function = self._storage.functions.get(function_id)
        if function.tags:  # its tags are fitted with one regularisation
            return None
        labels = self._storage.labels.all(function.id)
        samples = self._storage.training.samples(function.id, HELD_OUT_SET)
        given = self._training_set(function, labels, samples)
        if given is None:
            return None
        losses = full_cross_validation(given)
        return min(losses, key=losses.__getitem__)

    def prefer(self, function_id: str, c: float) -> None:
        """Later runs of this function use this regularisation."""
        self._c[function_id] = c

    def predict(self, function_id: str) -> int:
        """Bring the stored predictions to the live version; returns how many samples that were."""
        return bring_predictions_up(self._storage, function_id)

    def train(
        self, function: Function, phase: Callable[[str, int], None] = lambda *_: None
    ) -> Trained | None:
        """Train it as it stands, without publishing; None while there is too little to learn from.

        phase: is told what is done next, and how many such things are done. Raises FunctionNotFound.
        """
        started, covered = time.monotonic(), function.wanted_seq
        phase("reading", 0)
        labels = self._storage.labels.all(function.id)
        found = (self._tags if function.tags else self._labels)(function, labels, phase)
        if found is None:
            return None
        candidate, scores, n_samples = found
        version = self._version(function, covered, candidate, scores, n_samples, time.monotonic() - started)
        return Trained(
            version,
            candidate.head.to_bytes(),
            candidate.record.to_bytes(),
            covered,
            function.live_version_id,
        )

    def _run(self, function: Function, run_id: str) -> ModelVersion | None:
        trained = self.train(function, partial(self._phase, run_id))
        if trained is None:
            self._storage.functions.finish_without_model(function.id, function.wanted_seq)
            return None
        self._storage.versions.publish(
            trained.version, trained.head, trained.out_of_fold, trained.covered_seq, trained.expected_live
        )
        self._phase(run_id, "predicting", 3)
        bring_predictions_up(self._storage, function.id, give_way=True)
        return trained.version

    def _labels(
        self, function: Function, labels: Sequence[Label], phase: Callable[[str, int], None]
    ) -> tuple[Candidate | TagsCandidate, Mapping[str, float], int] | None:
        samples = self._storage.training.samples(function.id, HELD_OUT_SET)
        given = self._training_set(function, labels, samples)
        if given is None:
            return None
        phase("training", 1)
        live = self._live(function, labels, samples)
        candidate = train(given, live, c=self._c.get(function.id, DEFAULT_C))
        phase("publishing", 2)
        return (
            candidate,
            dict(candidate.scores) | self._held_out_scores(function.id, candidate.head),
            len(samples),
        )

    def _tags(
        self, function: Function, labels: Sequence[Label], phase: Callable[[str, int], None]
    ) -> tuple[Candidate | TagsCandidate, Mapping[str, float], int] | None:
        samples = self._storage.tags.training(function.id, HELD_OUT_SET)
        rows = self._rows(function.id, [s.id for s in samples])
        given = tags_training_set(labels, samples, rows, self._layout(function))
        if given is None:
            return None
        phase("training", 1)
        live = live_tags(self._storage, function, labels)
        if live is not None:
            live = replace(live, features=self._live_features(function, samples))
        candidate = train_tags(given, live)
        phase("publishing", 2)
        held_out = held_out_tags_scores(self._storage, function.id, candidate.head)
        return candidate, dict(candidate.scores) | held_out, len(samples)

    def _training_set(
        self, function: Function, labels: Sequence[Label], samples: Sequence[TrainingSample]
    ) -> TrainingSet | None:
        place = {label.id: i for i, label in enumerate(labels)}
        rows = self._rows(function.id, [s.id for s in samples])
        usable = [s for s in samples if s.label_id in place and s.id in rows]
        targets = np.array([place[s.label_id] for s in usable], dtype=np.int64)
        if not can_train(np.bincount(targets, minlength=len(labels)).tolist() if len(targets) else []):
            return None
        names, readable = None, None
        if (embeddings := self._label_embeddings(function.input)) is not None:
            names, readable = embeddings.of(
                [label.name for label in labels], [label.description for label in labels]
            )
        given = [rows[s.id] for s in usable]
        counts_words = function.input is Modality.TEXT
        return TrainingSet(
            embeddings=padded([embedding_in(row) for row in given]),
            targets=targets,
            label_ids=tuple(label.id for label in labels),
            digests=[s.digest for s in usable],
            weights=np.array([s.weight for s in usable], dtype=np.float32),
            captured=np.array([s.captured for s in usable], dtype=np.bool_),
            label_name_embeddings=names,
            readable_names=readable,
            whiten=function.input is Modality.IMAGE,
            layout=self._layout(function),
            words=[places_in(row) for row in given] if counts_words else None,
        )

    def _label_embeddings(self, modality: Modality) -> LabelEmbeddings | PicturedLabels | None:
        if modality not in self._names:
            self._names[modality] = label_embeddings(self._encoders, modality)
        return self._names[modality]

    def _layout(self, function: Function) -> Layout | None:
        if function.input is not Modality.TABULAR:
            return None
        return Layout.of(self._storage.fields.all(function.id))

    def _rows(self, function_id: str, sample_ids: Sequence[str]) -> dict[str, FloatArray]:
        kept = self._embeddings.setdefault(function_id, Embeddings())
        return kept.of(self._storage, function_id, sample_ids)

    def _live(
        self, function: Function, labels: Sequence[Label], samples: Sequence[TrainingSample]
    ) -> LiveRecord | None:
        if function.live_version_id is None:
            return None
        head = head_from_bytes(self._storage.versions.head(function.live_version_id))
        record = TrainingRecord.from_bytes(self._storage.versions.out_of_fold(function.live_version_id))
        names = self._storage.merges.names(function.id)
        head, record = merged(head, names), merged_record(record, names)
        return LiveRecord(
            head.masked({label.id for label in labels}), record, self._live_features(function, samples)
        )

    def _live_features(
        self, function: Function, samples: Sequence[TrainingSample] | Sequence[TaggedSample]
    ) -> Mapping[bytes, FloatArray] | None:
        """What the live version reads of these samples, by digest; None where that is what training reads."""
        assert function.live_version_id is not None
        encoder = self._storage.versions.get(function.id, function.live_version_id).encoder
        if encoder == self._encoder(function):
            return None
        if self._before is None or self._before.encoders.name(function.input) not in (None, encoder):
            return {}  # it is judged by what it said out of fold
        vectors = self._before.samples.embeddings(function.id, [sample.id for sample in samples])
        return {s.digest: np.frombuffer(vectors[s.id], dtype="<f4") for s in samples if s.id in vectors}

    def _encoder(self, function: Function) -> str:
        """The name under which this process's encoder is known."""
        modality = function.input
        return self._storage.encoders.name(modality) or self._storage.encoders.bind(
            modality, identity(self._encoders[modality])
        )

    def _held_out_scores(self, function_id: str, head: AnyHead) -> dict[str, float]:
        """Accuracy on the samples that people set aside, if there are any."""
        samples = self._storage.training.held_out(function_id, HELD_OUT_SET)
        blobs = self._storage.samples.embeddings(function_id, [s.id for s in samples])
        samples = [s for s in samples if s.id in blobs]  # deleted between the two reads
        if not samples:
            return {}
        rows = stacked([blobs[s.id] for s in samples])
        answers = head.logits(rows).argmax(axis=1)
        right = [head.label_ids[a] == s.label_id for a, s in zip(answers, samples, strict=True)]
        return {"held_out_accuracy": float(np.mean(right)), "held_out_n": float(len(right))}

    def _version(
        self,
        function: Function,
        covered: int,
        candidate: Candidate | TagsCandidate,
        scores: Mapping[str, float],
        n_samples: int,
        seconds: float,
    ) -> ModelVersion:
        return ModelVersion(
            id=new_id("model"),
            function_id=function.id,
            number=0,  # the storage gives the next one
            created_at=_now(),
            trained_seq=covered,
            encoder=self._encoder(function),
            n_samples=n_samples,
            n_labels=len(candidate.head.label_ids),
            outcome=candidate.verdict.outcome,
            reason=candidate.verdict.reason,
            scores=scores,
            train_seconds=seconds,
        )

    def _phase(self, run_id: str, phase: str, done: int) -> None:
        self._storage.runs.update(run_id, phase, done, _PHASES, _now())


def _now() -> datetime:
    return datetime.now(UTC)
