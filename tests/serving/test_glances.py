"""The list of functions at a glance."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from serving.parts import Serving

from noria.serving.figures import Figures
from noria.serving.glances import DAYS, Glance, Glances, calls_by_day
from noria.serving.kept import Kept
from noria.storage import CaptureBatch, TrafficRow


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    kept.close()


def look(serving: Serving, kept: Kept, patience_s: float) -> Glance:
    glances = Glances(serving.storage, Figures(serving.storage), kept)
    return glances.of([serving.storage.functions.get(serving.function.id)], patience_s)[0]


def test_calls_are_counted_by_day_and_the_days_without_any_are_there(serving: Serving) -> None:
    now = datetime(2026, 3, 14, 15, tzinfo=UTC)
    hours = [int((now - timedelta(days=ago)).timestamp() // 3600) for ago in (0, 3, 3, DAYS)]
    rows = [TrafficRow(serving.function.id, hour, None, n=2, outside=1) for hour in hours]
    for row in rows:
        serving.storage.captures.commit(CaptureBatch(traffic=[row]))
    days = calls_by_day(serving.storage, serving.function.id, now)
    assert [n for _, n in days] == [0] * (DAYS - 4) + [6, 0, 0, 3]
    assert days[-1][0] == now.date()


def test_figures_are_there_once_they_were_waited_for(serving: Serving, kept: Kept) -> None:
    serving.ask("bark")
    serving.settled()
    seen = look(serving, kept, 20.0)
    assert not seen.coming
    assert seen.accuracy is not None
    assert [n for _, n in seen.days or ()][-1] == 1


def test_without_patience_the_rest_of_the_card_is_there_at_once(serving: Serving, kept: Kept) -> None:
    blocked = [kept.get(str(i), lambda: time.sleep(0.5), patience_s=0) for i in range(2)]
    seen = look(serving, kept, 0.0)
    assert blocked == [None, None]
    assert seen.coming
    assert seen.n_labels == 2
