import io
from dataclasses import replace

import numpy as np
import pytest

from noria.errors import ModelDamaged
from noria.learning.head import Head
from noria.learning.record import NOT_SCORED, Suspect, TrainingRecord

RECORD = TrainingRecord(
    ("label_a", "label_b"),
    (b"\x00\x01", b"\x00\x00", b"zz"),
    np.array([1, NOT_SCORED, 0], np.int32),
    np.array([0.5, 0.0, 0.25], np.float32),
    (Suspect(b"zz", "label_b", "label_a", 0.75),),
)


def test_predictions_are_label_ids_by_digest() -> None:
    assert RECORD.predictions() == {b"\x00\x01": "label_b", b"zz": "label_a"}


def test_bytes_bring_the_same_record_back() -> None:
    back = TrainingRecord.from_bytes(RECORD.to_bytes())
    assert (back.label_ids, tuple(back.digests)) == (RECORD.label_ids, RECORD.digests)
    assert back.predictions() == RECORD.predictions()
    np.testing.assert_allclose(back.true_probability, RECORD.true_probability, atol=1e-3)


def test_equal_records_give_equal_bytes() -> None:
    assert RECORD.to_bytes() == TrainingRecord.from_bytes(RECORD.to_bytes()).to_bytes()


def test_heads_of_folds_come_back() -> None:
    ones = np.ones(2, np.float32)
    heads = tuple(Head(("a", "b"), ones, np.eye(2, dtype=np.float32) * i, ones) for i in range(3))
    back = TrainingRecord.from_bytes(replace(RECORD, fold_heads=heads).to_bytes())
    assert [head.to_bytes() for head in back.fold_heads] == [head.to_bytes() for head in heads]


@pytest.mark.parametrize("data", [b"", b"nothing of ours", RECORD.to_bytes()[:-30]])
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(ModelDamaged):
        TrainingRecord.from_bytes(data)


def test_an_answer_outside_the_labels_is_damage() -> None:
    broken = TrainingRecord(("label_a",), (b"d",), np.array([4], np.int32), np.zeros(1, np.float32))
    with pytest.raises(ModelDamaged):
        TrainingRecord.from_bytes(broken.to_bytes())


def test_suspects_come_back_in_their_order() -> None:
    assert TrainingRecord.from_bytes(RECORD.to_bytes()).suspects == RECORD.suspects


def test_a_record_from_before_there_were_suspects_has_none() -> None:
    with np.load(io.BytesIO(RECORD.to_bytes())) as arrays:
        older = {name: arrays[name] for name in arrays.files if not name.startswith("suspects")}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **older)
    assert TrainingRecord.from_bytes(buffer.getvalue()).suspects == ()


def test_a_suspect_outside_the_samples_is_damage() -> None:
    with np.load(io.BytesIO(RECORD.to_bytes())) as arrays:
        wrong = dict(arrays) | {"suspects": np.array([[9, 0, 1]], np.int32)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **wrong)
    with pytest.raises(ModelDamaged):
        TrainingRecord.from_bytes(buffer.getvalue())
