from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from noria.errors import NotTrained
from noria.learning.head import Head, fit_head
from noria.learning.merged import merged, merged_record, merged_tags, merged_tags_record
from noria.learning.record import NOT_SCORED, Suspect, TrainingRecord
from noria.learning.tags_head import TagsHead
from noria.learning.tags_record import TagsRecord

MakeBlobs = Callable[..., Any]
A, B, C = IDS = ("label_a", "label_b", "label_c")


@pytest.fixture
def head(blobs: MakeBlobs) -> Head:
    return fit_head(*blobs(3, 8), IDS)


@pytest.fixture
def rows(blobs: MakeBlobs) -> np.ndarray:
    return np.asarray(blobs(3, 5, seed=1)[0])


def test_probabilities_of_two_labels_add_up(head: Head, rows: np.ndarray) -> None:
    now = merged(head, {A: C})
    before = head.probabilities(rows)
    assert now.label_ids == (C, B)
    np.testing.assert_allclose(
        now.probabilities(rows), np.stack([before[:, 0] + before[:, 2], before[:, 1]], axis=1), atol=1e-6
    )
    np.testing.assert_allclose(now.probabilities_of_one(rows[0]), now.probabilities(rows)[0], atol=1e-6)
    assert (now.logits(rows).argmax(axis=1) == now.probabilities(rows).argmax(axis=1)).all()


def test_a_head_that_knows_neither_is_itself(head: Head) -> None:
    assert merged(head, {"label_x": A}) is head


def test_a_label_that_the_head_did_not_know_takes_over_the_column(head: Head, rows: np.ndarray) -> None:
    now = merged(head, {A: "label_new"})
    assert now.label_ids == ("label_new", B, C)
    np.testing.assert_array_equal(now.probabilities(rows), head.probabilities(rows))


def test_what_was_merged_can_be_deleted(head: Head, rows: np.ndarray) -> None:
    left = merged(head, {A: C}).masked({B})
    assert left.label_ids == (B,)
    np.testing.assert_allclose(left.probabilities(rows), 1, atol=1e-6)
    with pytest.raises(NotTrained):
        left.masked(()).probabilities(rows)


def test_one_of_two_tags_is_enough() -> None:
    one = np.ones(2, dtype=np.float32)
    head = TagsHead(
        (A, B), np.zeros(2, np.float32), np.eye(2, dtype=np.float32), 0 * one, one, 0 * one,
        np.array([0.4, 0.6], np.float32),
    )  # fmt: skip
    rows = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    now = merged_tags(head, {A: B})
    p = head.probabilities(rows)
    assert now.label_ids == (B,)
    np.testing.assert_allclose(now.probabilities(rows)[:, 0], 1 - (1 - p).prod(axis=1), atol=1e-6)
    np.testing.assert_allclose(now.suggested, [0.4])
    assert now.masked({A}).label_ids == ()


def test_answers_out_of_fold_are_called_as_labels_are_now() -> None:
    digests = [b"1" * 32, b"2" * 32, b"3" * 32]
    suspects = (Suspect(digests[0], A, B, 0.9), Suspect(digests[1], A, C, 0.8))
    record = TrainingRecord(IDS, digests, np.array([0, 1, NOT_SCORED]), np.ones(3, np.float32), suspects)
    now = merged_record(record, {A: B})
    assert now.predictions() == {digests[0]: B, digests[1]: B}
    assert now.suspects == (Suspect(digests[1], B, C, 0.8),)


def test_tags_out_of_fold_are_told_where_both_were_held_out() -> None:
    p = np.array([[0.5, 0.5, 0.1], [np.nan, 0.5, 0.2]], dtype=np.float32)
    now = merged_tags_record(TagsRecord(IDS, [b"1" * 32, b"2" * 32], p), {B: A})
    assert now.label_ids == (A, C)
    np.testing.assert_allclose(now.probabilities, [[0.75, 0.1], [np.nan, 0.2]], atol=1e-6)
