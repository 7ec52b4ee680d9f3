"""Weights by the class balance, on simulated calls whose true labels are known."""

from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
import pytest

from noria.estimate.accuracy import CountedLabel, TooFew
from noria.estimate.response import Unanswered
from noria.estimate.sums import LabelSums, TrafficSums
from noria.estimate.weighing import Weighing, change, weighing


@dataclass(frozen=True)
class Calls:
    """20,000 calls with the probabilities of a head that takes all labels for equally frequent."""

    p: np.ndarray  # (n, k)
    true: np.ndarray

    @classmethod
    def of(cls, shares: list[float], sharpness: float = 1.0, apart: float = 2.0) -> "Calls":
        """sharpness: below 1 the confidences are too timid, above too bold."""
        rng, k = np.random.default_rng(1), len(shares)
        true = rng.choice(k, 20_000, p=shares)
        logits = sharpness * apart * (rng.normal(size=(20_000, k)) + apart * np.eye(k)[true])
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return cls(powers / powers.sum(axis=1, keepdims=True), true)

    @classmethod
    def scored(cls, spam_share: float) -> "Calls":
        """A spam filter that gives scores: 2 % of errors with the best threshold, .5, on as much spam as ham."""
        rng = np.random.default_rng(2)
        spam = rng.random(20_000) < spam_share
        score = np.clip(rng.normal(np.where(spam, 0.672, 0.328), 0.084), 0.001, 0.999)
        return cls(np.column_stack([1 - score, score]), spam.astype(int))

    @cached_property
    def ids(self) -> list[str]:
        return [f"label {k}" for k in range(self.p.shape[1])]

    @cached_property
    def answers(self) -> np.ndarray:
        return self.p.argmax(axis=1)

    @property
    def errors(self) -> float:
        return float((self.answers != self.true).mean())

    def saved(self, weights: np.ndarray) -> float:
        """What weights truly save, as a share of the calls."""
        return self.errors - float(((self.p * weights).argmax(axis=1) != self.true).mean())

    def sums(self) -> TrafficSums:
        counts = np.bincount(self.answers, minlength=len(self.ids)).tolist()
        return TrafficSums(
            n=len(self.true),
            by_label={id: LabelSums(n=n) for id, n in zip(self.ids, counts, strict=True)},
        )

    def drawn(self, rng: np.random.Generator, wanted: int) -> tuple[list[CountedLabel], np.ndarray]:
        """Labels of about so many calls, unsure ones far more often."""
        ordered = np.sort(self.p, axis=1)
        weight = 0.25 + 1.5 * (1 - ordered[:, -1] + ordered[:, -2]) ** 2
        propensity = np.minimum(1.0, weight * wanted / weight.sum())
        hit = np.flatnonzero(rng.random(len(propensity)) < propensity)
        return [self._label(i, propensity[i]) for i in hit], self.p[hit]

    def _label(self, i: int, propensity: float) -> CountedLabel:
        answered, true = self.ids[self.answers[i]], self.ids[self.true[i]]
        return CountedLabel(answered == true, answered, true, float(self.p[i].max()), float(propensity), 0.0)

    def weighed(self, rng: np.random.Generator, wanted: int) -> Weighing:
        found = weighing(*self.drawn(rng, wanted), self.ids, self.sums())
        assert isinstance(found, Weighing)
        return found

    def tries(self, wanted: int, runs: int = 200) -> tuple[list[Weighing], np.ndarray]:
        """What is found from so many labels, again and again, and what each would truly save."""
        rng = np.random.default_rng(3)
        found = [self.weighed(rng, wanted) for _ in range(runs)]
        return found, np.array([self.saved(np.array(list(each.weights.values()))) for each in found])


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 2.0])
def test_what_is_said_to_be_saved_is_saved(sharpness: float) -> None:
    found, truly = Calls.of([0.87, 0.13], sharpness).tries(300)
    said = np.array([each.saved for each in found])
    assert abs((said - truly).mean()) < 3 * (said - truly).std() / len(said) ** 0.5
    assert np.mean([each.low <= true <= each.high for each, true in zip(found, truly, strict=True)]) >= 0.93


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 2.0])
def test_a_balance_far_from_even_is_made_use_of_however_sure_the_confidences_are(sharpness: float) -> None:
    calls = Calls.of([0.87, 0.13], sharpness)
    found, truly = calls.tries(1000, runs=20)
    assert truly.mean() > 0.35 * calls.errors  # the best weights would save 0.41
    assert np.mean([each.helps for each in found]) > 0.9


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.25] * 4, [1 / 20] * 20])
def test_where_nothing_is_to_be_gained_nothing_is_suggested(shares: list[float]) -> None:
    found, _ = Calls.of(shares).tries(200)
    assert np.mean([each.helps for each in found]) <= 0.05


