"""From what a person wrote to a tree of our own: Python's parser, a strict whitelist, and errors that point at the place.

Nothing is ever evaluated or compiled. What the whitelist does not name is refused.
"""

import ast
import difflib
import math
import re
from dataclasses import dataclass, field
from typing import NoReturn

from noria.capture.call import Call
from noria.capture.expression import tree
from noria.errors import RuleUnreadable

MAX_LENGTH = 500  # characters
MAX_DEPTH = 12  # brackets, `not` and calls inside each other
_EXAMPLE = 'label == "refund" and confidence < 0.8'
_NAMES = (*tree.FIELDS, "metadata")
_CALLS = (*tree.TEXT_TESTS, "has", "lower")
_NUMBERS = {"confidence": (0.0, 1.0), "margin": (0.0, 1.0), "hour": (0.0, 24.0)}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_SLIPS = (
    (re.compile(r"[“”„‘’]"), 'Use straight quotes: "…".'),
    (re.compile(r"[\"']"), "The text that begins here has no closing quote."),
    (re.compile(r"&&?"), "Write and."),
    (re.compile(r"\|\|?"), "Write or."),
    (re.compile(r"!(?!=)"), "Write not."),
    (re.compile(r"\b(?:AND|OR|NOT|IN)\b"), "Write it in small letters."),
    (re.compile(r"(?<![=!<>])=(?!=)"), "Write == to compare."),
    (re.compile(r"<>"), "Write != for “other than”."),
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A question about a call that was understood."""

    text: str
    test: tree.Test
    fields: frozenset[str]  # which of label, confidence, margin, hour and weekday it reads
    labels: tuple[str, ...]  # the names that it compares the label with
    places: tuple[tuple[str, tuple[int, int]], ...] = ()  # where each of these stands, from and to

    def holds(self, call: Call) -> bool:
        """Whether the call is what the expression asks for; a call without some metadata is none of it. Never raises."""
        return self.test.holds(call)


def parsed(text: str) -> Expression:
    """The expression that a person wrote. Raises RuleUnreadable with the place and what to do.

    >>> import numpy as np
    >>> call = Call(np.array([0.7, 0.3]), ("a", "b"), label="refund", metadata={"tier": "gold"})
    >>> parsed('label == "refund" and confidence < 0.8').holds(call)
    True
    >>> parsed('metadata.customer == "acme"').holds(call)
    False
    """
    if len(text) > MAX_LENGTH:
        raise RuleUnreadable(
            f"A rule has at most {MAX_LENGTH} characters. Split it in two.", (MAX_LENGTH, len(text))
        )
    line = "".join(each if each.isprintable() else " " for each in text)
    if not line.strip():
        raise RuleUnreadable(f"Write what to look for, such as {_EXAMPLE}.", (0, len(text)))
    if "\\" in line:
        at = line.index("\\")
        raise RuleUnreadable(
            "A rule has no backslashes. Put a quote into the other kind.", (at, at + 1), line
        )
    return _Parser(line).expression()


def relabelled(text: str, name: str, other: str) -> str:
    """The expression with another label's name where it compares with this one; as it is where that can't be written.

    >>> relabelled('label in ("a", "b") and metadata.x == "a"', "a", "c")
    'label in ("c", "b") and metadata.x == "a"'
    """
    quote = "'" if '"' in other else '"'
    if quote in other or "\\" in other:
        return text
    try:
        places = [place for said, place in parsed(text).places if said == name]
    except RuleUnreadable:
        return text
    changed = text
    for start, end in sorted(places, reverse=True):
        changed = f"{changed[:start]}{quote}{other}{quote}{changed[end:]}"
    return changed if len(changed) <= MAX_LENGTH else text


@dataclass(frozen=True, slots=True)
class _Operand:
    """An operand with what it gives: text, number, or metadata, which can be read as either."""

    operand: tree.Operand
    kind: str
    node: ast.expr

    @property
    def fixed(self) -> bool:
        return isinstance(self.operand, tree.Constant)

    @property
    def field(self) -> str:
        return self.operand.name if isinstance(self.operand, tree.Field) else ""

    def as_number(self) -> tree.Operand:
        return self.operand if self.kind == "number" else tree.AsNumber(self.operand)


@dataclass(slots=True)
class _Parser:
    line: str
    fields: set[str] = field(default_factory=set)
    labels: list[tuple[str, tuple[int, int]]] = field(default_factory=list)  # each with its place
    left_out: int = 0  # characters of white space before the expression

    def expression(self) -> Expression:
        self.left_out = len(self.line) - len(self.line.lstrip())
        try:
            body = ast.parse(self.line.strip(), mode="eval").body
        except SyntaxError as problem:
            self._slip(problem)
        except (ValueError, RecursionError, MemoryError):
            raise RuleUnreadable(
                "The rule can't be read. Write it anew, simpler.", (0, len(self.line))
            ) from None
        test = self._test(body, 0)
        self._refuse_comment(body)
        names = tuple(dict.fromkeys(name for name, _ in self.labels))
        places = tuple(dict.fromkeys(self.labels))
        return Expression(self.line, test, frozenset(self.fields), names, places)

    # --- tests

    def _test(self, node: ast.expr, depth: int) -> tree.Test:
        if depth > MAX_DEPTH:
            self._refuse(node, f"This is nested more than {MAX_DEPTH} deep. Split the rule in two.")
        match node:
            case ast.BoolOp(op=ast.And()):
                return tree.All(tuple(self._test(part, depth + 1) for part in node.values))
            case ast.BoolOp():
                return tree.AnyOf(tuple(self._test(part, depth + 1) for part in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return tree.Not(self._test(node.operand, depth + 1))
            case ast.Compare():
                return self._comparison(node)
            case ast.Call(func=ast.Name(id="lower")):
                self._refuse(node, 'Compare it with something, as in lower(metadata.x) == "acme".')
            case ast.Call():
                return self._called(node)
            case ast.Constant(value=str()):
                self._refuse(
                    node,
                    f'A text by itself asks nothing. Compare it too, as in label in ("a", {self._said(node)}).',
                )
            case ast.Constant():
                self._refuse(node, f"This is always the same. Ask about the call, as in {_EXAMPLE}.")
        read = self._operand(node)
        if isinstance(read.operand, tree.Metadata):
            self._refuse(
                node, f'Compare it, as in {self._said(node)} == "acme", or ask has({self._said(node)}).'
            )
        example = '"sat"' if read.field == "weekday" else '"refund"'
        compared = f"== {example}" if read.kind == "text" else "< 0.8" if read.field != "hour" else ">= 22"
        self._refuse(node, f"Compare it, as in {self._said(node)} {compared}.")

    def _called(self, node: ast.Call) -> tree.Test:
        name = self._function(node)
        if name == "has":
            [only] = self._arguments(node, 1, "has(metadata.customer)")
            read = self._operand(only)
            if not isinstance(read.operand, tree.Metadata):
                self._refuse(only, "Only metadata can be missing, as in has(metadata.customer).")
            return tree.Has(read.operand)
        text, part = self._arguments(node, 2, f'{name}(metadata.customer, "acme")')
        read, wanted = self._operand(text), self._operand(part)
        if read.kind == "number" or read.fixed:
            self._refuse(text, f'{name} looks into a text, as in {name}(metadata.customer, "acme").')
        if not (isinstance(wanted.operand, tree.Constant) and isinstance(wanted.operand.value, str)):
            self._refuse(
                part, f'Write here the text to look for, in quotes, as in {name}(metadata.customer, "acme").'
            )
        return tree.TextTest(read.operand, tree.TEXT_TESTS[name], wanted.operand.value)

    def _comparison(self, node: ast.Compare) -> tree.Test:
        tests: list[tree.Test] = []
        left = node.left
        for sign, right in zip(node.ops, node.comparators, strict=True):
            tests.append(self._one_comparison(node, left, sign, right))
            left = right
        return tests[0] if len(tests) == 1 else tree.All(tuple(tests))

    def _one_comparison(
        self, node: ast.Compare, left: ast.expr, sign: ast.cmpop, right: ast.expr
    ) -> tree.Test:
        if isinstance(sign, ast.In | ast.NotIn):
            return self._among(left, right, isinstance(sign, ast.In))
        if type(sign) not in _SIGNS:
            self._refuse(node, "Write == or != to compare.")
        a, b = self._operand(left), self._operand(right)
        how = _SIGNS[type(sign)]
        if a.fixed and b.fixed:
            self._refuse(node, f"This compares two fixed values. Ask about the call, as in {_EXAMPLE}.")
        self._must_fit(a, b)
        self._must_fit(b, a)
        numbers = "number" in (a.kind, b.kind)
        if how not in ("==", "!=") and not numbers:
            self._refuse(node, "Only numbers can be smaller or larger, as in metadata.amount > 100.")
        if numbers:
            return tree.Compare(a.as_number(), tree.COMPARISONS[how], b.as_number())
        return tree.Compare(a.operand, tree.COMPARISONS[how], b.operand)

    def _among(self, left: ast.expr, right: ast.expr, wanted: bool) -> tree.Test:
        a = self._operand(left)
        if not isinstance(right, ast.Tuple | ast.List | ast.Set) or not right.elts:
            said = self._said(left)
            self._refuse(
                right,
                f'Write a list, as in {said} in ("a", "b"). To look into a text: contains(metadata.x, "a").',
            )
        listed = [self._operand(each) for each in right.elts]
        values: list[str | float] = []
        for each in listed:
            if not isinstance(each.operand, tree.Constant):
                self._refuse(each.node, "A list holds fixed values: texts in quotes, or numbers.")
            self._must_fit(a, each)
            values.append(each.operand.value)
        numbers = {each.kind for each in listed} | {a.kind} - {"metadata"}
        if len(numbers) > 1:
            self._refuse(right, "List either texts or numbers, not both.")
        if a.fixed:
            self._refuse(left, f"This is always the same. Ask about the call, as in {_EXAMPLE}.")
        operand = a.as_number() if "number" in numbers else a.operand
        return tree.Among(operand, frozenset(values), wanted)

    def _must_fit(self, a: _Operand, b: _Operand) -> None:
        """Refuse a fixed value b that a can never have."""
        if {a.kind, b.kind} == {"number", "text"}:
            number, text = (a, b) if a.kind == "number" else (b, a)
            self._refuse(
                text.node,
                f"{self._said(number.node)} is a number, and this is a text. Compare like with like.",
            )
        if not isinstance(b.operand, tree.Constant):
            return
        value = b.operand.value
        if a.field == "label":
            self.labels.append((str(value), self._place(b.node)))
        if a.field == "weekday" and value not in tree.WEEKDAYS:
            self._refuse(b.node, f"A weekday is one of {', '.join(tree.WEEKDAYS)}.")
        if a.field in _NUMBERS and isinstance(value, float):
            low, high = _NUMBERS[a.field]
            if not low <= value <= high:
                hint = "write 0.8 for 80 %" if high == 1 else "from 0 to 23"
                self._refuse(b.node, f"{a.field} lies between {low:g} and {high:g}: {hint}.")

    # --- operands

    def _operand(self, node: ast.expr) -> _Operand:
        match node:
            case ast.Constant(value=str(value)):
                return _Operand(tree.Constant(value), "text", node)
            case ast.Constant(value=int(value) | float(value)) if not isinstance(value, bool):
                return _Operand(tree.Constant(self._number(node, value)), "number", node)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value) | float(value))):
                return _Operand(tree.Constant(-self._number(node, value)), "number", node)
            case ast.Name(id="metadata"):
                self._refuse(node, "Say which metadata, as in metadata.customer.")
            case ast.Name(id=name):
                return self._named(node, name)
            case ast.Attribute(value=ast.Name(id="metadata"), attr=key):
                return _Operand(tree.Metadata(key), "metadata", node)
            case ast.Subscript(value=ast.Name(id="metadata"), slice=ast.Constant(value=str(key))):
                return _Operand(tree.Metadata(key), "metadata", node)
            case ast.Attribute() | ast.Subscript():
                self._refuse(
                    node, 'Only metadata has parts, as in metadata.customer or metadata["customer id"].'
                )
            case ast.Call(func=ast.Name(id="lower")):
                [only] = self._arguments(node, 1, "lower(metadata.customer)")
                read = self._operand(only)
                if read.kind == "number" or read.fixed or isinstance(read.operand, tree.Lower):
                    self._refuse(only, "lower makes small letters of a text, as in lower(metadata.customer).")
                return _Operand(tree.Lower(read.operand), "text", node)
            case ast.Call():
                self._refuse(
                    node, f"{self._function(node)} is true or false by itself: there is nothing to compare."
                )
            case ast.BinOp():
                self._refuse(
                    node, "A rule doesn't calculate. Compare values as they are, as in metadata.amount > 100."
                )
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                self._refuse(node, "This is true or false: join it by and, or, not, instead of comparing it.")
        self._refuse(
            node, f"This has no place in a rule. Use {', '.join(_NAMES)} and values, as in {_EXAMPLE}."
        )

    def _named(self, node: ast.Name, name: str) -> _Operand:
        if name not in tree.FIELDS:
            near = difflib.get_close_matches(name, _NAMES, 1)
            meant = f"Did you mean {near[0]}? " if near else ""
            self._refuse(
                node,
                f"There is nothing called {name}. {meant}A call has {', '.join(_NAMES)}. Texts stand in quotes.",
            )
        self.fields.add(name)
        return _Operand(tree.Field(name, tree.FIELDS[name]), "number" if name in _NUMBERS else "text", node)

    def _number(self, node: ast.expr, value: float) -> float:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self._refuse(node, "This number is too large.")
        return number

    def _function(self, node: ast.Call) -> str:
        if not isinstance(node.func, ast.Name) or node.func.id not in _CALLS:
            self._refuse(node.func, f"There is no such function. Use {', '.join(_CALLS)}.")
        return node.func.id

    def _arguments(self, node: ast.Call, n: int, example: str) -> list[ast.expr]:
        if node.keywords or len(node.args) != n or any(isinstance(each, ast.Starred) for each in node.args):
            self._refuse(node, f"Write it as {example}.")
        return node.args

    # --- errors

    def _said(self, node: ast.expr) -> str:
        start, end = self._place(node)
        return self.line[start:end]

    def _place(self, node: ast.expr) -> tuple[int, int]:
        """Characters from and to, in what was written; the parser counts bytes."""
        encoded = self.line.strip().encode()
        start, end = node.col_offset, node.end_col_offset or node.col_offset
        return tuple(self.left_out + len(encoded[:at].decode()) for at in (start, end))  # type: ignore[return-value]

    def _refuse(self, node: ast.expr, message: str) -> NoReturn:
        raise RuleUnreadable(message, self._place(node), self.line)

    def _refuse_comment(self, body: ast.expr) -> None:
        """The parser passes over what stands behind a #; a person who wrote it meant something."""
        blank = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), self.line)
        if "#" in blank:
            at = blank.index("#")
            raise RuleUnreadable(
                "A rule has no comments. Say it in its name.", (at, len(self.line)), self.line
            )

    def _slip(self, problem: SyntaxError) -> NoReturn:
        """What people write when they know another language, or the place where the parser gave up."""
        blank = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), self.line)
        for slip, message in _SLIPS:
            if found := slip.search(blank):
                raise RuleUnreadable(message, found.span(), self.line) from None
        end = len(self.line.rstrip())
        at = self.left_out + problem.offset - 1 if problem.offset and problem.lineno == 1 else end
        if at >= end:
            raise RuleUnreadable("Something is missing at the end.", (end, end), self.line) from None
        raise RuleUnreadable(
            f"This can't be read. A rule looks like {_EXAMPLE}.", (at, len(self.line)), self.line
        ) from None
