"""Training on tags: what is learnt, what is left out, and what the gate says."""

from dataclasses import replace

import numpy as np
import pytest

from noria.errors import ModelDamaged, NotTrained
from noria.learning.arrays import normalised
from noria.learning.tags_record import TagsRecord
from noria.learning.tags_training import LiveTags, TagsTrainingSet, train_tags
from noria.records.version import GateOutcome

RNG = np.random.default_rng(0)
N, D = 80, 12


def given(labels: tuple[str, ...] = ("a", "b"), noise: float = 0.2) -> TagsTrainingSet:
    rng = np.random.default_rng(0)
    rows = normalised(rng.normal(size=(N, D)).astype(np.float32))
    scores = rows[:, : len(labels)] + noise * rng.normal(size=(N, len(labels)))
    digests = [bytes([i]) * 16 for i in range(N)]
    return TagsTrainingSet(rows, scores > 0, np.ones((N, len(labels)), bool), labels, digests)


def test_the_first_version_is_promoted_with_its_scores() -> None:
    candidate = train_tags(given(), None)
    assert candidate.verdict.outcome == GateOutcome.PROMOTED
    assert candidate.scores["cv_macro_average_precision"] > 0.8
    assert candidate.head.label_ids == ("a", "b")


def test_the_order_of_samples_does_not_matter() -> None:
    one = given()
    order = RNG.permutation(N)
    other = TagsTrainingSet(
        one.embeddings[order], one.present[order], one.spoken[order], one.label_ids,
        [one.digests[i] for i in order],
    )  # fmt: skip
    assert train_tags(one, None).head.to_bytes() == train_tags(other, None).head.to_bytes()


def test_a_tag_without_two_of_either_kind_is_left_out() -> None:
    one = given()
    present = one.present.copy()
    present[:, 1] = False
    present[0, 1] = True
    assert train_tags(replace(one, present=present), None).head.label_ids == ("a",)
    present[:, 0] = True
    with pytest.raises(NotTrained):
        train_tags(replace(one, present=present), None)


def test_no_opinion_is_left_out_of_scores_and_fit() -> None:
    one = given()
    spoken = one.spoken.copy()
    spoken[: N // 2, 1] = False
    wrong = one.present.copy()
    wrong[: N // 2, 1] ^= True
    clean, poisoned = (train_tags(replace(one, spoken=spoken, present=p), None) for p in (one.present, wrong))
    assert clean.head.to_bytes() == poisoned.head.to_bytes()
    assert clean.scores == poisoned.scores


def test_a_candidate_that_is_surely_worse_is_kept_back() -> None:
    good = train_tags(given(), None)
    one = given()
    shuffled = replace(one, embeddings=one.embeddings[np.random.default_rng(3).permutation(N)])
    live = LiveTags(good.head, good.record)
    verdict = train_tags(shuffled, live).verdict
    assert verdict.outcome == GateOutcome.KEPT_BACK
    assert "macro average precision" in verdict.reason


def test_the_same_again_can_not_be_told_from_live_and_is_promoted() -> None:
    good = train_tags(given(), None)
    verdict = train_tags(given(), LiveTags(good.head, good.record)).verdict
    assert (verdict.outcome, verdict.difference) == (GateOutcome.PROMOTED, pytest.approx(0.0, abs=1e-3))


def test_a_live_version_of_other_tags_can_not_be_compared() -> None:
    good = train_tags(given(("c", "d")), None)
    verdict = train_tags(given(), LiveTags(good.head, good.record)).verdict
    assert (verdict.outcome, verdict.n_items) == (GateOutcome.PROMOTED, 0)


def test_a_record_is_read_as_it_was_written() -> None:
    record = train_tags(given(), None).record
    again = TagsRecord.from_bytes(record.to_bytes())
    assert (again.label_ids, tuple(again.digests)) == (record.label_ids, tuple(record.digests))
    assert np.allclose(again.probabilities, record.probabilities, atol=1e-3, equal_nan=True)
    with pytest.raises(ModelDamaged):
        TagsRecord.from_bytes(b"nonsense")
