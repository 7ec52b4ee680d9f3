import pytest

from noria.learning.names import is_readable, phrases, readable_text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("card_payment_fee_charged", "card payment fee charged"),
        ("Refund_not_showing_up", "refund not showing up"),
        ("lostOrStolenCard", "lost or stolen card"),
        ("HTTPError", "HTTP error"),
        ("T-shirt/top", "t shirt top"),
        ("Ankle boot", "ankle boot"),
        ("US politics", "US politics"),
        ("  spam  ", "spam"),
        ("größeÄndern", "größe ändern"),
        ("请假", "请假"),
        ("", ""),
        ("__", ""),
    ],
)
def test_a_name_is_said_as_a_person_would(name: str, text: str) -> None:
    assert readable_text(name) == text


@pytest.mark.parametrize(
    "name",
    ["spam", "ham", "ok", "hate_speech", "card_arrival", "Ankle boot", "HTTPError", "请假", "да", "cat", "class", "top 10",
     "iPhone 15", "mp3 player", "pin_blocked", "why_verify_identity", "no", "deface", "Größe"],
)  # fmt: skip
def test_words_can_be_read(name: str) -> None:
    assert is_readable(name)


@pytest.mark.parametrize(
    "name",
    ["t17", "class_3", "Label 12", "c1", "0", "42", "3.5", "9f86d081884c", "deadbeef00", "x7k2m9qp", "A", "class A",
     "grp_b", "bcdfghjkl", "", "___", "foo", "550e8400-e29b-41d4-a716-446655440000", "category-07", "cls2", "q1"],
)  # fmt: skip
def test_codes_can_not(name: str) -> None:
    assert not is_readable(name)


def test_a_description_is_one_more_phrase() -> None:
    assert phrases("card_lost", "The card is gone.")[:2] == ("card lost", "this is about card lost")
    assert phrases("card_lost", "The card is gone.")[-1] == "The card is gone."
    assert "The card is gone." not in phrases("card_lost")


def test_a_name_of_marks_only_is_said_as_it_stands() -> None:
    assert phrases("___")[0] == "___"
