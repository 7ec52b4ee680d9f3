"""Two versions on the same items, each judged only where it did not learn."""

from datetime import UTC, datetime

import pytest
from serving.parts import Serving
from taught import CATS, DOGS

from noria.errors import VersionNotFound
from noria.serving.comparing import Comparing, VersionComparison, kinds

YAPS = [f"woof bark yap yap {n}" for n in "abcdefgh"]  # of cats; who has seen none takes them for dogs


@pytest.fixture
def two(serving: Serving) -> tuple[str, str]:
    """A version that has seen no yap, and one that has."""
    first = serving.train()
    for text in YAPS:
        serving.function.teach(text, "cat")
    return first, serving.train()


def compared(serving: Serving, first: str, second: str) -> VersionComparison:
    return Comparing(serving.storage, serving.live).compare(serving.function.id, first, second)


def test_the_one_that_is_right_more_often_is_told_with_an_interval(serving: Serving, two) -> None:
    found = compared(serving, *two)
    assert (found.paired.n, found.left_out) == (len(CATS) + len(DOGS) + len(YAPS), 0)
    assert found.paired.gained >= 7
    back = compared(serving, *reversed(two))
    assert (back.paired.lost, back.paired.gained) == (found.paired.gained, found.paired.lost)


def test_what_a_version_learned_from_is_judged_out_of_fold_and_the_rest_directly(
    serving: Serving, two
) -> None:
    first, second = two
    by_text = {
        serving.storage.samples.get(serving.function.id, item.sample_id).data: item
        for item in compared(serving, first, second).judged
    }
    yap, cat = by_text[YAPS[0]], by_text[CATS[0]]
    assert yap.first.confidences  # asked directly: the first has never seen it
    assert not yap.second.confidences
    assert not cat.first.confidences
    assert cat.first.of_right is not None


def test_ways_to_differ_are_counted(serving: Serving, two) -> None:
    cat, dog = serving.function.labels["cat"], serving.function.labels["dog"]
    [(kind, n), *_] = kinds(compared(serving, *two).judged)
    assert kind == (dog, cat)
    assert n >= 7


def test_captured_calls_show_where_they_part_without_saying_who_is_right(serving: Serving, two) -> None:
    serving.capture_everything()
    for text in ("woof bark yap yap yap", "meow purr"):
        serving.ask(text)
    serving.writer.close()
    found = compared(serving, *two)
    assert [item.differ for item in found.captured].count(True) == 1
    assert {item.right for item in found.captured} == {None}


def test_the_answers_of_a_deleted_label_are_left_out(serving: Serving, two) -> None:
    serving.storage.labels.delete(serving.function.id, serving.function.labels["dog"], datetime.now(UTC))
    serving.live.refresh(serving.function.id)
    found = compared(serving, *two)
    assert all(serving.function.labels["dog"] not in item.first.label_ids for item in found.judged)
    assert found.left_out > 0


def test_a_version_that_there_is_not_is_refused(serving: Serving, two) -> None:
    with pytest.raises(VersionNotFound):
        compared(serving, two[0], "model_none")
