"""The form of the capture settings."""

import pytest

from noria.errors import BadInput
from noria.records.function import CaptureSettings
from noria.server.dashboard.capture_settings import sliders, with_form

NOW = CaptureSettings(shares={"Random": 0.2, "LowConfidence": 0.5, "Mine": 0.3})


def test_shares_are_brought_to_one_together() -> None:
    settings = with_form(NOW, {"share_Random": "10", "share_LowConfidence": "10", "share_Mine": "20"})
    assert settings.shares == {"Random": 0.25, "LowConfidence": 0.25, "Mine": 0.5}


def test_a_rule_that_the_form_leaves_out_keeps_its_part() -> None:
    settings = with_form(NOW, {"share_Random": "20", "share_LowConfidence": "50"})
    assert settings.shares == pytest.approx(NOW.shares)


def test_a_rule_that_had_no_share_can_be_given_one() -> None:
    settings = with_form(NOW, {"share_Novel": "100", "share_Nonsense": "100"})
    assert settings.shares == pytest.approx(
        {"Random": 0.1, "LowConfidence": 0.25, "Mine": 0.15, "Novel": 0.5}
    )


def test_each_rule_has_a_slider_random_first_and_never_below_a_tenth() -> None:
    shown = sliders(NOW)
    assert [(s.reason, s.percent, s.least) for s in shown[:3]] == [
        ("Random", 20, 10), ("LowConfidence", 50, 0), ("Mine", 30, 0),
    ]  # fmt: skip
    assert {"RareClass", "Novel"} <= {s.reason for s in shown}
    assert all(s.what for s in shown)


def test_a_box_that_is_not_ticked_switches_capture_off() -> None:
    assert with_form(NOW, {"enabled": "on"}).enabled
    assert not with_form(NOW, {}).enabled


@pytest.mark.parametrize(
    "form",
    [
        {"budget_per_day": "many"},
        {"budget_per_day": "-1"},
        {"budget_per_day": "nan"},
        {"budget_per_day": "inf"},
        {"budget_per_day": "1e9"},
        {"share_Random": "0", "share_LowConfidence": "0", "share_Mine": "0"},
        {"share_Random": "-5"},
    ],
)
def test_what_makes_no_sense_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        with_form(NOW, form)
