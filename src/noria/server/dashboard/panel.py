"""The side panel of Capture, part by part, so that a page renews only what changed."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from noria.records.version import ModelVersion
from noria.server.dashboard import pages, words
from noria.server.dashboard.plots import Curve, curve
from noria.serving.events import Answered

if TYPE_CHECKING:
    from noria.app import Noria

_FEED = 6  # answers shown
_CURVE = 40  # versions drawn
_MINUTE_S = 60.0


def parts(noria: "Noria", function_id: str) -> dict[str, str]:
    """HTML of each part by its name, everything escaped."""
    function = noria.storage.functions.get(function_id)
    n_labels = len(noria.storage.labels.all(function_id))
    overview = noria.figures.overview(function_id)
    versions = noria.figures.versions(function_id)
    recent = noria.events.recent(function_id)
    queue = noria.labelling.state(function_id)
    return {
        "badge": words.count(queue.open) if queue.open else "",
        "empty": _part("empty", n_labels, overview.invokes, function.capture.enabled, function_id),
        "queue": _part("queue", queue, captured_today(noria, function_id)),
        "live": _part("live", noria.figures.live(function_id).estimate, function_id),
        "training": _part("training", overview.training, versions[0] if versions else None),
        "curve": _part("accuracy_curve", accuracy_curve(versions)),
        "feed": _part("feed", overview.invokes, pace(recent, time.time()), recent[:_FEED], function_id),
    }


def captured_today(noria: "Noria", function_id: str) -> int:
    """Since midnight UTC, as the labels of today are counted."""
    hours = datetime.now(UTC).hour + 1
    return sum(captured for _, _, captured in noria.figures.traffic(function_id, hours=hours))


def pace(recent: Sequence[Answered], now: float) -> float:
    """Answers a minute, from the latest few.

    recent: newest first.   now: seconds, as `Answered.at`.
    """
    if len(recent) < 2 or now - recent[0].at > _MINUTE_S:
        return 0.0
    within = [answer.at for answer in recent if now - answer.at <= _MINUTE_S]
    if len(within) < len(recent):
        return float(len(within))
    return _MINUTE_S * len(within) / max(now - within[-1], 1.0)


def accuracy_curve(versions: list[ModelVersion]) -> Curve | None:
    """Accuracy over versions, oldest first: on held-out samples where there are any, else cross-validated."""
    for score, what in (
        ("held_out_accuracy", "Held-out accuracy"),
        ("cv_accuracy", "Cross-validated accuracy"),
    ):
        scored = [v for v in reversed(versions) if v.scores.get(score) is not None]
        if scored:
            return curve(what, [(v.number, v.scores[score]) for v in scored[-_CURVE:]])
    return None


def _part(name: str, *values: object) -> str:
    return pages.macro("panel.html", name, *values)
