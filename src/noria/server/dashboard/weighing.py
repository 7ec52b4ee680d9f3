"""What weighing the answers with the class balance would save, in words, beside Drift on Metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from noria.estimate.accuracy import TooFew
from noria.estimate.weighing import Weighing
from noria.records.function import Function
from noria.server.dashboard import snippets
from noria.server.dashboard.languages import t
from noria.server.dashboard.snippets import Snippet
from noria.server.dashboard.words import NARROW, percent, plural
from noria.serving.drifting import DriftReport
from noria.serving.weighing import since_of

_FALLS = 3  # labels that are named
_LEAST_FALL = 0.01  # of recall


@dataclass(frozen=True, slots=True)
class WeighingView:
    """The paragraph as the template writes it: a suggestion with its snippet, or what is missing for one."""

    gain: str  # empty where nothing is suggested
    threshold: str  # with two labels
    falls: list[str]  # labels that would be found less often
    since: datetime
    counted: int
    snippet: Snippet | None
    missing: str  # empty where something is suggested, or nothing has moved

    @classmethod
    def of(
        cls,
        found: Weighing | TooFew,
        report: DriftReport,
        names: Mapping[str, str],
        function: Function,
        server: str,
        row: snippets.ExampleRow,
    ) -> "WeighingView | None":
        """row: what a table function is asked. None where there is nothing to say: it surely helps nobody, and the class balance has not moved."""
        since, moved = since_of(report), report.balance_since is not None
        if isinstance(found, Weighing) and found.helps:
            named = {names[id]: weight for id, weight in found.weights.items() if id in names}
            return cls(
                gain=_gain(found),
                threshold=_threshold(found, names),
                falls=_falls(found, names),
                since=since,
                counted=found.counted,
                snippet=snippets.weighed(server, function, named, row),
                missing="",
            )
        return cls("", "", [], since, found.counted, None, _missing(found)) if moved else None


def _gain(found: Weighing) -> str:
    after = max(0.0, found.errors - found.saved)
    return t(
        "errors would fall from {errors} to {after} of calls ({fewer})",
        errors=_percent(found.errors),
        after=_percent(after),
        fewer=_fewer(found),
    )


def _fewer(found: Weighing) -> str:
    """The interval; of calls that were all labelled it has no width."""
    low, high = f"{100 * found.low:.1f}", f"{100 * found.high:.1f}"
    return (
        t("{low} to {high} fewer of 100", low=low, high=high)
        if low != high
        else t("{low} fewer of 100", low=low)
    )


def _threshold(found: Weighing, names: Mapping[str, str]) -> str:
    if found.threshold is None:
        return ""
    label_id, confidence = found.threshold
    other = next(id for id in found.weights if id != label_id)
    return t(
        "Answer “{label}” from a confidence of {confidence} in it on, and “{other}” below.",
        label=names.get(label_id),
        confidence=percent(confidence),
        other=names.get(other),
    )


def _falls(found: Weighing, names: Mapping[str, str]) -> list[str]:
    falls = [(recall.before - recall.after, id) for id, recall in found.recalls.items() if id in names]
    worst = sorted((fall for fall in falls if fall[0] >= _LEAST_FALL), reverse=True)[:_FALLS]
    return [_fall(names[id], found.recalls[id].before, found.recalls[id].after) for _, id in worst]


def _fall(name: str, before: float, after: float) -> str:
    return t(
        "“{name}” would be found less often: {before} of its calls now, {after} then.",
        name=name,
        before=percent(before),
        after=percent(after),
    )


def _missing(found: Weighing | TooFew) -> str:
    if isinstance(found, TooFew):
        return t(
            "Would weighing the answers with the new balance save errors? {missing} of calls since then can tell.",
            missing=plural(found.missing, "more label"),
        )
    return t(
        "Weighing the answers with the new balance would not surely save errors, by the labels since then."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}{NARROW}%"
