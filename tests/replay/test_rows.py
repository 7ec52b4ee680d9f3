import pytest

from noria.errors import BadInput
from noria.replay import split


def test_the_first_three_of_a_label_are_seeds() -> None:
    labels = ["a", "b"] * 10
    _, seeds, _ = split([str(i) for i in range(20)], labels)
    assert seeds == [0, 1, 2, 3, 4, 5]


def test_each_row_is_in_one_part() -> None:
    parts = split([str(i) for i in range(40)], ["a", "b"] * 20)
    assert sorted(row for part in parts for row in part) == list(range(40))


def test_no_held_out_content_stands_in_another_part() -> None:
    contents = [str(i % 17) for i in range(80)]
    calls, seeds, held_out = split(contents, ["a", "b"] * 40)
    assert held_out
    assert not {contents[i] for i in held_out} & {contents[i] for i in calls + seeds}


def test_a_copy_of_a_seed_is_a_call() -> None:
    contents = ["same"] * 4 + [str(i) for i in range(30)]
    calls, seeds, _ = split(contents, ["a"] * 4 + ["b"] * 30)
    assert 0 in seeds
    assert {1, 2, 3} <= set(calls)


def test_a_stream_that_is_too_short_is_told() -> None:
    with pytest.raises(BadInput, match="too short"):
        split(["x", "y"], ["a", "b"])
