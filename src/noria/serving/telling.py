"""The telling words of a text that somebody is labelling, as the live version leans on them."""

import asyncio
import hashlib
import hmac
import os
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from noria.encoders import EncoderSet
from noria.encoders.encoder import reads
from noria.encoders.features import features
from noria.errors import BadInput, Overloaded
from noria.learning.arrays import padded
from noria.learning.telling import LogOdds, Telling, log_odds, log_odds_of_tag, telling
from noria.records.function import Modality
from noria.records.ids import canonical
from noria.serving.labelling import Served
from noria.serving.live import LiveFunction, LiveFunctions, LiveModel
from noria.storage import Storage

LONG = 300  # characters from which a text is worth marking
_MOST_READ = 8_000  # characters, for an encoder without an end
_KEPT = 500  # answers
_WAITING = 16  # questions
_EACH = 2  # questions of one person that are not given up: the item on show and the next
_PEOPLE = 200
_BEHIND_ANSWERS = 10  # niceness


@dataclass(frozen=True, slots=True)
class Told:
    """What the live version leaned on in a text."""

    label_name: str  # of its answer; of tags, of the likeliest that it sees
    version_number: int
    telling: Telling
    read: int | None  # characters of the text that it reads; None: all


class Tellings:
    """One question at a time on a thread of its own behind all answers, each asked once for an item and a version."""

    def __init__(self, storage: Storage, live: LiveFunctions, encoders: EncoderSet) -> None:
        self._storage = storage
        self._live = live
        self._encoders = encoders
        self._thread = ThreadPoolExecutor(1, "telling", initializer=_behind_answers)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], Told | None] = OrderedDict()
        self._asked: OrderedDict[str, deque[str]] = OrderedDict()  # by person, the newest items
        self._waiting = 0
        self._secret: bytes | None = None

    def ticket(self, function_id: str, item: Served, holder: str) -> str | None:
        """What this person asks with for the words of an item; None where there are none to tell.

        None, too, for a blind item: its words would tell the answer.
        """
        live = self._live.peek(function_id)
        if live is None or not _tells(live) or item.blind or len(item.data) < LONG:
            return None
        return self._signed(function_id, item.sample_id, holder)

    async def of(self, function_id: str, sample_id: str, holder: str, ticket: str) -> Told | None:
        """The words, as the live version has them; None where it has no answer, or this person has moved on.

        Raises BadInput for a ticket of another item or person, SampleNotFound, Overloaded.
        """
        function_id, sample_id = canonical("function", function_id), canonical("sample", sample_id)
        if not hmac.compare_digest(self._signed(function_id, sample_id, holder), ticket):
            raise BadInput("The words of an item are told to whom it was served, and of a blind one never.")
        if self._waiting >= _WAITING:
            raise Overloaded(waiting=self._waiting)
        self._wants(holder, sample_id)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._thread, partial(self._told, function_id, sample_id, holder)
            )
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """What is asked about is given up."""
        with self._lock:
            self._asked.clear()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _told(self, function_id: str, sample_id: str, holder: str) -> Told | None:
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        model = live.model
        if not _tells(live):
            return None
        key = (function_id, sample_id, model.version_id, model.head.label_ids, _thresholds(model))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            told = self._ask(model, function_id, sample_id, holder)
        except _MovedOn:
            return None
        with self._lock:
            self._kept[key] = told
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return told

    def _ask(self, model: LiveModel, function_id: str, sample_id: str, holder: str) -> Told | None:
        text = self._storage.samples.get(function_id, sample_id).data
        label = self._answer(model, function_id, sample_id)
        if label is None or len(text) < LONG:
            return None
        encoder = self._encoders[Modality.TEXT]
        of_label = log_odds if model.thresholds is None else log_odds_of_tag

        def ask(texts: Sequence[str]) -> LogOdds:
            rows = []
            for one in texts:
                if not self._still_wanted(holder, sample_id):
                    raise _MovedOn
                rows.append(features(encoder, one))
            return of_label(model.head.probabilities(padded(rows)), label)

        upto = min(reads(encoder, text), _MOST_READ)
        name = model.label_names[model.head.label_ids[label]]
        return Told(name, model.number, telling(text, ask, upto), upto if upto < len(text.rstrip()) else None)

    def _answer(self, model: LiveModel, function_id: str, sample_id: str) -> int | None:
        """The place of the label that the model gives, of tags of the likeliest that it sees."""
        stored = self._storage.samples.embeddings(function_id, [sample_id]).get(sample_id)
        if stored is None:
            return None
        p = model.head.probabilities_of_one(np.frombuffer(stored, dtype="<f4"))
        if model.thresholds is None:
            return int(p.argmax())
        return next(iter(model.answered(p)), None)

    def _wants(self, holder: str, sample_id: str) -> None:
        with self._lock:
            newest = self._asked.setdefault(holder, deque(maxlen=_EACH))
            self._asked.move_to_end(holder)
            if sample_id not in newest:
                newest.append(sample_id)
            while len(self._asked) > _PEOPLE:
                self._asked.popitem(last=False)

    def _still_wanted(self, holder: str, sample_id: str) -> bool:
        with self._lock:
            return sample_id in self._asked.get(holder, ())

    def _signed(self, function_id: str, sample_id: str, holder: str) -> str:
        if self._secret is None:
            self._secret = self._storage.secrets.get_or_create("telling", partial(secrets.token_bytes, 32))
        said = "\n".join((function_id, sample_id, holder)).encode()
        return hmac.new(self._secret, said, hashlib.sha256).hexdigest()[:32]


class _MovedOn(Exception):
    """Nobody waits for this any more."""


def _tells(live: LiveFunction) -> bool:
    """Whether the function has words to tell: of texts, by a trained version with something to choose from."""
    model = live.model
    least = 1 if live.function.tags else 2
    return (
        live.function.input is Modality.TEXT
        and not live.function.searches
        and not model.zero_shot
        and len(model.head.label_ids) >= least
    )


def _thresholds(model: LiveModel) -> bytes:
    return b"" if model.thresholds is None else model.thresholds.tobytes()


def _behind_answers() -> None:
    """Calls go first: on Linux a thread has a niceness of its own."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND_ANSWERS)
