"""An alert is raised once, sent once, tried again while nobody takes it, and cleared once."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from listener import Listener, is_signed
from past_traffic import pass_tags, pass_traffic
from serving.parts import Serving
from taught import Taught

from noria.encoders.hashing import HashingEncoder
from noria.errors import BadInput
from noria.estimate.accuracy import Figure
from noria.estimate.alarm import CALM_LOOKS, Look
from noria.learning.cells import Cells
from noria.records.function import Output
from noria.serving.alerts import RETRY_AFTER_S, Alerts, accuracy_finding, drift_finding
from noria.serving.drifting import Drifts
from noria.serving.figures import Figures
from noria.serving.posting import Poster

HOUR = timedelta(hours=1)


@pytest.fixture
def alerts(serving: Serving) -> Alerts:
    return new_alerts(serving)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener("127.0.0.79") as listener:
        yield listener


def new_alerts(serving: Serving) -> Alerts:
    figures = Figures(serving.storage)
    return Alerts(serving.storage, Drifts(serving.storage, figures), figures, Poster(private=True))


def pets(serving: Serving) -> tuple[str, str]:
    cat, dog = (label.id for label in serving.storage.labels.all(serving.function.id))
    return cat, dog


def drifted(serving: Serving, version: str | None = None) -> None:
    cat, dog = pets(serving)
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda ago: {cat: 0.4, dog: 0.6} if ago <= 48 else {cat: 0.1, dog: 0.9},
        hours=12 * 24,
        version_id=lambda ago: version if ago <= 60 else None,
    )


def test_drift_is_told_once_signed_and_in_words(serving: Serving, alerts: Alerts, listener: Listener) -> None:
    drifted(serving)
    webhook = alerts.add(serving.function.id, listener.url, ["drift"])
    now = datetime.now(UTC)
    assert (alerts.look(now), new_alerts(serving).look(now)) == (1, 0)
    alerts.look(now + HOUR)
    while alerts.deliver():
        pass
    ((headers, body),) = listener.heard
    assert is_signed(webhook.secret, headers, body)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    said = json.loads(body)
    assert (said["type"], said["data"]["functionId"]) == ("drift.raised", serving.function.id)
    assert said["data"]["moves"][0]["of"] == "classBalance"
    assert "% of calls since" in said["data"]["text"]


def test_it_is_cleared_once_the_new_balance_is_the_usual_one(serving: Serving, alerts: Alerts) -> None:
    drifted(serving)
    cat, dog = pets(serving)
    webhook = alerts.add(serving.function.id, "https://example.com/", ["drift"])
    now = datetime.now(UTC)
    alerts.look(now)
    later = now + 4 * 24 * HOUR
    pass_traffic_until(serving, later, {cat: 0.1, dog: 0.9})
    for hours in range(CALM_LOOKS + 2):
        alerts.look(later + hours * HOUR)
    types = [delivery.type for delivery in serving.storage.webhooks.log(serving.function.id, webhook.id)]
    assert types == ["drift.cleared", "drift.raised"]


def pass_traffic_until(serving: Serving, end: datetime, shares: dict[str, float]) -> None:
    """Goes on from now, as the rows of the future."""
    from noria.storage import CaptureBatch, SumsRow

    first, rows = int(time.time() // 3600), []
    for hour in range(first, int(end.timestamp() // 3600) + CALM_LOOKS + 2):
        for label_id, share in shares.items():
            n = round(100 * share)
            bins = tuple(n if i == 18 else 0 for i in range(20))
            rows.append(
                SumsRow(serving.function.id, hour, None, label_id, n, 0.9 * n, 0.81 * n, 0.9 * n, bins)
            )
    serving.storage.captures.commit(CaptureBatch(sums=rows))


def test_a_move_that_may_be_the_new_models_is_not_told(serving: Serving) -> None:
    drifted(serving, version="model_new")
    figures = Figures(serving.storage)
    report = Drifts(serving.storage, figures).report(serving.function.id)
    assert report.moved
    assert drift_finding(report, {}).look is Look.UNKNOWN


def test_other_kinds_of_calls_are_told_of_a_new_model_too_and_without_their_texts(serving: Serving) -> None:
    cat, dog = pets(serving)
    texts = ["a secret weather", "a secret password"]
    cells = Cells.around(HashingEncoder().embed(texts))
    serving.storage.cells.make(
        serving.function.id, 2, "hashing@1", 200, cells.to_bytes(), datetime.now(UTC) - 60 * HOUR
    )
    serving.live.refresh(serving.function.id)
    serving.capture_everything()
    sample_id = serving.ask(texts[1]).sample_id
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda _: {cat: 0.5, dog: 0.5},
        hours=12 * 24,
        version_id=lambda ago: "model_new" if ago <= 60 else None,
        cells=lambda ago: {0: 0.6, 1: 0.4} if ago <= 48 else {0: 0.9, 1: 0.1},
    )
    serving.writer.close()
    finding = drift_finding(Drifts(serving.storage, Figures(serving.storage)).report(serving.function.id), {})
    assert finding.look is Look.HIGH
    assert {move["of"] for move in finding.facts["moves"]} == {"embedding"}
    assert next(m for m in finding.facts["moves"] if m["kind"] == "1")["sampleIds"] == [sample_id]
    assert "secret" not in json.dumps([finding.text, finding.facts])


def test_a_message_nobody_takes_is_tried_again_later_and_given_up_in_the_end(
    serving: Serving, alerts: Alerts, listener: Listener
) -> None:
    listener.status = 500
    webhook = alerts.add(serving.function.id, listener.url, ["backlog"])
    alerts.test(serving.function.id, webhook.id)
    now = datetime.now(UTC)
    for wait_s in RETRY_AFTER_S:
        assert alerts.deliver(now)
        assert not alerts.deliver(now + timedelta(seconds=wait_s - 1))
        now += timedelta(seconds=wait_s)
    assert alerts.deliver(now)
    assert not alerts.deliver(now + timedelta(days=30))
    (delivery,) = serving.storage.webhooks.log(serving.function.id)
    assert (delivery.attempts, delivery.next_at, delivery.delivered_at) == (
        len(RETRY_AFTER_S) + 1,
        None,
        None,
    )
    assert len({headers["webhook-id"] for headers, _ in listener.heard}) == 1


def test_nothing_is_looked_at_without_a_webhook(serving: Serving, alerts: Alerts) -> None:
    drifted(serving)
    assert alerts.look() == 0
    assert not alerts.deliver()


def test_an_accuracy_far_below_the_floor_is_high_and_one_near_it_is_not() -> None:
    def look(value: float, half: float) -> Look:
        return accuracy_finding(Figure(value, value - half, value + half, 100.0, 100), 0.9).look

    assert [look(0.80, 0.02), look(0.88, 0.02), look(0.92, 0.02)] == [Look.HIGH, Look.BETWEEN, Look.LOW]
    assert look(0.80, 0.06) is Look.BETWEEN


@pytest.mark.parametrize(
    ("url", "events", "floor", "secret"),
    [
        ("https://example.com", [], None, None),
        ("https://example.com", ["weather"], None, None),
        ("https://example.com", ["accuracy"], float("nan"), None),
        ("ftp://example.com", ["drift"], None, None),
        ("https://example.com", ["drift"], None, "whsec_short"),
        ("https://example.com", ["drift"], None, "not base64 at all, not at all, not at all"),
    ],
)
def test_what_makes_no_webhook_is_refused(
    serving: Serving, alerts: Alerts, url: str, events: list[str], floor: float | None, secret: str | None
) -> None:
    with pytest.raises(BadInput):
        alerts.add(serving.function.id, url, events, floor, secret)


def test_drift_of_a_tag_is_told_and_its_accuracy_can_not_be_watched(
    serving: Serving, alerts: Alerts, listener: Listener
) -> None:
    tags = Taught.new(serving.storage, output=Output.TAGS)
    cat, dog = tags.labels["cat"], tags.labels["dog"]
    pass_tags(serving.storage, tags.id, lambda ago: {cat: 0.6, dog: 0.4 if ago <= 48 else 0.1}, 12 * 24)
    with pytest.raises(BadInput, match="drift and backlog"):
        alerts.add(tags.id, listener.url, ["drift", "accuracy"])
    alerts.add(tags.id, listener.url, ["drift", "backlog"])
    alerts.look()
    assert alerts.deliver()
    ((_, body),) = listener.heard
    said = json.loads(body)
    assert (said["type"], "“dog” went from 10%" in said["data"]["text"]) == ("drift.raised", True)
