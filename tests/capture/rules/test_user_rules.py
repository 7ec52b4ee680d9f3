import pytest

from noria.capture.call import Call, CaptureState
from noria.capture.policy import Policy, shares_of
from noria.capture.rules.user_rules import MAX_RULES, UserRules, matching, ready
from noria.errors import BadInput, RuleUnreadable
from noria.records.function import CaptureSettings
from noria.records.user_rule import UserRule

NIGHT = UserRule("night", "hour < 6")
REFUNDS = UserRule("refunds", 'label == "refund"')


def asked(call: Call, *rules: UserRule) -> float:
    return UserRules().score(call, CaptureState((), rules=ready(rules)))  # type: ignore[arg-type]


def refund(call) -> Call:  # type: ignore[no-untyped-def]
    return Call(call(0.6, 0.4).probabilities, ("a", "b"), label="refund")


def test_a_call_that_any_rule_asks_for_scores_one(call) -> None:  # type: ignore[no-untyped-def]
    assert asked(refund(call), NIGHT, REFUNDS) == 1.0
    assert asked(refund(call), NIGHT) == 0.0


def test_without_rules_nothing_is_asked_for(call) -> None:  # type: ignore[no-untyped-def]
    assert asked(refund(call)) == 0.0


def test_the_names_of_those_that_hold_are_told(call) -> None:  # type: ignore[no-untyped-def]
    assert matching(refund(call), ready([NIGHT, REFUNDS])) == ("refunds",)


@pytest.mark.parametrize(
    "rules",
    [
        [UserRule("", "hour < 6")],
        [UserRule("x" * 81, "hour < 6")],
        [UserRule("a\nb", "hour < 6")],
        [NIGHT, NIGHT],
        [UserRule("a", "hour < 6", "w" * 201)],
        [UserRule(f"rule {i}", "hour < 6") for i in range(MAX_RULES + 1)],
    ],
)
def test_rules_that_cannot_be_kept_are_refused(rules: list[UserRule]) -> None:
    with pytest.raises(BadInput):
        ready(rules)


def test_an_expression_that_cannot_be_read_is_told_with_its_rule() -> None:
    with pytest.raises(RuleUnreadable, match="Rule “late”, character 8"):
        ready([UserRule("late", "hour > late")])


def test_rules_share_a_fifth_until_somebody_says_otherwise() -> None:
    settings = CaptureSettings(rules=(NIGHT,))
    parts = {rule.reason: share for rule, share in Policy.of(shares_of(settings)).rules}
    assert parts["Rule"] == pytest.approx(0.2)
    assert sum(parts.values()) == pytest.approx(1)


def test_a_share_that_was_set_stays() -> None:
    settings = CaptureSettings(shares={"Random": 0.5, "Rule": 0.5}, rules=(NIGHT,))
    assert shares_of(settings) == {"Random": 0.5, "Rule": 0.5}


def test_the_share_rests_while_there_are_no_rules() -> None:
    assert shares_of(CaptureSettings(shares={"Random": 0.5, "Rule": 0.5})) == {"Random": 0.5}
