import numpy as np
import pytest

from noria.encoders.hashing import HashingEncoder
from noria.errors import BadInput
from noria.replay import POLICIES, LabelNames, Point, Replay, Rows, embedded, run

ENCODER = HashingEncoder()
WORDS = {
    "refund": ("money back", "return the money", "refund please", "want my money"),
    "card": ("card lost", "card stolen", "new card", "where is my card"),
    "transfer": ("send abroad", "transfer pending", "wire to a friend", "transfer failed"),
}


def texts(n: int, seed: int) -> tuple[list[str], list[str]]:
    """So many texts with a label each: words of the label among a few that say nothing."""
    rng = np.random.default_rng(seed)
    names = [list(WORDS)[i] for i in rng.choice(3, n, p=[0.7, 0.2, 0.1])]
    said = [
        f"{rng.choice(WORDS[name])} {rng.choice(['now', 'today', 'thanks'])} {rng.integers(99)}"
        for name in names
    ]
    return said, names


def seeds() -> tuple[list[str], list[str]]:
    said = [f"{text} hello" for words in WORDS.values() for text in words[:2]]
    return said, [name for name in WORDS for _ in range(2)]


def replayed(policy: str = "noria", seed: int = 0, budget: int = 40, rounds: int = 4) -> list[Point]:
    rng = np.random.default_rng(seed)
    return run(*texts(400, 1), *seeds(), *texts(120, 2), ENCODER, policy, budget, rounds, rng)


def prepared(policy: str, calls: Rows) -> Replay:
    given = embedded(*seeds(), ENCODER)
    return Replay.under(
        policy, calls, given, LabelNames.of([*WORDS], ENCODER), 20, 4, np.random.default_rng(0)
    )


def test_a_point_for_the_seeds_and_one_after_each_round() -> None:
    assert [point.annotations for point in replayed()] == [0, 10, 20, 30, 40]


def test_annotations_make_it_better() -> None:
    curve = replayed(budget=80)
    assert curve[-1].macro_recall > curve[0].macro_recall


def test_the_same_draws_give_the_same_curve() -> None:
    assert replayed(seed=3) == replayed(seed=3)


@pytest.mark.parametrize("policy", POLICIES)
def test_no_policy_spends_more_than_the_budget(policy: str) -> None:
    assert all(point.annotations <= 10 * n for n, point in enumerate(replayed(policy)))


@pytest.mark.parametrize("policy", POLICIES)
def test_copies_are_annotated_once(policy: str) -> None:
    said, names = texts(50, 5)
    calls = embedded(said * 8, names * 8, ENCODER)
    made = prepared(policy, calls)
    made.run(embedded(*texts(40, 6), ENCODER))
    bought = [calls.contents[each.row] for each in made.bought]
    assert bought
    assert len(bought) == len(set(bought))


def test_copies_of_the_seeds_cost_nothing() -> None:
    made = prepared("random", embedded(*[part * 30 for part in seeds()], ENCODER))
    made.run(embedded(*texts(40, 6), ENCODER))
    assert made.bought == []


def test_an_unknown_policy_names_those_there_are() -> None:
    with pytest.raises(BadInput, match="random"):
        replayed("best")
