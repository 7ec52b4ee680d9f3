"""Cells are made once there is enough to make them from, and then they stay."""

from datetime import UTC, datetime

import pytest
from taught import ENCODERS, Taught

from noria.encoders import EncoderSet, identity
from noria.encoders.hashing import HashingEncoder
from noria.learning.cells import LEAST_SAMPLES, Cells
from noria.records.function import Function, Modality
from noria.storage import Storage, StoredCells, Vector
from noria.work.cells import CellMaker
from noria.work.reconcile import Reconciler
from noria.work.train import Trainer


class OtherEncoder(HashingEncoder):
    checksum = "0" * 64


def grown(function: Taught, n: int = LEAST_SAMPLES) -> Taught:
    for i in range(n):
        function.teach(f"call {i} {i * i}", None)
    return function


def functions(storage: Storage) -> list[Function]:
    return storage.functions.page(None, 100)


def cells_of(storage: Storage, function: Taught) -> StoredCells:
    found = storage.cells.of(function.id)
    assert found is not None
    return found


@pytest.fixture
def maker(storage: Storage) -> CellMaker:
    return CellMaker(storage, ENCODERS)


def test_too_few_samples_make_no_cells(storage: Storage, maker: CellMaker) -> None:
    function = grown(Taught.new(storage), LEAST_SAMPLES - 1)
    assert maker.look(functions(storage)) == 0
    function.teach("one more", None)
    assert maker.look(functions(storage)) == 1
    stored = cells_of(storage, function)
    assert (stored.n_samples, stored.encoder) == (LEAST_SAMPLES, identity(HashingEncoder()))
    assert len(Cells.from_bytes(stored.arrays)) == stored.n


def test_cells_stay_as_the_function_grows(storage: Storage, maker: CellMaker) -> None:
    function = grown(Taught.new(storage))
    maker.look(functions(storage))
    before = cells_of(storage, function)
    function.teach("something else altogether", None)
    assert maker.look(functions(storage)) == 0
    assert cells_of(storage, function) == before


def test_another_encoder_means_other_cells(storage: Storage, maker: CellMaker) -> None:
    function = grown(Taught.new(storage))
    maker.look(functions(storage))
    numbers = storage.reembedding.begin({Modality.TEXT: identity(OtherEncoder())}, datetime.now(UTC))
    after = storage.embedding_with(numbers)
    for place, vector in storage.vectors.at(storage.vectors.places(function.id)):
        row = Vector(place, function.id, 0, vector)
        storage.reembedding.put(numbers[Modality.TEXT], [row], datetime.now(UTC))
    encoders = EncoderSet({Modality.TEXT: OtherEncoder})
    assert CellMaker(after, encoders).look(functions(storage)) == 1
    stored = after.cells.of(function.id)
    assert stored is not None
    assert (stored.remade, stored.encoder) == (True, identity(OtherEncoder()))


def test_embeddings_narrower_than_the_newest_are_left_out(storage: Storage, maker: CellMaker) -> None:
    function = grown(Taught.new(storage))
    function.teach("the newest of all", None, embedding=bytes(4 * 65))
    assert maker.look(functions(storage)) == 0


def test_one_functions_trouble_is_not_the_others(
    storage: Storage, maker: CellMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled, deleted, other = (grown(Taught.new(storage)) for _ in range(3))
    make, listed = storage.cells.make, functions(storage)
    storage.functions.delete(deleted.id)

    def failing(function_id: str, *rest: object) -> StoredCells:
        if function_id == troubled.id:
            raise ValueError("not now")
        return make(function_id, *rest)

    monkeypatch.setattr(storage.cells, "make", failing)
    assert maker.look(listed) == 1
    assert storage.cells.encoders().keys() == {other.id}


def test_the_upkeep_makes_them(storage: Storage, trainer: Trainer, maker: CellMaker) -> None:
    function = grown(Taught.new(storage))
    reconciler = Reconciler(storage, trainer, cells=maker)
    while reconciler.step():
        pass
    assert cells_of(storage, function).n > 1
