"""The head of tables: what is served is what the library says."""

from collections.abc import Sequence

import numpy as np
import pytest

from noria.encoders.hashing import HashingEncoder
from noria.encoders.rows import RowEncoder
from noria.errors import ModelDamaged, TooFewLabels
from noria.learning.heads import head_from_bytes
from noria.learning.rows import Layout
from noria.learning.rows.row_head import RowHead, fit_members, fit_row_head
from noria.learning.rows.vectoriser import Vectoriser
from noria.records.field import FieldType, Row, Slot

LAYOUT = Layout((FieldType.NUMBER, FieldType.TEXT, FieldType.TEXT), (True, True, True))
JOBS = ("clerk", "nurse", "smith")
LABELS = ("low", "middle", "high")


def no_image() -> None:
    raise AssertionError("no row has one")


ENCODER = RowEncoder(HashingEncoder(), no_image)


def row(*values: float | str | None) -> Row:
    return tuple(Slot(type, value) for type, value in zip(LAYOUT.types, values, strict=True))


def people(n: int, seed: int = 0) -> tuple[list[Row], np.ndarray]:
    """Their label goes by age and job; notes are all different, some ages and jobs are missing."""
    rng = np.random.default_rng(seed)
    rows, labels = [], []
    for i in range(n):
        age, job = float(rng.uniform(18, 80)), int(rng.integers(3))
        labels.append(0 if age < 40 else 1 + (job == 2))
        rows.append(
            row(None if i % 9 == 4 else age, None if i % 11 == 5 else JOBS[job], f"note {i} of {seed}")
        )
    return rows, np.array(labels)


@pytest.fixture(scope="module")
def taught() -> RowHead:
    rows, targets = people(150)
    return fit_row_head(ENCODER.embed(rows), targets, LABELS, LAYOUT)


def answers(head: RowHead, rows: Sequence[Row]) -> list[str]:
    return [head.label_ids[i] for i in head.probabilities(ENCODER.embed(rows)).argmax(axis=1)]


def test_it_learns_from_numbers_and_categories(taught: RowHead) -> None:
    rows, targets = people(200, seed=1)
    right = np.array(answers(taught, rows)) == np.array(LABELS)[targets]
    assert right.mean() > 0.85


@pytest.mark.parametrize("n", [12, 150])
def test_served_probabilities_are_those_of_the_library(n: int) -> None:
    rows, targets = people(n)
    embeddings = ENCODER.embed(rows)
    head = fit_row_head(embeddings, targets, LABELS, LAYOUT).sharpened(1.0)
    vectoriser = Vectoriser.fitted(embeddings, LAYOUT)
    for_trees = vectoriser.for_trees
    linear, forest = fit_members(vectoriser.features(embeddings), targets, 10.0, for_trees)
    fresh = ENCODER.embed(people(300, seed=2)[0])
    features = vectoriser.features(fresh)
    expected = (linear.predict_proba(features) + forest.predict_proba(features[:, for_trees])) / 2
    served = head_from_bytes(head.to_bytes()).probabilities(fresh)
    assert np.abs(served - expected).max() < 1e-5
    one_by_one = np.stack([head.probabilities_of_one(embedding) for embedding in fresh])
    assert np.abs(one_by_one - expected).max() < 1e-5


def test_many_rows_are_answered_as_each_alone(taught: RowHead) -> None:
    embeddings = ENCODER.embed(people(2500, seed=3)[0])
    together = taught.probabilities(embeddings)
    some = [0, 999, 1000, 2499]
    alone = np.stack([taught.probabilities_of_one(embeddings[i]) for i in some])
    assert np.abs(together[some] - alone).max() < 1e-6


def test_equal_samples_give_equal_bytes() -> None:
    rows, targets = people(40)
    one, other = (fit_row_head(ENCODER.embed(rows), targets, LABELS, LAYOUT).to_bytes() for _ in range(2))
    assert one == other


def test_a_row_may_lack_everything_but_one_value(taught: RowHead) -> None:
    assert answers(taught, [row(20.0, None, None), row(75.0, "smith", None)]) == ["low", "high"]


def test_a_field_added_since_is_missing_where_it_was_not_yet() -> None:
    rows, targets = people(60)
    old = ENCODER.embed(rows)
    wider = Layout((*LAYOUT.types, FieldType.NUMBER), (True,) * 4)
    new = fit_row_head(old, targets, LABELS, wider)
    assert new.probabilities(old).shape == (60, 3)
    narrow = fit_row_head(old, targets, LABELS, LAYOUT)
    widened = np.pad(old, ((0, 0), (0, 16)))
    assert np.array_equal(narrow.probabilities(widened), narrow.probabilities(old))


def test_a_deleted_field_is_not_read() -> None:
    rows, targets = people(60)
    without_age = Layout(LAYOUT.types, (False, True, True))
    head = fit_row_head(ENCODER.embed(rows), targets, LABELS, without_age)
    young, old = ENCODER.embed([row(20.0, "nurse", None), row(70.0, "nurse", None)])
    assert np.allclose(head.probabilities_of_one(young), head.probabilities_of_one(old), atol=1e-4)


def test_labels_that_are_gone_are_not_answered(taught: RowHead) -> None:
    rows, _ = people(50, seed=3)
    left = taught.masked({"low", "high"})
    assert set(answers(left, rows)) <= {"low", "high"}
    assert np.allclose(left.probabilities(ENCODER.embed(rows)).sum(axis=1), 1.0, atol=1e-5)


def test_one_label_is_too_few() -> None:
    with pytest.raises(TooFewLabels):
        fit_row_head(ENCODER.embed([row(1.0, None, None)]), np.array([0]), ("a",), LAYOUT)


@pytest.mark.parametrize("cut", [0, 100, -100])
def test_damaged_bytes_are_refused(taught: RowHead, cut: int) -> None:
    with pytest.raises(ModelDamaged):
        head_from_bytes(taught.to_bytes()[:cut])


def test_fields_that_say_nothing_are_left_out() -> None:
    rows = [row(float(i), "always", None) for i in range(8)]
    head = fit_row_head(ENCODER.embed(rows), np.array([0] * 4 + [1] * 4), LABELS[:2], LAYOUT)
    assert answers(head, [row(0.5, None, None), row(7.0, None, None)]) == ["low", "middle"]


def test_trees_choose_from_the_directions_in_which_notes_differ_most() -> None:
    embeddings = ENCODER.embed(people(150)[0])
    vectoriser = Vectoriser.fitted(embeddings, LAYOUT)
    features = vectoriser.features(embeddings)
    notes = features[:, 2 + len(JOBS) :]
    assert vectoriser.for_trees.sum() == 2 + len(JOBS) + 30 < features.shape[1]
    assert (np.diff(notes.var(axis=0)) <= 1e-6).all()
    centred = vectoriser.columns[2].scale * np.linalg.norm(notes, axis=1)
    slot = embeddings[:, LAYOUT.slices[2]]
    slot = slot / np.linalg.norm(slot, axis=1, keepdims=True)
    assert np.allclose(centred, np.linalg.norm(slot - slot.mean(axis=0), axis=1), atol=1e-4)
