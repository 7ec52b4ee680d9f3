"""What waits for the encoders is bounded by number, and by the time that it will take."""

import pytest

from noria.encoders.backlog import ALWAYS, Backlog
from noria.records.function import Modality


def entered(backlog: Backlog, modality: Modality = Modality.TEXT) -> int:
    """How many get in before the first that doesn't."""
    n = 0
    while backlog.enter(modality) is not None:
        n += 1
    return n


def backlog(seconds: float, threads: int = 1) -> Backlog:
    """Whose texts take so long, a hundred being the most that may wait two seconds."""
    made = Backlog(threads, limit=512, longest_s=2.0)
    made.took(Modality.TEXT, seconds)
    return made


def test_fast_samples_are_bounded_by_their_number() -> None:
    assert entered(backlog(0.0)) == 512
    assert entered(backlog(0.001)) == 512


def test_slow_samples_are_bounded_by_the_time_they_take() -> None:
    assert entered(backlog(0.02)) == pytest.approx(100, abs=2)
    assert entered(backlog(0.02, threads=2)) == pytest.approx(200, abs=2)


def test_as_many_clients_as_one_would_let_loose_are_never_refused() -> None:
    assert entered(backlog(10.0)) == ALWAYS


def test_the_time_is_that_of_each_kind() -> None:
    mixed = backlog(0.001)
    mixed.took(Modality.IMAGE, 0.02)
    assert entered(mixed, Modality.IMAGE) == pytest.approx(100, abs=2)
    assert mixed.enter(Modality.TEXT) is None


def test_who_leaves_makes_room() -> None:
    full = backlog(0.02)
    entered(full)
    for _ in range(10):
        full.leave(0.02)
    assert entered(full) == 10


def test_the_expected_time_follows_what_samples_take() -> None:
    slower = backlog(0.001)
    for _ in range(200):
        slower.took(Modality.TEXT, 0.02)
    assert entered(slower) == pytest.approx(100, abs=2)


def test_the_first_sample_of_all_soon_counts_as_little_as_any() -> None:
    first = backlog(1.0)
    for _ in range(200):
        first.took(Modality.TEXT, 0.001)
    assert entered(first) == 512
