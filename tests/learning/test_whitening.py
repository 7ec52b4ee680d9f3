"""Whitened heads are plain heads; what differs within labels counts for less."""

import numpy as np
import pytest

from noria.learning.arrays import normalised
from noria.learning.head import fit_head
from noria.learning.whitening import Whitening


def clouds(n: int, d: int = 40, noisy: float = 1.0, seed: int = 0):
    """Two labels that differ along the first dimension a little, while all vary along the second a lot."""
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % 2
    rows = rng.normal(0, 0.05, size=(n, d))
    rows[:, 0] += 0.3 * (2 * targets - 1)
    rows[:, 1] += rng.normal(0, noisy, size=n)
    return rows.astype(np.float32), targets


@pytest.mark.parametrize("n", [12, 400])
def test_whitened_rows_vary_alike_in_all_directions(n: int) -> None:
    rows, targets = clouds(n)
    rows -= rows.mean(axis=0)
    white = Whitening.of(rows, targets).rows(rows)
    inside = white - np.stack([white[targets == t].mean(axis=0) for t in (0, 1)])[targets]
    before = rows - np.stack([rows[targets == t].mean(axis=0) for t in (0, 1)])[targets]

    def uneven(x):
        return np.linalg.eigvalsh(np.cov(x.T))[-1] / np.trace(np.cov(x.T))

    assert uneven(inside) < 0.7 * uneven(before)
    assert np.linalg.norm(white, axis=1).mean() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("n", [12, 400])
def test_a_head_merged_scores_as_the_one_behind_the_whitening(n: int) -> None:
    rows, targets = clouds(n)
    whitening = Whitening.of(rows, targets)
    columns = np.random.default_rng(1).normal(size=(len(whitening.lower), 3)).astype(np.float32)
    assert rows @ whitening.merged(columns) == pytest.approx(whitening.rows(rows) @ columns, abs=1e-3)


@pytest.mark.parametrize("n", [12, 400])
def test_what_is_merged_comes_back(n: int) -> None:
    rows, targets = clouds(n)
    whitening = Whitening.of(rows, targets)
    columns = np.random.default_rng(1).normal(size=(len(whitening.lower), 3)).astype(np.float32)
    assert whitening.unmerged(whitening.merged(columns)) == pytest.approx(columns, abs=1e-2)


def test_it_finds_the_quiet_direction_that_tells_labels_apart() -> None:
    rows, targets = clouds(12)
    new, truth = clouds(2000, seed=1)
    right = {
        whiten: float(
            (fit_head(rows, targets, ("a", "b"), whiten=whiten).logits(new).argmax(axis=1) == truth).mean()
        )
        for whiten in (False, True)
    }
    assert right[True] > right[False]


def test_a_head_to_begin_from_leads_to_the_same_head() -> None:
    rows, targets = clouds(60)
    rows = normalised(rows)
    first = fit_head(rows, targets, ("a", "b"), whiten=True)
    again = fit_head(rows, targets, ("a", "b"), whiten=True, start=first)
    assert again.probabilities(rows) == pytest.approx(first.probabilities(rows), abs=0.01)


def test_equal_input_gives_equal_bytes() -> None:
    rows, targets = clouds(60)
    heads = [fit_head(rows, targets, ("a", "b"), whiten=True).to_bytes() for _ in range(2)]
    assert heads[0] == heads[1]


def test_labels_with_one_sample_each_are_no_failure() -> None:
    rows, _ = clouds(3)
    head = fit_head(rows, np.arange(3), ("a", "b", "c"), whiten=True)
    assert head.logits(rows).argmax(axis=1).tolist() == [0, 1, 2]
