import pytest

from noria.capture.second_opinions import known_order, mingled, overlaps, shows_known

IDS = [f"sample_{i}" for i in range(4000)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_about_the_share_of_items_overlaps(share: float) -> None:
    found = sum(overlaps(id, share) for id in IDS) / len(IDS)
    assert found == pytest.approx(share, abs=0.025)


def test_an_item_that_overlaps_still_does_with_a_larger_share() -> None:
    some = {id for id in IDS if overlaps(id, 0.1)}
    assert some <= {id for id in IDS if overlaps(id, 0.3)}


def test_about_the_share_of_turns_shows_a_known_item_and_not_the_same_for_all() -> None:
    turns = range(1, 4001)
    ann, bob = ([shows_known(name, turn, 0.2) for turn in turns] for name in ("ann", "bob"))
    assert sum(ann) / 4000 == pytest.approx(0.2, abs=0.025)
    assert ann != bob


def test_each_person_meets_known_items_in_an_order_of_their_own() -> None:
    assert known_order(IDS, "ann") == known_order(IDS[::-1], "ann")
    assert known_order(IDS, "ann") != known_order(IDS, "bob")


@pytest.mark.parametrize(
    ("items", "seconds", "known", "turns", "expected"),
    [
        ("abcd", "", "", "....", "abcd"),
        ("abcd", "XYZ", "", "......", "abXcdY"),
        ("", "XY", "", "....", "XY"),
        ("a", "XY", "", "....", "aXY"),
        ("ab", "", "k", ".K.", "akb"),
        ("ab", "", "", ".K.", "ab"),
        ("", "X", "k", "K.", "kX"),
        ("", "", "k", "KK", ""),
        ("abcd", "X", "k", "..", "ab"),
    ],
)
def test_second_opinions_and_known_items_come_among_the_others(
    items, seconds, known, turns, expected
) -> None:
    assert mingled(items, seconds, known, [turn == "K" for turn in turns]) == list(expected)
