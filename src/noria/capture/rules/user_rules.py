"""Calls that the function's users asked for, in small expressions of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

from noria.capture.call import Call, CaptureState
from noria.capture.expression import Expression, parsed
from noria.capture.rules.registry import register
from noria.errors import BadInput, RuleUnreadable
from noria.records.capture import CaptureReason
from noria.records.user_rule import UserRule

MAX_RULES = 10
MAX_NAME = 80  # characters
MAX_WORDS = 200


class UserRules:
    """One rule for all that the users wrote: 1 if any of theirs holds for the call, so that its share is theirs together."""

    reason = CaptureReason.RULE.value
    describe = "a rule of yours asked for it"
    about = (
        "Calls that one of your own rules holds for. Each scores 1, others 0; all your rules have one share together, a "
        "fifth unless you set another."
    )

    def score(self, call: Call, state: CaptureState) -> float:
        for rule in state.rules:
            if rule.holds(call):
                return 1.0
        return 0.0


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A user's rule, understood."""

    name: str
    expression: Expression

    def holds(self, call: Call) -> bool:
        return self.expression.test.holds(call)


def ready(rules: Sequence[UserRule]) -> tuple[ReadyRule, ...]:
    """The rules of a function, understood. Raises BadInput for too many, a bad name; RuleUnreadable with the rule's name."""
    if len(rules) > MAX_RULES:
        raise BadInput(f"A function has at most {MAX_RULES} rules. Join some by or.", given=len(rules))
    names = [rule.name for rule in rules]
    for rule in rules:
        if not rule.name.strip() or len(rule.name) > MAX_NAME or not rule.name.isprintable():
            raise BadInput(
                f"Give each rule a name of 1 to {MAX_NAME} characters.", given=rule.name[:MAX_NAME]
            )
        if names.count(rule.name) > 1:
            raise BadInput("Two rules have the same name. Rename one.", name=rule.name)
        if len(rule.words) > MAX_WORDS or not rule.words.isprintable():
            raise BadInput(
                f"The words of a rule are one line of at most {MAX_WORDS} characters.", rule=rule.name
            )
    return tuple(_ready(rule) for rule in rules)


def _ready(rule: UserRule) -> ReadyRule:
    try:
        return ReadyRule(rule.name, parsed(rule.expression))
    except RuleUnreadable as problem:
        raise problem.of(rule.name) from None


def matching(call: Call, rules: Sequence[ReadyRule]) -> tuple[str, ...]:
    """Names of the rules that hold for the call."""
    return tuple(rule.name for rule in rules if rule.holds(call))


register(UserRules())
