"""Templates in another language: texts are changed once, when a template is compiled, and cost nothing afterwards."""

import re
from collections.abc import Iterable
from typing import Any, cast

from jinja2 import Environment, nodes

from noria.server.dashboard.languages.markup import Lookup, Where, shown, translate, value, values

_ADDRESSES = {"asset", "at", "url_of"}  # what they are given is no text
_NO_TEXT = {"width"}  # blocks that fill an attribute
_WORD = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = re.compile(r"[^\W\d_]{2,} |\A[“A-Z][^\W\d_]+[^\W\d_A-Z]\Z")


class TranslatedEnvironment(Environment):
    """An environment whose templates come out in the language of a lookup."""

    lookup: Lookup

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return translate_template(super()._parse(source, name, filename), self.lookup)


def texts(environment: Environment, source: str) -> list[str]:
    """Every text of a template, as a translator reads it, in its order."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    translate_template(environment.parse(source), note)
    return found


def translate_template(tree: nodes.Template, lookup: Lookup) -> nodes.Template:
    """The parsed template with its texts looked up, those in expressions too."""
    _Translation(lookup).of_body(tree.body, Where())
    return tree


def nouns(tree: nodes.Template) -> Iterable[tuple[str, str]]:
    """What the filter `plural` is given: one, and many."""
    for found in tree.find_all(nodes.Filter):
        if found.name == "plural":
            ones = _constants(found.args[0])
            manys = _constants(found.args[1]) if len(found.args) > 1 else [f"{one}s" for one in ones]
            yield from zip(ones, manys, strict=True)


def _constants(node: nodes.Expr) -> list[str]:
    """The strings that an expression may come to."""
    match node:
        case nodes.Const():
            return [str(node.value)]
        case nodes.CondExpr() if node.expr2 is not None:
            return [*_constants(node.expr1), *_constants(node.expr2)]
        case _:
            return []


class _Translation:
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def of_body(self, body: Iterable[nodes.Node], where: Where) -> None:
        for node in body:
            self._of(node, where)

    def _of(self, node: nodes.Node, where: Where) -> None:
        match node:
            case nodes.Output():
                self._of_output(node, where)
            case nodes.If():
                self._of_branches([node.body, *(each.body for each in node.elif_), node.else_], where)
            case nodes.For():
                self._of_branches([node.body, node.else_], where)
            case nodes.Block() if node.name in _NO_TEXT:
                pass
            case nodes.Macro() | nodes.Block() | nodes.CallBlock() | nodes.FilterBlock() | nodes.With():
                if isinstance(node, nodes.CallBlock):
                    node.call = self._of_call(node.call)
                self.of_body(node.body, where if isinstance(node, (nodes.Block, nodes.With)) else Where())
            case nodes.Assign():
                node.node = self._of_value(cast(nodes.Expr, node.node), isinstance(node.node, nodes.CondExpr))
            case _:
                pass

    def _of_branches(self, bodies: Iterable[list[nodes.Node]], where: Where) -> None:
        """Each begins as the statement does; what follows goes on as the first one ends."""
        begin = Where(where.in_tag, where.verbatim)
        for n, body in enumerate(bodies):
            each = where if n == 0 else Where(begin.in_tag, begin.verbatim)
            self.of_body(body, each)

    def _of_output(self, output: nodes.Output, where: Where) -> None:
        flat, given = "", list[nodes.Expr]()
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                flat += node.data
            else:
                given.append(self._of_value(node, True) if shown(flat, where) else node)
                flat += value(len(given) - 1)
        done = translate(flat, [_name(each) for each in given], where, self._lookup)
        output.nodes = [
            nodes.TemplateData(part, lineno=output.lineno) if isinstance(part, str) else given[part]
            for part in values(done)
            if part != ""
        ]

    def _of_value(self, node: nodes.Expr, words: bool = False) -> nodes.Expr:
        """An expression that is shown, with the texts that it may come to.

        words: whether a single word is a text too, and not a code.
        """
        match node:
            case nodes.Const() if isinstance(node.value, str) and self._is_text(node.value, words):
                return nodes.Const(self._spaced(node.value), lineno=node.lineno)
            case nodes.CondExpr():
                node.expr1 = self._of_value(node.expr1, words)
                node.expr2 = self._of_value(node.expr2, words) if node.expr2 is not None else None
            case nodes.Or() | nodes.Add():
                node.left, node.right = self._of_value(node.left, words), self._of_value(node.right, words)
            case nodes.Concat():
                node.nodes = [self._of_value(each, words) for each in node.nodes]
            case nodes.Filter() if node.node is not None and node.name != "plural":
                node.node = self._of_value(node.node)
            case nodes.Call():
                return self._of_call(node)
            case _:
                pass
        return node

    def _of_call(self, call: nodes.Call) -> nodes.Call:
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        table = call.node.node if isinstance(call.node, nodes.Getattr) else None
        if isinstance(table, nodes.Dict):  # {"code": "text"}.get(code, "text")
            for item in table.items:
                item.value = self._of_value(item.value, True)
        if isinstance(table, nodes.Dict) or name == "t":
            call.args = [self._of_value(each, True) for each in call.args]
        elif name not in _ADDRESSES:
            call.args = [self._of_value(each) for each in call.args]
            for keyword in call.kwargs:
                keyword.value = self._of_value(keyword.value)
        return call

    def _is_text(self, text: str, words: bool) -> bool:
        if text.startswith(("/", "?", "#")):
            return False
        return bool(_SENTENCE.search(text.strip()) or (words and _WORD.search(text)))

    def _spaced(self, text: str) -> str:
        """Blanks around a text are the template's."""
        body = text.strip()
        return text.replace(body, self._lookup(body), 1)


def _name(node: Any) -> str:
    """What a value is called in a sentence."""
    match node:
        case nodes.Name():
            return str(node.name)
        case nodes.Getattr():
            return str(node.attr)
        case nodes.Filter() | nodes.Getitem() | nodes.Call() if node.node is not None:
            return _name(node.node)
        case _:
            return "words"
