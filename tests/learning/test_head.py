from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from noria.errors import ModelDamaged, NotTrained, TooFewLabels
from noria.learning.head import Head, fit_head, softmax

MakeBlobs = Callable[..., Any]
IDS = ("label_a", "label_b", "label_c")


@pytest.fixture
def head(blobs: MakeBlobs) -> Head:
    return fit_head(*blobs(3, 8), IDS)


def accuracy(head: Head, embeddings: np.ndarray, targets: np.ndarray) -> float:
    return float((head.logits(embeddings).argmax(axis=1) == targets).mean())


def test_probabilities_sum_to_one(head: Head, blobs: MakeBlobs) -> None:
    p = head.probabilities(blobs(3, 5, seed=1)[0])
    assert p.shape == (15, 3)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)


def test_it_learns_what_can_be_told_apart(head: Head, blobs: MakeBlobs) -> None:
    assert accuracy(head, *blobs(3, 50, seed=1)) > 0.95


def test_two_labels_get_a_column_each(blobs: MakeBlobs) -> None:
    head = fit_head(*blobs(2, 8), IDS[:2])
    assert head.weights.shape == (32, 2)
    assert accuracy(head, *blobs(2, 50, seed=1)) > 0.95


def test_two_labels_are_given_what_scikit_learn_gives(blobs: MakeBlobs) -> None:
    from sklearn.linear_model import LogisticRegression

    embeddings, targets = blobs(2, 8)
    head = replace(fit_head(embeddings, targets, IDS[:2]), sharpness=1.0)
    centred = embeddings - embeddings.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    model = LogisticRegression(C=10, tol=1e-4, max_iter=25).fit(centred, targets)
    np.testing.assert_allclose(head.probabilities(embeddings), model.predict_proba(centred), atol=1e-4)


def test_one_row_is_answered_as_in_a_batch(head: Head, blobs: MakeBlobs) -> None:
    rows = blobs(3, 5, seed=1)[0]
    alone = np.stack([head.probabilities_of_one(row) for row in rows])
    assert alone.dtype == np.float32
    np.testing.assert_allclose(alone, head.probabilities(rows), atol=1e-6)


def test_an_embedding_that_equals_the_centre_has_an_answer(head: Head) -> None:
    assert np.isfinite(head.probabilities_of_one(head.centre)).all()
    assert np.isfinite(head.probabilities(head.centre[None])).all()


def test_sharpness_moves_confidence_and_not_the_answer(head: Head, blobs: MakeBlobs) -> None:
    rows = blobs(3, 5, seed=1)[0]
    mild, sharp = (replace(head, sharpness=s).probabilities(rows) for s in (1.0, 5.0))
    assert (mild.argmax(axis=1) == sharp.argmax(axis=1)).all()
    assert (sharp.max(axis=1) > mild.max(axis=1)).all()


def test_a_rare_label_is_not_drowned(blobs: MakeBlobs) -> None:
    embeddings, targets = blobs(2, 200, noise=0.9)
    kept = np.concatenate([np.flatnonzero(targets == 0), np.flatnonzero(targets == 1)[:10]])
    head = fit_head(embeddings[kept], targets[kept], IDS[:2])
    test, truth = blobs(2, 200, noise=0.9, seed=1)
    of_rare = test[truth == 1]
    assert (head.logits(of_rare).argmax(axis=1) == 1).mean() > _unbalanced_recall(
        embeddings[kept], targets[kept], of_rare
    )


def _unbalanced_recall(embeddings: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> float:
    from sklearn.linear_model import LogisticRegression

    centre = embeddings.mean(axis=0)
    centred = [(x - centre) / np.linalg.norm(x - centre, axis=1, keepdims=True) for x in (embeddings, rows)]
    model = LogisticRegression(C=10, tol=1e-4, max_iter=25).fit(centred[0], targets)
    return float((model.predict(centred[1]) == 1).mean()) + 0.05


def test_raw_and_lenient_fitting_stops_before_the_first_step() -> None:
    """The pitfall itself: with a shared mean, 150 labels and a tolerance of 1e-3, nothing is learnt."""
    from sklearn.linear_model import LogisticRegression

    embeddings, targets = _many_labels(150)
    model = LogisticRegression(C=10, tol=1e-3, max_iter=25).fit(embeddings, targets)
    assert model.n_iter_ == [0]


@pytest.mark.parametrize("k", [150, 600])
def test_many_labels_are_learnt_all_the_same(k: int) -> None:
    embeddings, targets = _many_labels(k)
    head = fit_head(embeddings, targets, [str(i) for i in range(k)])
    assert accuracy(head, embeddings, targets) > 0.95


def _many_labels(k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(k), 4)
    points = rng.normal(size=(k, 384))[targets] + rng.normal(scale=0.7, size=(len(targets), 384)) + 1.2
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), targets


