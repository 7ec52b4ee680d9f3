"""The head for tags: the same as one regression a tag, and kept as arrays."""

import io

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from noria.errors import ModelDamaged, NotTrained
from noria.learning.arrays import normalised
from noria.learning.tags_head import TagsHead, fit_tags, no_tags


def examples(n: int = 120, d: int = 16, k: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(0)
    rows = normalised(rng.normal(size=(n, d)).astype(np.float32))
    present = rows @ rng.normal(size=(d, k)) * 3 + rng.normal(size=(n, k)) > 1
    return rows, present, rng.random((n, k)) < 0.8


def head() -> TagsHead:
    rows, present, spoken = examples()
    fitted = fit_tags(rows, present, spoken)
    ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)
    return TagsHead(("a", "b", "c"), fitted.centre, fitted.weights, fitted.bias, ones, zeros, ones / 2)


def test_fitting_all_tags_at_once_gives_what_each_gives_by_itself() -> None:
    rows, present, spoken = examples()
    fitted = fit_tags(rows, present, spoken)
    centred = normalised(rows - rows.mean(axis=0))
    for t in range(3):
        said = spoken[:, t]
        alone = LogisticRegression(C=10, class_weight="balanced", max_iter=5000, tol=1e-8)
        alone.fit(centred[said], present[said, t])
        assert np.abs(alone.decision_function(centred) - fitted.logits(rows)[:, t]).max() < 0.02


def test_what_nobody_spoke_of_teaches_nothing() -> None:
    rows, present, spoken = examples()
    other = present ^ ~spoken
    assert (fit_tags(rows, present, spoken).weights == fit_tags(rows, other, spoken).weights).all()


def test_a_stored_head_answers_the_same() -> None:
    rows, one = examples()[0], head()
    again = TagsHead.from_bytes(one.to_bytes())
    assert (again.probabilities(rows) == one.probabilities(rows)).all()
    assert again.to_bytes() == one.to_bytes()


def test_a_single_embedding_is_answered_as_in_a_batch() -> None:
    rows, one = examples()[0], head()
    assert np.allclose(one.probabilities_of_one(rows[3]), one.probabilities(rows)[3], atol=1e-6)


def test_without_a_tag_the_others_answer_as_before() -> None:
    rows, one = examples()[0], head()
    masked = one.masked({"a", "c"})
    assert masked.label_ids == ("a", "c")
    assert (masked.probabilities(rows) == one.probabilities(rows)[:, [0, 2]]).all()


@pytest.mark.parametrize("damage", [b"", b"nonsense", head().to_bytes()[:-40]])
def test_damaged_bytes_are_refused(damage: bytes) -> None:
    with pytest.raises(ModelDamaged):
        TagsHead.from_bytes(damage)


def test_a_pickle_is_refused() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, tags_format=np.array([{}], dtype=object))
    with pytest.raises(ModelDamaged):
        TagsHead.from_bytes(buffer.getvalue())


def test_a_head_without_tags_answers_nothing() -> None:
    with pytest.raises(NotTrained):
        no_tags().probabilities(np.zeros((1, 4), np.float32))
