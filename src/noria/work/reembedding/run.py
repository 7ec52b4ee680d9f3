"""Re-embedding, beside servers that go on with the encoder they have."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from noria.encoders import AnyEncoder, EncoderSet, identity
from noria.errors import BadInput, EncoderChanged, FunctionNotFound, SwitchRefused
from noria.records.function import Function, Modality
from noria.records.version import GateOutcome
from noria.settings import Settings
from noria.storage import Storage, Trained, Vector
from noria.work.processes import through_processes
from noria.work.reembedding.contents import Chunk, chunks, embedded
from noria.work.train import Trainer

_TURN = "re-embedding"
_TURN_LOOK_S = 0.1
_TRIES = 5  # of a switch, where people make other versions live meanwhile
MARGIN = 10_000  # places that a transaction under way may still come behind

Wanted = Mapping[Modality, str]
"""Names of the encoders that are to be the installation's, of those kinds of input whose vectors they change."""


def wanted(storage: Storage, encoders: EncoderSet) -> Wanted:
    """Empty where the data is of these encoders already. Raises EncoderMissing."""
    current = storage.encoders.current()
    names = {Modality.TEXT: identity(encoders[Modality.TEXT])}
    if current[Modality.IMAGE].identity is not None:  # else there has never been an image
        names[Modality.IMAGE] = identity(encoders[Modality.IMAGE])
    changed = {m: name for m, name in names.items() if current[m].identity not in (None, name)}
    if changed:
        rows = identity(encoders[Modality.TABULAR])
        if image := names.get(Modality.IMAGE):
            rows = f"rows@{hashlib.sha256(f'{rows} {image}'.encode()).hexdigest()[:12]}"
        changed[Modality.TABULAR] = rows
    return changed


class ReEmbedding:
    """From the first vector to the switch. Ended at any moment, the next one goes on from the vectors that are there."""

    def __init__(self, storage: Storage, encoders: EncoderSet, settings: Settings, names: Wanted) -> None:
        """encoders: the new ones, as `settings` name them."""
        self._storage = storage
        self._encoders = encoders
        self._settings = settings
        self._upto = max(0, storage.reembedding.last_place() - MARGIN)
        self._numbers = storage.reembedding.begin(names, _now())
        self._after = storage.embedding_with(self._numbers)
        self._trainer = Trainer(self._after, encoders, before=storage)
        self._trained: dict[str, Trained | None] = {}

    def standing(self) -> tuple[int, int]:
        """Samples that are embedded, and all there are to be."""
        return self._storage.reembedding.standing(list(self._numbers.values()))

    def embed(self, processes: int, seen: Callable[[int], None]) -> None:
        """One pass over everything that has no vector yet. seen: is told of samples as they are stored.

        Raises ProcessLost, EncoderChanged.
        """
        names = {m: identity(self._encoders[m]) for m in self._encoders.loaded()}
        for modality, number in self._numbers.items():
            pieces = ((chunk, modality) for chunk in chunks(self._storage, number, modality))
            for vectors in through_processes(_embed, pieces, processes, _begin, (self._settings, names)):
                self._storage.reembedding.put(number, vectors, _now())
                seen(len(vectors))

    def train(self, told: Callable[[Function, Trained | None], None]) -> None:
        """A version of every function that has one live, as the gate of these sees it."""
        for id in self._storage.reembedding.functions(list(self._numbers)):
            self._train(id, told)

    def switch(self, anyway: bool, told: Callable[[Function, Trained | None], None]) -> None:
        """Make the encoders the installation's, with a version of each function that was compared with what is live.

        anyway: though the gate would keep a version back, or a version is pinned. Raises SwitchRefused, BadInput.
        """
        self._must_be_let(anyway)
        moved = self._storage.reembedding.functions(list(self._numbers))
        with self._turns(moved):
            for modality, number in self._numbers.items():  # what came since the pass
                for chunk in chunks(self._storage, number, modality):
                    vectors = embedded(chunk, modality, self._encoders)
                    self._storage.reembedding.put(number, vectors, _now())
            for _ in range(_TRIES):
                for id in moved:
                    self._train(id, told)
                self._must_be_let(anyway)
                moved = self._storage.reembedding.switch(self._numbers, self._trained, self._upto, _now())
                if not moved:
                    return
        raise BadInput("Versions are made live all the time. Run the same command again when that is over.")

    def _train(self, function_id: str, told: Callable[[Function, Trained | None], None]) -> None:
        try:
            function = self._storage.functions.get(function_id)
        except FunctionNotFound:  # deleted meanwhile
            self._trained.pop(function_id, None)
            return
        before = self._trained.get(function_id)
        if before and (before.expected_live, before.covered_seq) == (
            function.live_version_id,
            function.wanted_seq,
        ):
            return
        self._storage.reembedding.beat(list(self._numbers.values()), _now())
        self._trained[function_id] = self._trainer.train(function)
        told(function, self._trained[function_id])

    def _must_be_let(self, anyway: bool) -> None:
        """Raises SwitchRefused."""
        if anyway:
            return
        words = []
        for id, one in self._trained.items():
            with suppress(FunctionNotFound):  # deleted meanwhile
                words += self._against(self._storage.functions.get(id), one)
        if words:
            said = " ".join((SwitchRefused.__doc__ or "").split())
            raise SwitchRefused("\n".join([said, *words]))

    def _against(self, function: Function, one: Trained | None) -> list[str]:
        who = f"{function.name} ({function.id})"
        if function.pinned_version_id is not None:
            return [f"{who}: a version is pinned"]
        if one is None:
            return [f"{who}: there is too little left to train a version from"]
        if one.version.outcome is not GateOutcome.PROMOTED:
            return [f"{who}: {one.version.reason}"]
        return []

    @contextmanager
    def _turns(self, function_ids: Sequence[str]) -> Iterator[None]:
        """Nobody else trains these until the block ends."""
        turns, taken = self._storage.training_turns, []
        try:
            for id in function_ids:
                while not turns.take(id):
                    time.sleep(_TURN_LOOK_S)
                taken.append(id)
            yield
        finally:
            for id in taken:
                turns.give_back(id)


@contextmanager
def alone(storage: Storage) -> Iterator[None]:
    """One at a time in an installation. Raises BadInput."""
    if not storage.training_turns.take(_TURN):
        raise BadInput("The data is being re-embedded already. Wait for that, or end it.")
    try:
        yield
    finally:
        storage.training_turns.give_back(_TURN)


_here: list[EncoderSet] = []  # of this process, once it has begun


def _begin(settings: Settings, names: Mapping[Modality, str]) -> None:
    def same(modality: Modality, encoder: AnyEncoder[object]) -> None:
        if names.get(modality, identity(encoder)) != identity(encoder):
            raise EncoderChanged(this_process_has=identity(encoder))

    _here.append(EncoderSet.of(settings).checked(same))


def _embed(chunk: Chunk, modality: Modality) -> list[Vector]:
    return embedded(chunk, modality, _here[0])


def _now() -> datetime:
    return datetime.now(UTC)