def test_weights_that_do_no_good_are_hardly_ever_suggested() -> None:
    found, truly = Calls.of([0.6, 0.3, 0.1]).tries(60)
    assert np.mean([each.helps and true <= 0 for each, true in zip(found, truly, strict=True)]) <= 0.05


def test_answers_that_change_as_often_for_better_as_for_worse_are_no_gain() -> None:
    rng, found = np.random.default_rng(4), []
    for _ in range(1000):
        weights = rng.choice([2.0, 5.0, 40.0], 300)
        found.append(change(rng.choice([-1.0, 0.0, 1.0], 300, p=[0.08, 0.84, 0.08]), weights))
    assert np.mean([low > 0 for _, low, _ in found]) <= 0.035
    assert np.mean([low <= 0 <= high for _, low, high in found]) >= 0.94


def test_two_or_three_answers_that_change_prove_nothing() -> None:
    assert change(np.array([1.0, 1.0, 1.0, *np.zeros(100)]), np.full(103, 30.0))[1:] == (-1.0, 1.0)


def test_a_spam_filter_finds_its_threshold_when_spam_triples() -> None:
    """The reference's simulation: 50.3 % is best for as much spam as ham; with three times the spam it is 47.9 %."""
    calls = Calls.scored(spam_share=0.75)
    best = max(calls.saved(np.array([t, 1 - t])) for t in np.linspace(0.4, 0.6, 81))
    found, truly = calls.tries(1000, runs=20)
    thresholds = [each.weights["label 0"] for each in found]
    assert np.mean(thresholds) == pytest.approx(0.479, abs=0.01)
    assert truly.mean() > 0.8 * best


def test_with_two_labels_the_rarer_is_answered_from_a_confidence_on() -> None:
    found = Calls.of([0.87, 0.13]).weighed(np.random.default_rng(5), 1000)
    assert found.threshold is not None
    label_id, confidence = found.threshold
    assert label_id == "label 1"
    assert confidence == pytest.approx(1 - 0.13, abs=0.06)
    assert Calls.of([0.5, 0.3, 0.2]).weighed(np.random.default_rng(5), 300).threshold is None


def test_the_rare_label_pays_for_it() -> None:
    calls = Calls.of([0.87, 0.13])
    found = calls.weighed(np.random.default_rng(6), 1000)
    rare = calls.true == 1
    after = (calls.p * np.array(list(found.weights.values()))).argmax(axis=1)[rare] == 1
    assert found.recalls["label 1"].before == pytest.approx((calls.answers[rare] == 1).mean(), abs=0.04)
    assert found.recalls["label 1"].after == pytest.approx(after.mean(), abs=0.06)
    assert found.recalls["label 0"].after > found.recalls["label 0"].before


def test_a_label_with_few_labels_has_no_recall() -> None:
    found = Calls.of([0.96, 0.04]).weighed(np.random.default_rng(7), 100)
    assert "label 1" not in found.recalls
    assert found.weights["label 1"] > 0


def test_few_labels_say_how_many_are_missing() -> None:
    calls = Calls.of([0.87, 0.13])
    found = weighing(*calls.drawn(np.random.default_rng(8), 12), calls.ids, calls.sums())
    assert isinstance(found, TooFew)
    assert found.missing > 5
    assert isinstance(weighing([], np.zeros((0, 2)), calls.ids, calls.sums()), TooFew)


def test_a_label_that_a_version_did_not_know_is_not_answered_by_it() -> None:
    calls = Calls.of([0.6, 0.4])
    counted, p = calls.drawn(np.random.default_rng(9), 300)
    found = weighing(counted, np.column_stack([p, np.zeros(len(p))]), [*calls.ids, "new"], calls.sums())
    assert isinstance(found, Weighing)
    assert log(found.weights["new"]) < 0
    assert found.errors == pytest.approx(calls.errors, abs=0.05)


def test_the_unanswered_are_stood_for_by_their_likes() -> None:
    right = CountedLabel(True, "a", "a", 0.99, 0.1, 0.0)
    wrong = CountedLabel(False, "b", "a", 0.6, 0.1, 0.0)
    p = np.array([[0.99, 0.01]] * 30 + [[0.4, 0.6]] * 30)
    sums = TrafficSums(n=600, by_label={"a": LabelSums(n=300), "b": LabelSums(n=300)})
    skipped = [Unanswered("b", 0.6, 0.1)] * 30
    found = weighing([right] * 30 + [wrong] * 30, p, ["a", "b"], sums, skipped)
    assert isinstance(found, Weighing)
    assert found.errors == pytest.approx(2 / 3, abs=0.01)
    assert found.saved == pytest.approx(2 / 3, abs=0.01)
