from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from noria.capture.queue import QueueItem, Turn, gathered, serve_order, statistical_key, work_priority


def item(
    sample_id: str,
    key: float = 0.5,
    margin: float = 0.5,
    label_id: str = "a",
    minute: int = 0,
    embedding: list[float] | None = None,
) -> QueueItem:
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    vector = None if embedding is None else np.array(embedding, dtype=np.float32)
    return QueueItem(sample_id, key, label_id, 0.5, margin, at, vector)


def ids(items: list[QueueItem]) -> list[str]:
    return [each.sample_id for each in items]


ITEMS = [item("a", key=0.4), item("b", key=0.3), item("c", key=0.2), item("d", key=0.1)]


def test_every_fourth_item_is_blind_and_has_the_smallest_key() -> None:
    items = [item(str(n), key=1 - n / 10) for n in range(9)]
    turns = serve_order(items, n_served=0, blind_every=4)
    assert [turn.item.sample_id for turn in turns] == ["0", "1", "2", "8", "3", "4", "5", "7", "6"]
    assert [n for n, turn in enumerate(turns, 1) if turn.blind] == [4, 8]


@pytest.mark.parametrize(("n_served", "blind_at"), [(0, [4]), (1, [3]), (3, [1]), (7, [1])])
def test_the_blind_turn_goes_on_where_the_last_sitting_ended(n_served: int, blind_at: list[int]) -> None:
    turns = serve_order(ITEMS, n_served, blind_every=4)
    assert [n for n, turn in enumerate(turns, 1) if turn.blind] == blind_at


def test_every_item_is_served_once() -> None:
    assert sorted(turn.item.sample_id for turn in serve_order(ITEMS, 1, 2)) == ["a", "b", "c", "d"]


def test_blind_every_one_follows_the_keys_alone() -> None:
    turns = serve_order(ITEMS, 0, 1)
    assert [turn.item.sample_id for turn in turns] == ["d", "c", "b", "a"]
    assert all(turn.blind for turn in turns)


def test_blind_every_zero_is_never_blind() -> None:
    turns = serve_order(ITEMS, 0, 0)
    assert [turn.item.sample_id for turn in turns] == ["a", "b", "c", "d"]
    assert not any(turn.blind for turn in turns)


def test_the_blind_item_does_not_depend_on_the_work_order() -> None:
    assert serve_order(ITEMS, 3, 4)[0] == serve_order(ITEMS[::-1], 3, 4)[0]


def test_an_empty_queue_serves_nothing() -> None:
    assert serve_order([], 5, 4) == []


def test_of_several_captures_the_smallest_key_holds() -> None:
    assert statistical_key([0.4, 0.1, 0.9]) == 0.1


def test_close_calls_come_first() -> None:
    counts = {"a": 50.0}
    assert ids(work_priority([item("clear", margin=0.9), item("close", margin=0.1)], counts)) == [
        "close",
        "clear",
    ]


def test_while_a_label_has_few_samples_its_items_come_earlier() -> None:
    items = [item("common", margin=0.3, label_id="common"), item("rare", margin=0.6, label_id="rare")]
    assert ids(work_priority(items, {"common": 40, "rare": 1})) == ["rare", "common"]


def test_once_labels_are_covered_the_margin_decides() -> None:
    items = [item("common", margin=0.3, label_id="common"), item("rare", margin=0.6, label_id="rare")]
    assert ids(work_priority(items, {"common": 40, "rare": 20})) == ["common", "rare"]


def test_look_alikes_do_not_follow_each_other() -> None:
    items = [
        item("x", margin=0.0, embedding=[1, 0]),
        item("x again", margin=0.01, embedding=[1, 0.01]),
        item("other", margin=0.5, embedding=[0, 1]),
    ]
    assert ids(work_priority(items, {"a": 50})) == ["x", "other", "x again"]


def test_of_equals_the_older_comes_first() -> None:
    assert ids(work_priority([item("new", minute=5), item("old", minute=1)], {"a": 50})) == ["old", "new"]


def test_of_two_that_teach_the_same_the_one_nearer_to_the_bar_comes_first() -> None:
    assert ids(work_priority([item("far", key=0.9), item("near", key=0.3)], {"a": 50})) == ["near", "far"]


def test_what_teaches_much_more_comes_before_what_is_nearer_to_the_bar() -> None:
    items = [item("clear", key=0.2, margin=0.9), item("close", key=0.5, margin=0.1)]
    assert ids(work_priority(items, {"a": 50})) == ["close", "clear"]


def test_a_key_of_zero_does_no_harm() -> None:
    assert ids(work_priority([item("a", key=0.5), item("b", key=0.0)], {"a": 50})) == ["b", "a"]


def test_all_items_are_kept_with_and_without_embeddings() -> None:
    rng = np.random.default_rng(3)
    items = [
        item(str(n), margin=rng.random(), embedding=rng.normal(size=4).tolist() if n % 3 else None)
        for n in range(400)
    ]
    assert sorted(ids(work_priority(items, {}))) == sorted(ids(items))


def turns_of(*embeddings: list[float] | None) -> list[Turn]:
    return [Turn(item(f"sample_{n}", embedding=e), blind=False) for n, e in enumerate(embeddings)]


def groups(turns: list[Turn], centre: list[float] | None = None) -> list[list[str]]:
    found = gathered(turns, None if centre is None else np.array(centre))
    return [[group.turn.item.sample_id, *group.alike] for group in found]


def test_near_copies_come_with_the_first_of_them() -> None:
    turns = turns_of([1, 0], [0, 1], [0.99, 0.02], [0.02, 0.99], [1, 0.01])
    assert groups(turns) == [["sample_0", "sample_2", "sample_4"], ["sample_1", "sample_3"]]


def test_what_only_looks_alike_comes_by_itself() -> None:
    assert groups(turns_of([1, 0], [0.92, 0.39])) == [["sample_0"], ["sample_1"]]


def test_likeness_is_judged_around_the_heads_centre() -> None:
    turns = turns_of([1, 0.1], [1, -0.1])
    assert groups(turns) == [["sample_0", "sample_1"]]
    assert groups(turns, centre=[1, 0]) == [["sample_0"], ["sample_1"]]


def test_items_without_an_embedding_are_alike_to_nothing() -> None:
    turns = turns_of(None, [1, 0], None, [1, 0])
    assert groups(turns) == [["sample_0"], ["sample_1", "sample_3"], ["sample_2"]]
    assert groups(turns_of(None, None)) == [["sample_0"], ["sample_1"]]
    assert groups([]) == []


def test_a_tenth_of_near_copies_is_asked_by_itself() -> None:
    turns = turns_of(*[[1.0, 0.0]] * 2000)
    first, *apart = groups(turns)
    assert all(len(group) == 1 for group in apart)
    assert 150 < len(apart) < 250
    assert len(first) + len(apart) == 2000
