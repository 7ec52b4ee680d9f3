from collections import Counter

import pytest

from noria.demo.data import DemoRow, DemoSet, load


@pytest.fixture(scope="module")
def demo() -> DemoSet:
    return load()


def folded(rows: tuple[DemoRow, ...]) -> set[str]:
    return {"".join(c for c in row.text.lower() if c.isalnum()) for row in rows}


def test_twelve_labels_fit_on_single_keys(demo: DemoSet) -> None:
    assert len({label.name for label in demo.labels}) == 12
    assert all(label.description for label in demo.labels)


def test_each_label_has_two_to_five_seeds(demo: DemoSet) -> None:
    counts = Counter(row.label for row in demo.seeds)
    assert set(counts) == {label.name for label in demo.labels}
    assert set(counts.values()) <= {2, 3, 4, 5}


def test_nothing_held_out_was_seen_before(demo: DemoSet) -> None:
    assert not folded(demo.held_out) & (folded(demo.seeds) | folded(demo.stream))


def test_no_seed_comes_again_in_the_stream(demo: DemoSet) -> None:
    assert not folded(demo.seeds) & folded(demo.stream)


def test_the_held_out_part_is_balanced(demo: DemoSet) -> None:
    counts = Counter(row.label for row in demo.held_out)
    assert set(counts.values()) == {40}
    assert len(counts) == 12


def test_a_text_has_one_true_label(demo: DemoSet) -> None:
    true_labels = demo.true_labels()
    assert all(true_labels[row.text] == row.label for row in demo.stream)


def test_the_stream_has_a_rare_label_and_one_that_grows_late(demo: DemoSet) -> None:
    fresh = Counter((row.label, row.phase) for row in demo.stream if row.kind == "fresh")
    assert sum(fresh["Declined transfer", phase] for phase in "ABC") < 20
    assert fresh["Cash withdrawal not recognised", "C"] > 5 * fresh["Cash withdrawal not recognised", "B"]


def test_the_stream_repeats_itself_as_traffic_does(demo: DemoSet) -> None:
    texts = Counter(row.text for row in demo.stream)
    kinds = Counter(row.kind for row in demo.stream)
    assert texts.most_common(1)[0][1] > 20  # a bot
    assert kinds["copy"] >= 20
    assert kinds["near_copy"] >= 20
    assert kinds["near_bot"] >= 20
    assert 1500 <= kinds.total() <= 2500


def test_a_copy_comes_after_its_original(demo: DemoSet) -> None:
    first = {}
    for place, row in enumerate(demo.stream):
        first.setdefault(row.text, (place, row.kind))
    assert {kind for _, kind in first.values()} <= {"fresh", "near_copy", "near_bot"}
