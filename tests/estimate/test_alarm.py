from itertools import accumulate, pairwise

from noria.estimate.alarm import CALM_LOOKS, Alarm, Look

HIGH, BETWEEN, LOW, UNKNOWN = Look.HIGH, Look.BETWEEN, Look.LOW, Look.UNKNOWN


def changes(looks: list[Look]) -> int:
    """How often the alarm is raised or cleared."""
    states = list(accumulate(looks, lambda alarm, look: alarm.after(look), initial=Alarm()))
    return sum(a.raised != b.raised for a, b in pairwise(states))


def test_it_is_raised_at_once_and_once() -> None:
    assert changes([LOW, BETWEEN, HIGH, HIGH, BETWEEN, HIGH]) == 1


def test_it_is_cleared_after_calm_looks_in_a_row() -> None:
    assert changes([HIGH] + [LOW] * (CALM_LOOKS - 1)) == 1
    assert changes([HIGH] + [LOW] * CALM_LOOKS) == 2


def test_what_goes_up_and_down_never_flaps() -> None:
    assert changes([HIGH, LOW] * 50) == 1
    assert changes(([HIGH] + [LOW] * (CALM_LOOKS - 1)) * 10) == 1
    assert changes([BETWEEN, LOW] * 50) == 0


def test_what_cant_be_told_changes_nothing() -> None:
    assert changes([HIGH, *[LOW] * (CALM_LOOKS - 1), *[UNKNOWN] * 50]) == 1
    assert changes([UNKNOWN] * 50) == 0
