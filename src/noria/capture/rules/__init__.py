"""The capture rules: a file a rule. To add one, write it, `register` it, and give it a share."""

from noria.capture.rules import disagreement, low_confidence, novel, random, rare_label, user_rules
from noria.capture.rules.reasons import in_words
from noria.capture.rules.registry import CaptureRule, register, rule, rules

__all__ = [
    "CaptureRule",
    "disagreement",
    "in_words",
    "low_confidence",
    "novel",
    "random",
    "rare_label",
    "register",
    "rule",
    "rules",
    "user_rules",
]
