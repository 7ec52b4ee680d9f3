from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from noria.errors import WebhookNotFound
from noria.records.ids import new_id
from noria.records.webhook import AlertEvent, Delivery, Webhook

DRIFT = AlertEvent.DRIFT


def webhook(desk, **more):
    values = {
        "id": new_id("webhook"),
        "function_id": desk.function_id,
        "url": "https://example.com/",
        "secret": "whsec_x",
        "events": (DRIFT, AlertEvent.ACCURACY),
        "accuracy_floor": 0.9,
        "created_at": desk.now,
    }
    made = Webhook(**{**values, **more})
    desk.storage.webhooks.add(made)
    return made


def message(desk, to, due=True):
    at = desk.now
    return Delivery(
        new_id("message"), to.id, to.function_id, "drift.raised", "{}", at, 0, at if due else None, None, ""
    )


def claim_mine(desk, now):
    """What is due of this function: other tests leave messages of their own."""
    while claimed := desk.storage.webhooks.claim(now, 60):
        if claimed[0].function_id == desk.function_id:
            return claimed
    return None


def test_a_webhook_comes_back_as_it_was(desk, other_desk):
    mine = webhook(desk)
    webhook(other_desk)
    assert desk.storage.webhooks.all(desk.function_id) == [mine]
    assert desk.storage.webhooks.get(desk.function_id, mine.id) == mine
    with pytest.raises(WebhookNotFound):
        other_desk.storage.webhooks.get(other_desk.function_id, mine.id)


def test_a_change_of_an_alarm_puts_one_message_in_line(desk):
    mine, said = webhook(desk), []

    def say(raised):
        said.append(raised)
        return message(desk, mine, due=False)

    step = desk.storage.webhooks.step
    assert step(mine, DRIFT, 10, lambda raised, calm: (True, 0), say)
    assert not step(mine, DRIFT, 10, lambda raised, calm: (False, 0), say)  # this hour was looked at
    assert step(mine, DRIFT, 11, lambda raised, calm: (raised, calm + 1), say)
    assert said == [True]
    assert desk.storage.webhooks.raised(desk.function_id) == {(mine.id, "drift")}
    assert desk.storage.webhooks.looked(mine.id) == {"drift": 11}
    assert step(mine, DRIFT, 12, lambda raised, calm: (calm < 1, 0), say)
    assert said == [True, False]
    assert len(desk.storage.webhooks.log(desk.function_id)) == 2


def test_of_many_that_look_at_once_one_steps(desk):
    mine = webhook(desk)

    def look(_):
        return desk.storage.webhooks.step(
            mine, DRIFT, 20, lambda raised, calm: (True, 0), lambda _: message(desk, mine, due=False)
        )

    with ThreadPoolExecutor(6) as many:
        assert sum(many.map(look, range(6))) == 1
    assert len(desk.storage.webhooks.log(desk.function_id)) == 1


def test_of_many_that_send_at_once_one_gets_the_message(desk):
    mine = webhook(desk)
    sent = message(desk, mine)
    desk.storage.webhooks.line_up(sent)
    now = desk.now
    with ThreadPoolExecutor(6) as many:
        claimed = [c for c in many.map(lambda _: claim_mine(desk, now), range(6)) if c is not None]
    assert [(delivery.id, delivery.attempts, to.id) for delivery, to in claimed] == [(sent.id, 1, mine.id)]


def test_a_message_whose_sender_died_is_due_again(desk):
    mine = webhook(desk)
    desk.storage.webhooks.line_up(message(desk, mine))
    now = desk.now
    assert claim_mine(desk, now) is not None
    assert claim_mine(desk, now + timedelta(seconds=59)) is None
    again = claim_mine(desk, now + timedelta(seconds=61))
    assert again is not None
    assert again[0].attempts == 2


def test_what_was_delivered_is_due_no_more(desk):
    mine = webhook(desk)
    desk.storage.webhooks.line_up(message(desk, mine))
    now = desk.now
    delivery, _ = claim_mine(desk, now)
    desk.storage.webhooks.sent(delivery.id, "answered 200", now, None)
    assert claim_mine(desk, now + timedelta(days=1)) is None
    assert [(d.answer, d.delivered_at) for d in desk.storage.webhooks.log(desk.function_id)] == [
        ("answered 200", now)
    ]


def test_a_removed_webhook_takes_its_messages_with_it(desk):
    mine = webhook(desk)
    desk.storage.webhooks.line_up(message(desk, mine))
    desk.storage.webhooks.remove(desk.function_id, mine.id)
    assert claim_mine(desk, desk.now) is None
    assert not desk.storage.webhooks.step(mine, DRIFT, 1, lambda *_: (True, 0), lambda _: message(desk, mine))
    with pytest.raises(WebhookNotFound):
        desk.storage.webhooks.remove(desk.function_id, mine.id)


def test_the_log_keeps_the_latest(desk, monkeypatch):
    monkeypatch.setattr("noria.storage.webhooks.KEPT", 3)
    mine = webhook(desk)
    sent = [message(desk, mine, due=False) for _ in range(5)]
    for each in sent:
        desk.storage.webhooks.line_up(each)
    assert [d.id for d in desk.storage.webhooks.log(desk.function_id)] == [d.id for d in reversed(sent[2:])]


def test_a_function_goes_with_its_webhooks(make_desk, storage):
    desk = make_desk(storage)
    mine = webhook(desk)
    storage.webhooks.step(mine, DRIFT, 1, lambda *_: (True, 0), lambda _: message(desk, mine))
    storage.functions.delete(desk.function_id)
    assert storage.webhooks.all(desk.function_id) == []
    assert storage.webhooks.log(desk.function_id) == []
