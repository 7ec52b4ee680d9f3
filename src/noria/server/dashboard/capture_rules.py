"""The users' own rules: which calls they want to see, written and tried out on the Settings page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.capture.expression import MAX_LENGTH
from noria.capture.rules import user_rules
from noria.errors import BadInput, RuleUnreadable
from noria.records.client import Scope
from noria.records.function import CaptureSettings
from noria.records.user_rule import UserRule
from noria.server.dashboard import pages
from noria.server.dashboard.languages import numbered, t
from noria.server.dashboard.services import services
from noria.server.dashboard.words import percent, plural
from noria.server.prefix import at
from noria.serving.rule_preview import RuleMatches

LIMITS = {"name": user_rules.MAX_NAME, "expression": MAX_LENGTH, "words": user_rules.MAX_WORDS}
_PARTS = ("name", "expression", "words")
_MOST_NAMED = 3  # unknown labels

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class Draft(msgspec.Struct):
    expression: str = ""


@post(
    "/functions/{function_id:str}/capture/rules",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def capture_rules(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    noria, back = services(request), at(f"/functions/{function_id}/settings#rules")
    rules = from_form(data)
    try:
        now = noria.storage.functions.get(function_id).capture
        noria.teacher.update_function(function_id, capture=replace(now, rules=rules))
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    if not rules:
        return pages.done(request, back, t("Saved. There are no rules of your own."))
    return pages.done(
        request,
        back,
        t(
            "Saved. From the next call on, {rules} asked too.",
            rules=plural(len(rules), "rule of yours is", "rules of yours are"),
        ),
    )


@post(
    "/functions/{function_id:str}/capture/rules/check",
    opt={"scope": Scope.ANNOTATE, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def check_rule(request: Request[Any, Any, Any], function_id: str, data: Draft) -> dict[str, Any]:
    """What the rule would find, in words; or what is wrong with it, and where."""
    try:
        found = services(request).rule_preview.check(function_id, data.expression)
    except RuleUnreadable as wrong:
        start, end = wrong.place
        return {"wrong": wrong.message, "start": start, "end": end}
    return {"found": in_words(found)}


def in_words(found: RuleMatches) -> str:
    """
    >>> in_words(RuleMatches(3, 120, 0.014, ()))
    '3 of the last 120 captures match: about 1\u202f% of all calls.'
    """
    unknown = "".join(
        " " + t("No label is called “{name}”.", name=name) for name in found.unknown_labels[:_MOST_NAMED]
    )
    if not found.of:
        return t("It can be read. Nothing is captured yet to try it on.{unknown}", unknown=unknown)
    share = (
        ""
        if found.traffic_share is None
        else t(": about {traffic_share} of all calls", traffic_share=percent(found.traffic_share))
    )
    how_many = t("None") if not found.matches else f"{found.matches:,}"
    verb = numbered("matches", "match", found.matches)
    return t(
        "{how_many} of the last {of} {verb}{share}.{unknown}",
        how_many=how_many,
        of=plural(found.of, "capture"),
        verb=verb,
        share=share if found.matches else "",
        unknown=unknown,
    )


def from_form(form: Mapping[str, str]) -> tuple[UserRule, ...]:
    """The rules in a form's rows; a row without an expression is a rule that goes.

    >>> from_form({"name_0": "night", "expression_0": "hour < 6", "words_0": "", "name_1": "gone", "expression_1": ""})
    (UserRule(name='night', expression='hour < 6', words=''),)
    """
    rows = ([form.get(f"{part}_{i}", "").strip() for part in _PARTS] for i in range(user_rules.MAX_RULES))
    return tuple(
        UserRule(name or expression[:40], expression, words) for name, expression, words in rows if expression
    )


def rows(settings: CaptureSettings) -> list[UserRule]:
    """The rules there are, and an empty one to fill in."""
    blank = [UserRule("", "")] if len(settings.rules) < user_rules.MAX_RULES else []
    return [*settings.rules, *blank]
