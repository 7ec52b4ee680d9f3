import numpy as np
import pytest

from noria.errors import NotTrained
from noria.learning.arrays import FloatArray, normalised
from noria.learning.zero_shot import zero_shot_head

NAMES = normalised(np.random.default_rng(0).normal(size=(5, 32)).astype(np.float32) + 1)
IDS = [f"label_{i}" for i in range(5)]


def near(row: FloatArray) -> FloatArray:
    return normalised((row + np.random.default_rng(1).normal(scale=0.05, size=32).astype(np.float32))[None])


@pytest.mark.parametrize("centre", [None, NAMES.mean(axis=0) * 0.9], ids=["names' mean", "texts' mean"])
def test_a_text_near_a_name_gets_its_label(centre: FloatArray | None) -> None:
    head = zero_shot_head(IDS, NAMES, centre)
    assert [int(head.logits(near(row)).argmax()) for row in NAMES] == [0, 1, 2, 3, 4]


def test_a_nearer_text_gets_more_confidence() -> None:
    head = zero_shot_head(IDS, NAMES)
    between = normalised((NAMES[0] + NAMES[1])[None])
    assert head.probabilities(NAMES[:1]).max() > head.probabilities(between).max()


def test_two_names_are_enough() -> None:
    head = zero_shot_head(IDS[:2], NAMES[:2])
    assert head.probabilities(NAMES[:1])[0, 0] > 0.9


@pytest.mark.parametrize("centre", [None, NAMES.mean(axis=0)], ids=["names' mean", "texts' mean"])
def test_a_single_label_always_wins(centre: FloatArray | None) -> None:
    np.testing.assert_allclose(zero_shot_head(IDS[:1], NAMES[:1], centre).probabilities(NAMES), 1)


def test_without_labels_there_is_nothing_to_answer_with() -> None:
    with pytest.raises(NotTrained):
        zero_shot_head([], np.zeros((0, 32), np.float32))


def test_a_label_that_goes_is_masked_as_in_a_trained_head() -> None:
    assert zero_shot_head(IDS, NAMES).masked({"label_3"}).label_ids == ("label_3",)
