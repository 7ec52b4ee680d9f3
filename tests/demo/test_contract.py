"""What every demo keeps to, whatever its rows hold."""

from collections import Counter
from typing import get_args

import pytest

from noria.demo.data import Demo, DemoRow
from noria.demo.registry import DemoName, load


@pytest.fixture(params=get_args(DemoName))
def demo(request: pytest.FixtureRequest) -> Demo:
    return load(request.param)


def folded(rows: tuple[DemoRow, ...]) -> set[str]:
    """What stands in the rows, texts without case and punctuation."""
    return {"".join(c for c in str(row.data).lower() if c.isalnum()) for row in rows}


def test_each_label_is_described(demo: Demo) -> None:
    assert len({label.name for label in demo.labels}) == len(demo.labels)
    assert all(label.description for label in demo.labels)


def test_each_label_has_two_to_five_seeds(demo: Demo) -> None:
    counts = Counter(row.label for row in demo.seeds)
    assert set(counts) == {label.name for label in demo.labels}
    assert set(counts.values()) <= {2, 3, 4, 5}


def test_nothing_held_out_was_seen_before(demo: Demo) -> None:
    assert not folded(demo.held_out) & (folded(demo.seeds) | folded(demo.stream))


def test_no_seed_comes_again_in_the_stream(demo: Demo) -> None:
    assert not folded(demo.seeds) & folded(demo.stream)


def test_the_held_out_part_is_balanced(demo: Demo) -> None:
    counts = Counter(row.label for row in demo.held_out)
    assert len(set(counts.values())) == 1
    assert len(counts) == len(demo.labels)


def test_a_content_has_one_true_label(demo: Demo) -> None:
    true_labels = demo.true_labels()
    assert all(true_labels[row.content] == row.label for row in demo.stream)


def test_a_copy_comes_after_its_original(demo: Demo) -> None:
    first = {}
    for place, row in enumerate(demo.stream):
        first.setdefault(row.content, (place, row.kind))
    assert {kind for _, kind in first.values()} <= {"fresh", "near_copy", "near_bot"}


def test_the_stream_repeats_itself_as_traffic_does(demo: Demo) -> None:
    again = Counter(row.kind for row in demo.stream if row.kind != "fresh")
    assert set(again) == {"copy", "near_copy", "bot", "near_bot"}
    assert 0.05 < again.total() / len(demo.stream) < 0.2


def test_priors_shift_and_a_rare_label_grows_late(demo: Demo) -> None:
    fresh = Counter((row.label, row.phase) for row in demo.stream if row.kind == "fresh")
    frequent = {phase: max(demo.labels, key=lambda label: fresh[label.name, phase]).name for phase in "AB"}
    assert frequent["A"] != frequent["B"]
    assert any(fresh[label.name, "C"] > 5 * fresh[label.name, "B"] for label in demo.labels)
