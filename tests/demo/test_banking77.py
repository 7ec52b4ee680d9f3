from collections import Counter

from noria.demo.banking77 import load


def test_twelve_labels_have_forty_held_out_questions_each() -> None:
    counts = Counter(row.label for row in load().held_out)
    assert set(counts.values()) == {40}
    assert len(counts) == 12


def test_one_label_is_rare_to_the_end() -> None:
    fresh = Counter(row.label for row in load().stream if row.kind == "fresh")
    assert fresh["Declined transfer"] < 20


def test_the_stream_is_long_enough_to_watch() -> None:
    kinds = Counter(row.kind for row in load().stream)
    assert min(kinds[kind] for kind in ("copy", "near_copy", "bot", "near_bot")) >= 20
    assert 1500 <= kinds.total() <= 2500
