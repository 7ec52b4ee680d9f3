"""The side panel of Capture, part by part, so that a page renews only what changed."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from noria.records.function import Function, Modality
from noria.records.version import ModelVersion
from noria.server.dashboard import pages, words
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.images import SMALL
from noria.server.dashboard.languages import t
from noria.server.dashboard.plots import Curve, curve
from noria.server.dashboard.services import answers_by_names
from noria.serving.events import Answered
from noria.serving.labelling import QueueState
from noria.serving.spending import Backlog, backlog, spending

if TYPE_CHECKING:
    from noria.app import Noria

T = TypeVar("T")

_FEED = 6  # answers shown
_CURVE = 60  # versions drawn
_FOLLOWED = (
    300.0  # calls a minute whose images a person can follow, and the server make previews of in passing
)
_MINUTE_S = 60.0
_OF_THE_QUEUE = {
    "least_s": 0.4,
    "rest": 10.0,
}  # how long these counts are kept: people see their own answers in them
_PATIENCE_S = 0.3  # that a page waits for figures; they come as soon as they are there


class Panel:
    """One page's panel. What costs much is shared with all pages of the function, and made as seldom as it costs."""

    def __init__(self, noria: "Noria", function_id: str, person: str) -> None:
        self._noria = noria
        self._person = person
        self._id = function_id
        self._versions: list[ModelVersion] = []
        self._versions_of = -1  # the function's changed_seq that they were read at

    def parts(self) -> dict[str, str]:
        """HTML of each part by its name, everything escaped."""
        noria, id = self._noria, self._id
        function = noria.storage.functions.get(id)
        n_labels = len(noria.storage.labels.all(id))
        overview = noria.figures.overview(id)
        versions = self._newest_first(function)
        recent = noria.events.recent(id)
        queue, behind = self._kept("queue", self._queue, **_OF_THE_QUEUE) or self._queue()
        return {
            "state": _part(
                "answering",
                overview.live.number if overview.live else None,
                answers_by_names(noria, function),
            ),
            "badge": words.count(queue.open) if queue.open else "",
            "empty": _part(
                "empty",
                n_labels,
                overview.invokes,
                function.capture.enabled,
                function.input if function.input is not Modality.TEXT and overview.live is None else "",
                id,
                function.tags,
            ),
            "queue": _part(
                "queue",
                queue,
                noria.labelling.asked(id, self._person),
                behind,
                noria.storage.feedback.count(id),
                id,
                datetime.now(UTC),
            ),
            "budget": self._spent(function.capture.enabled),
            "live": "" if function.tags else self._estimate(),
            "training": _part("training", overview.training, versions[0] if versions else None),
            "curve": _part("accuracy_curve", accuracy_curve(versions)),
            "feed": self._feed(function, overview.invokes, recent),
        }

    def _newest_first(self, function: Function) -> list[ModelVersion]:
        if function.changed_seq != self._versions_of:
            self._versions, self._versions_of = self._noria.figures.versions(self._id), function.changed_seq
        return self._versions

    def _feed(self, function: Function, invokes: int, recent: Sequence[Answered]) -> str:
        shown, a_minute = recent[:_FEED], pace(recent, time.time())
        contents = Contents(self._noria, function)
        lines = [contents.in_a_line(answer.data, answer.field_values) for answer in shown]
        return _part("feed", invokes, a_minute, shown, lines, self._id, self._pictures(shown, a_minute))

    def _pictures(self, shown: Sequence[Answered], a_minute: float) -> dict[str, str]:
        """Addresses of small previews by sample; of the captured only, where calls come faster than eyes follow."""
        return {
            answer.picture_id: self._noria.links.path(self._id, answer.picture_id, SMALL)
            for answer in shown
            if answer.picture_id
            and answer.field_values is None
            and (answer.captured_reasons or a_minute <= _FOLLOWED)
        }

    def _queue(self) -> tuple[QueueState, Backlog]:
        return self._noria.labelling.state(self._id), backlog(self._noria.storage, self._id)

    def _spent(self, enabled: bool) -> str:
        spent = self._kept("spending", lambda: spending(self._noria.storage, self._id))
        return _part("coming", t("Captured")) if spent is None else _part("budget", spent, enabled)

    def _estimate(self) -> str:
        found = self._kept("live", lambda: self._noria.figures.live(self._id))
        return (
            _part("coming", t("Live accuracy")) if found is None else _part("live", found.estimate, self._id)
        )

    def _kept(self, what: str, make: Callable[[], T], **often: float) -> T | None:
        def ring() -> None:
            self._noria.events.changed(self._id)

        return self._noria.kept.get((what, self._id), make, ring, patience_s=_PATIENCE_S, **often)


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
        ("held_out_accuracy", t("Held-out accuracy")),
        ("cv_accuracy", t("Cross-validated accuracy")),
        ("held_out_macro_average_precision", t("Held-out macro average precision")),
        ("cv_macro_average_precision", t("Cross-validated macro average precision")),
    ):
        scored = [v for v in reversed(versions) if v.scores.get(score) is not None]
        if scored:
            return curve(what, [(v.number, v.scores[score]) for v in thinned(scored, _CURVE)])
    return None


def thinned(items: Sequence[T], most: int) -> list[T]:
    """At most so many of the items, evenly apart, the first and the last among them.

    >>> thinned(range(10), 4)
    [0, 3, 6, 9]
    """
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _part(name: str, *values: object) -> str:
    return pages.macro("panel.html", name, *values)
