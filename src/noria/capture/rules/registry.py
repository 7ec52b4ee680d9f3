"""Capture rules by reason: ours and those of outside packages come in by the same door."""

import warnings
from importlib.metadata import entry_points
from typing import Protocol

from noria.capture.call import Call, CaptureState
from noria.errors import BadInput

ENTRY_POINTS = "noria.capture_rules"

_rules: dict[str, "CaptureRule"] = {}
_discovered = False


class CaptureRule(Protocol):
    """Says how much a call is worth a person's look; the policy turns scores into a propensity."""

    @property
    def reason(self) -> str:
        """The rule's name on the wire, such as `LowConfidence`; unique."""

    @property
    def describe(self) -> str:
        """Why a call was captured, in a few words for people."""

    def score(self, call: Call, state: CaptureState) -> float:
        """A number >= 0 on any scale: the policy divides by its mean over past traffic."""


def register(rule: CaptureRule) -> CaptureRule:
    """Make a rule known under its reason; a later one of the same reason replaces it."""
    _rules[rule.reason] = rule
    return rule


def rule(reason: str) -> CaptureRule:
    """The rule of this reason. Raises BadInput for a reason that no rule has."""
    known = rules()
    if reason not in known:
        raise BadInput(
            "No capture rule has this reason. Use one of those listed, or install the package that brings it.",
            reason=reason,
            known=", ".join(sorted(known)),
        )
    return known[reason]


def rules() -> dict[str, CaptureRule]:
    """All rules by reason, those of installed packages (entry points `noria.capture_rules`) among them."""
    global _discovered
    if not _discovered:
        _discovered = True
        _discover()
    return dict(_rules)


def _discover() -> None:
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            found = entry.load()
            register(found() if isinstance(found, type) else found)
        except Exception as error:  # a stranger's broken package must not keep a server from starting
            warnings.warn(f"capture rule {entry.value} could not be loaded: {error!r}", stacklevel=2)
