"""What an expression is made of: operands that read a call, and tests that hold for it or don't.

An operand of a call that has no such value is None, and every test of None is false: nothing here raises.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from noria.capture.call import Call

Value = str | float | None
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


class Operand(Protocol):
    def of(self, call: Call) -> Value: ...


class Test(Protocol):
    def holds(self, call: Call) -> bool: ...


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | float

    def of(self, call: Call) -> Value:
        return self.value


@dataclass(frozen=True, slots=True)
class Metadata:
    key: str

    def of(self, call: Call) -> Value:
        return call.metadata.get(self.key)


@dataclass(frozen=True, slots=True)
class Field:
    """What every call has."""

    name: str  # one of FIELDS
    read: Callable[[Call], Value]

    def of(self, call: Call) -> Value:
        return self.read(call)


@dataclass(frozen=True, slots=True)
class AsNumber:
    """A text as the number that it spells; None for any other text."""

    operand: Operand

    def of(self, call: Call) -> Value:
        value = self.operand.of(call)
        try:
            number = math.nan if value is None else float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Lower:
    """A text in small letters."""

    operand: Operand

    def of(self, call: Call) -> Value:
        value = self.operand.of(call)
        return value.lower() if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Compare:
    left: Operand
    compare: Callable[[Any, Any], bool]  # one of COMPARISONS
    right: Operand

    def holds(self, call: Call) -> bool:
        left, right = self.left.of(call), self.right.of(call)
        return left is not None and right is not None and self.compare(left, right)


@dataclass(frozen=True, slots=True)
class Among:
    operand: Operand
    values: frozenset[str | float]
    wanted: bool = True  # False: not among them

    def holds(self, call: Call) -> bool:
        value = self.operand.of(call)
        return value is not None and (value in self.values) is self.wanted


@dataclass(frozen=True, slots=True)
class TextTest:
    operand: Operand
    compare: Callable[[str, str], bool]  # one of TEXT_TESTS
    part: str

    def holds(self, call: Call) -> bool:
        value = self.operand.of(call)
        return isinstance(value, str) and self.compare(value, self.part)


@dataclass(frozen=True, slots=True)
class Has:
    operand: Operand

    def holds(self, call: Call) -> bool:
        return bool(self.operand.of(call))


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Test, ...]

    def holds(self, call: Call) -> bool:
        for part in self.parts:  # noqa: SIM110 - a generator takes twice as long, and each invoke waits
            if not part.holds(call):
                return False
        return True


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Test, ...]

    def holds(self, call: Call) -> bool:
        for part in self.parts:  # noqa: SIM110 - as above
            if part.holds(call):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Not:
    part: Test

    def holds(self, call: Call) -> bool:
        return not self.part.holds(call)


FIELDS: Mapping[str, Callable[[Call], Value]] = {
    "label": lambda call: call.label,
    "confidence": lambda call: call.confidence,
    "margin": lambda call: call.margin,
    "hour": lambda call: None if call.at is None else call.at.hour,
    "weekday": lambda call: None if call.at is None else WEEKDAYS[call.at.weekday()],
}
