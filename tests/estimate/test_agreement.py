import numpy as np
import pytest

from noria.estimate.accuracy import Figure, TooFew
from noria.estimate.agreement import (
    ENOUGH,
    Gap,
    Pair,
    Stratum,
    agreement,
    alpha,
    by_person,
    confused,
    gap,
    share,
    strata,
)


def pairs(*of: tuple[str, str, int]) -> list[Pair]:
    return [Pair("ann", first, "bob", second) for first, second, n in of for _ in range(n)]


def test_below_twenty_answers_it_says_how_many_are_missing() -> None:
    assert share(3, 17) == TooFew(3, 17.0, 17)
    assert isinstance(share(3, ENOUGH), Figure)


def test_agreement_is_the_share_of_pairs_with_one_label() -> None:
    found = agreement(pairs(("a", "a", 30), ("a", "b", 10)))
    assert isinstance(found, Figure)
    assert found.value == 0.75
    assert 0.58 < found.low < 0.75 < found.high < 0.88


def test_alpha_is_that_of_the_published_example() -> None:
    """Krippendorff 2011, section A: two observers, ten articles, two values; 0.095."""
    first, second = (
        ["0", "1", "0", "0", "0", "0", "0", "0", "1", "0"],
        ["1", "1", "1", "0", "0", "1", "0", "0", "0", "0"],
    )
    example = [Pair("m", a, "j", b) for a, b in zip(first, second, strict=True)]
    assert alpha(example) is None  # too few to show
    twenty = example * 2
    n, apart = 40, 8 / 20
    by_chance = 2 * 28 * 12 / (n * (n - 1))
    assert alpha(twenty) == pytest.approx(1 - apart / by_chance)
    assert pytest.approx(0.095, abs=0.0005) == 1 - 0.4 / (2 * 14 * 6 / (20 * 19))


def test_alpha_of_chance_is_about_zero() -> None:
    drawn = np.random.default_rng(3).choice(["a", "b", "c"], size=(4000, 2), p=[0.7, 0.2, 0.1])
    found = alpha([Pair("ann", a, "bob", b) for a, b in drawn])
    assert found == pytest.approx(0, abs=0.04)
    assert agreement([Pair("ann", a, "bob", b) for a, b in drawn]).value > 0.5


def test_samples_that_were_labelled_alike_may_be_counted_together() -> None:
    each = pairs(("a", "a", 25), ("a", "b", 4), ("b", "b", 9))
    together = [
        Pair("ann", "a", "bob", "a", 25),
        Pair("ann", "a", "bob", "b", 4),
        Pair("ann", "b", "bob", "b", 9),
    ]
    for figure in (agreement, alpha, by_person, confused):
        assert figure(together) == figure(each)


def test_alpha_of_one_label_is_none() -> None:
    assert alpha(pairs(("a", "a", 50))) is None


def test_each_person_agrees_with_those_they_overlap_with() -> None:
    several = [*pairs(("a", "a", 20)), *[Pair("bob", "a", "cem", "b")] * 20]
    found = by_person(several)
    assert {name: each.value for name, each in found.items()} == {"ann": 1.0, "bob": 0.5, "cem": 0.0}


def test_confused_labels_count_whoever_said_which() -> None:
    found = confused(pairs(("a", "b", 2), ("b", "a", 1), ("a", "c", 1), ("a", "a", 9)))
    assert [(each.labels, each.n) for each in found] == [(("a", "b"), 3), (("a", "c"), 1)]


def test_a_gap_needs_twenty_answers_of_each_kind() -> None:
    assert gap([Stratum(15, 10, 40, 30)]) == TooFew(5, 15.0, 55)
    assert gap([]) == TooFew(40, 0.0, 0)
    assert isinstance(gap([Stratum(20, 10, 20, 15)]), Gap)


def test_bands_with_items_of_one_kind_say_nothing() -> None:
    assert gap([Stratum(100, 50, 0, 0), Stratum(0, 0, 100, 90)]) == TooFew(40, 0.0, 0)


def test_a_gap_that_is_only_of_what_was_shown_is_none() -> None:
    """Shown items are the unsure ones, on which everybody agrees less with the model: within bands there is no gap."""
    found = gap([Stratum(100, 50, 900, 450), Stratum(900, 855, 100, 95)])
    assert isinstance(found, Gap)
    assert found.value == pytest.approx(0)
    assert found.low < 0 < found.high


def test_counts_become_strata_by_band() -> None:
    counts = {(1, True): (5, 4), (1, False): (9, 8), (0, False): (3, 1)}
    assert strata(counts) == [Stratum(0, 0, 3, 1), Stratum(5, 4, 9, 8)]


@pytest.mark.parametrize("led", [0.0, 0.3])
def test_the_gap_is_found_and_its_interval_holds(led: float) -> None:
    """People who say what the model says by themselves, and are led by it now and then where they see it."""
    rng, covered, rounds = np.random.default_rng(7), 0, 400
    agree, blind_n, shown_n = np.array([0.5, 0.8, 0.97]), [10, 20, 30], [90, 60, 30]
    truth = led * (1 - agree)
    weights = np.array([b * s / (b + s) for b, s in zip(blind_n, shown_n, strict=True)])
    expected = float(weights @ truth / weights.sum())
    for _ in range(rounds):
        seen = [
            Stratum(b, int(rng.binomial(b, p)), s, int(rng.binomial(s, p + t)))
            for b, s, p, t in zip(blind_n, shown_n, agree, truth, strict=True)
        ]
        found = gap(seen)
        assert isinstance(found, Gap)
        covered += found.low <= expected <= found.high
    assert 0.93 <= covered / rounds <= 0.99