def test_a_start_is_matched_by_label_id_and_leads_to_the_same_answers(head: Head, blobs: MakeBlobs) -> None:
    embeddings, targets = blobs(4, 8)
    ids = ("label_new", "label_c", "label_b", "label_a")
    cold = fit_head(embeddings, targets, ids)
    warm = fit_head(embeddings, targets, ids, start=head)
    np.testing.assert_allclose(warm.probabilities(embeddings), cold.probabilities(embeddings), atol=0.05)


def test_a_start_with_other_labels_serves_two(head: Head, blobs: MakeBlobs) -> None:
    embeddings, targets = blobs(2, 8)
    warm = fit_head(embeddings, targets, ("label_b", "label_new"), start=head)
    assert accuracy(warm, embeddings, targets) == 1.0


def test_the_same_input_gives_the_same_bytes(blobs: MakeBlobs) -> None:
    assert fit_head(*blobs(3, 8), IDS).to_bytes() == fit_head(*blobs(3, 8), IDS).to_bytes()


def test_one_label_is_too_few(blobs: MakeBlobs) -> None:
    with pytest.raises(TooFewLabels):
        fit_head(*blobs(1, 8), IDS[:1])


def test_a_label_without_an_example_is_refused(blobs: MakeBlobs) -> None:
    with pytest.raises(ValueError, match="example"):
        fit_head(*blobs(2, 8), IDS)


def test_a_masked_head_answers_with_what_is_left(head: Head, blobs: MakeBlobs) -> None:
    rows = blobs(3, 5, seed=1)[0]
    left = head.masked({"label_a", "label_c"})
    assert left.label_ids == ("label_a", "label_c")
    np.testing.assert_allclose(
        left.probabilities(rows), softmax(head.logits(rows)[:, [0, 2]] * 2.5), atol=1e-6
    )


def test_masking_nothing_is_free(head: Head) -> None:
    assert head.masked(set(IDS)) is head


def test_without_a_label_there_is_no_answer(head: Head) -> None:
    with pytest.raises(NotTrained):
        head.masked(set()).probabilities(head.centre[None])
    with pytest.raises(NotTrained):
        head.masked(set()).probabilities_of_one(head.centre)


def test_bytes_bring_the_same_head_back(head: Head) -> None:
    back = Head.from_bytes(replace(head, sharpness=1.75).to_bytes())
    assert back.label_ids == IDS
    assert back.sharpness == 1.75
    for name in ("centre", "weights", "bias"):
        np.testing.assert_array_equal(getattr(back, name), getattr(head, name))


def test_a_head_masked_to_nothing_survives_bytes(head: Head) -> None:
    assert Head.from_bytes(head.masked(set()).to_bytes()).label_ids == ()


@pytest.mark.parametrize("cut", [0, 1, 100, 0.5, -1])
def test_cut_off_bytes_are_refused(head: Head, cut: float) -> None:
    data = head.to_bytes()
    end = int(cut * len(data)) if isinstance(cut, float) else cut
    with pytest.raises(ModelDamaged):
        Head.from_bytes(data[:end])


def test_a_flipped_bit_is_found_wherever_numbers_lie(head: Head) -> None:
    data = head.to_bytes()
    at = data.index(head.weights.tobytes()[:16])
    damaged = data[: at + 5] + bytes([data[at + 5] ^ 1]) + data[at + 6 :]
    with pytest.raises(ModelDamaged):
        Head.from_bytes(damaged)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a head", b"\x80\x04N."])
def test_what_never_was_a_head_is_refused(data: bytes) -> None:
    with pytest.raises(ModelDamaged):
        Head.from_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        {"bias": np.zeros(2, np.float32)},
        {"bias": np.full(3, np.nan, np.float32)},
        {"weights": np.zeros((32, 3))},
        {"centre": np.zeros(31, np.float32)},
        {"sharpness": 0.0},
        {"sharpness": float("nan")},
        {"label_ids": ("label_a",)},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_together_are_refused(head: Head, change: dict[str, Any]) -> None:
    with pytest.raises(ModelDamaged):
        Head.from_bytes(replace(head, **change).to_bytes())
