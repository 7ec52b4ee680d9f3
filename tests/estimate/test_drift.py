import numpy as np
import pytest

from noria.estimate.drift import Counts, Span, buckets, drift, span


def counts(rows: list[list[float]], first: int = 0) -> Counts:
    return Counts(np.arange(first, first + len(rows)), ("a", "b", "c"), np.array(rows))


def test_the_size_is_the_share_of_calls_that_went_elsewhere() -> None:
    found = drift(counts([[50, 50, 0]] * 100 + [[20, 50, 30]] * 24), Span(0, 100, 100, 124))
    assert found is not None
    assert found.size == pytest.approx(0.3)
    assert found.by_chance < 0.02
    points = {move.kind: move.points for move in found.moves}
    assert points == pytest.approx({"a": -0.3, "b": 0.0, "c": 0.3})


def test_chance_alone_makes_about_the_size_it_says() -> None:
    rng, sizes, said = np.random.default_rng(2), [], []
    for _ in range(200):
        rows = [rng.multinomial(4, [0.2, 0.3, 0.5]).tolist() for _ in range(124)]
        found = drift(counts([[float(n) for n in row] for row in rows]), Span(0, 100, 100, 124))
        assert found is not None
        sizes.append(found.size)
        said.append(found.by_chance)
    assert np.mean(sizes) == pytest.approx(np.mean(said), rel=0.1)


def test_the_label_that_moved_comes_first_with_its_hour() -> None:
    rows = [[10.0, 40.0, 50.0]] * 168 + [[10.0, 40.0, 50.0]] * 40 + [[30.0, 20.0, 50.0]] * 60
    found = drift(counts(rows), Span(0, 168, 244, 268))
    assert found is not None
    assert "a" in {move.kind for move in found.moved}
    assert found.moves[0].since == 208
    assert (found.moves[0].kind, found.moves[0].since_share) == ("a", pytest.approx(0.3))


def test_a_short_history_gives_sizes_and_no_verdict() -> None:
    found = drift(counts([[10.0, 90.0, 0.0]] * 20 + [[90.0, 10.0, 0.0]] * 24), Span(0, 20, 20, 44))
    assert found is not None
    assert (found.watched, found.moved) == (False, ())
    assert found.size == pytest.approx(0.8)


def test_without_calls_before_or_now_there_is_nothing_to_compare() -> None:
    only_now = counts([[1.0, 2.0, 3.0]], first=90)
    assert drift(only_now, span(90, 91, 24)) is None
    assert drift(only_now, Span(0, 95, 95, 99)) is None


def test_stretches_cover_all_hours_and_hold_all_calls() -> None:
    where = span(0, 840, 24)
    found = buckets(counts([[1.0, 1.0, 0.0]] * 840), where)
    assert len(found) <= 60
    assert found[-1][0] + (found[1][0] - found[0][0]) == where.end
    assert sum(row.sum() for _, row in found) == 2 * 840


def test_what_moved_is_shown_and_filled_up_with_the_largest_changes() -> None:
    before, now = [10.0] * 8, [80.0, 0.5, 10.1, 10.2, 10.3, 10.4, 9.0, 10.5]
    rows = np.array([before] * 240 + [now] * 48)
    found = drift(Counts(np.arange(288), tuple("abcdefgh"), rows), Span(0, 240, 264, 288))
    assert found is not None
    assert {move.kind for move in found.shown} == {"a", "b", "g", "c", "d"}
    assert found.shown[: len(found.moved)] == found.moved
    assert "a" in {move.kind for move in found.moved}


def test_tags_are_shares_of_all_calls_each_by_itself() -> None:
    rows = np.array([[60.0, 50.0, 0.0]] * 168 + [[60.0, 80.0, 0.0]] * 60)
    found = drift(Counts(np.arange(228), ("a", "b", "c"), rows, np.full(228, 100.0)), Span(0, 168, 204, 228))
    assert found is not None
    assert [(move.kind, move.before, move.now) for move in found.moved] == [
        ("b", pytest.approx(0.5), pytest.approx(0.8))
    ]
    assert (found.moved[0].since, found.moved[0].since_share) == (168, pytest.approx(0.8))
    assert (found.size, found.n_now) == (pytest.approx(0.3), 2400)


def test_hours_in_which_no_tag_came_are_hours_all_the_same() -> None:
    rows = np.array([[10.0], [0.0]] * 20)
    found = drift(Counts(np.arange(40), ("a",), rows, np.full(40, 20.0)), Span(0, 20, 20, 40))
    assert found is not None
    assert found.moves[0].before == pytest.approx(0.25)
