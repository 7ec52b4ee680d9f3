"""Groups are new when they are like one another and like nothing that has a label."""

import numpy as np
import pytest

from noria.learning.arrays import normalised
from noria.learning.discovery import discover

D = 32


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def kinds(rng):
    """(n, d) directions, each the middle of a kind of sample."""
    return rng.standard_normal((6, D))


def of(kind, n, rng, spread=0.35):
    return normalised((kind + spread * rng.standard_normal((n, D))).astype(np.float32))


@pytest.fixture
def known(kinds, rng):
    """Twenty samples of each of four labels."""
    return np.concatenate([of(kind, 20, rng, 0.45) for kind in kinds[:4]])


TARGETS = np.repeat(np.arange(4), 20)


def test_a_kind_without_a_label_is_found_whole_and_pure(kinds, known, rng):
    waiting = np.concatenate([of(kinds[4], 9, rng), of(kinds[0], 9, rng), of(kinds[1], 9, rng)])
    (group,) = discover(waiting, known, TARGETS)
    assert sorted(group.members) == list(range(9))
    assert group.to_known < group.likeness


def test_nothing_is_new_among_samples_of_known_labels(kinds, known, rng):
    waiting = np.concatenate([of(kind, 15, rng) for kind in kinds[:4]])
    assert discover(waiting, known, TARGETS) == []


def test_two_new_kinds_are_two_groups_the_larger_first(kinds, known, rng):
    waiting = np.concatenate([of(kinds[4], 6, rng), of(kinds[5], 11, rng)])
    assert [sorted(group.members) for group in discover(waiting, known, TARGETS)] == [
        list(range(6, 17)),
        list(range(6)),
    ]


@pytest.mark.parametrize(("n", "found"), [(4, 0), (5, 1)])
def test_a_group_has_five_members(kinds, known, rng, n, found):
    assert len(discover(of(kinds[4], n, rng), known, TARGETS)) == found


def test_strangers_that_are_not_alike_are_no_group(known, rng):
    strangers = normalised(rng.standard_normal((30, D)).astype(np.float32))
    assert discover(strangers, known, TARGETS) == []


def test_a_few_labelled_samples_in_its_midst_make_a_group_known(kinds, known, rng):
    waiting = of(kinds[4], 9, rng)
    few = of(kinds[4], 3, rng)
    assert discover(waiting, np.concatenate([known, few]), np.append(TARGETS, [4, 4, 4])) == []


def test_the_most_typical_member_stands_first(kinds, known, rng):
    waiting = of(kinds[4], 12, rng)
    (group,) = discover(waiting, known, TARGETS)
    cosines = normalised(waiting - known.mean(axis=0)) @ normalised(waiting - known.mean(axis=0)).T
    assert list(group.members) == sorted(group.members, key=lambda i: -cosines[i].sum())


def test_before_labels_have_samples_nothing_is_new(kinds, rng):
    waiting = of(kinds[4], 9, rng)
    assert discover(waiting, np.empty((0, D), dtype=np.float32), np.empty(0, dtype=np.int64)) == []
    assert discover(waiting, of(kinds[0], 2, rng), np.array([0, 1])) == []
