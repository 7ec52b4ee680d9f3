"""A user's rule: which calls people want to see, in an expression of their own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserRule:
    name: str  # unique within the function
    expression: str  # read by `noria.capture.expression.parsed`
    words: str = ""  # shown to whoever labels what it captured; empty: the rule's name is
