from datetime import UTC, datetime

from noria.storage import CaptureBatch, KnownRow, SumsRow, TrafficRow
from noria.storage.sums import BINS, hour_of


def hour(n):
    return datetime.fromtimestamp(n * 3600, UTC)


def bins(**counts):
    return tuple(counts.get(f"b{i}", 0) for i in range(BINS))


def commit(desk, **parts):
    desk.storage.captures.commit(CaptureBatch(**parts))


def test_an_hour_ends_before_the_next_begins():
    assert hour_of(datetime(1970, 1, 1, 1, 59, 59, 999999, UTC)) == 1
    assert hour_of(datetime(1970, 1, 1, 2, tzinfo=UTC)) == 2


def test_sums_of_one_key_add_up(desk):
    row = SumsRow(desk.function_id, 5, None, desk.a, 2, 1.5, 1.25, 1.0, bins(b3=2))
    more = SumsRow(desk.function_id, 5, None, desk.a, 1, 0.5, 0.25, 0.5, bins(b3=1, b19=4))
    commit(desk, sums=[row, more])
    commit(desk, sums=[row])
    assert desk.storage.captures.sums(desk.function_id) == [
        SumsRow(desk.function_id, 5, None, desk.a, 5, 3.5, 2.75, 2.5, bins(b3=5, b19=4))
    ]


def test_hours_versions_labels_and_functions_have_sums_of_their_own(desk, other_desk):
    rows = [
        SumsRow(desk.function_id, 5, None, desk.a, 1, 0.5, 0.25, 0.5),
        SumsRow(desk.function_id, 6, None, desk.a, 1, 0.5, 0.25, 0.5),
        SumsRow(desk.function_id, 6, "model_x", desk.a, 1, 0.5, 0.25, 0.5),
        SumsRow(desk.function_id, 6, "model_x", desk.b, 1, 0.5, 0.25, 0.5),
        SumsRow(other_desk.function_id, 6, "model_x", desk.b, 1, 0.5, 0.25, 0.5),
    ]
    commit(desk, sums=rows)
    found = desk.storage.captures.sums(desk.function_id)
    assert sorted(found, key=repr) == sorted(rows[:4], key=repr)
    assert desk.storage.captures.sums(other_desk.function_id) == rows[4:]


def test_sums_come_for_the_hours_asked_for(desk):
    commit(desk, traffic=[TrafficRow(desk.function_id, n, None, n=1) for n in (5, 6, 7)])

    def hours(since, until):
        return [row.hour for row in desk.storage.captures.traffic(desk.function_id, since, until)]

    assert hours(None, None) == [5, 6, 7]
    assert hours(hour(6), None) == [6, 7]
    assert hours(hour(6.5), None) == [6, 7]
    assert hours(None, hour(7)) == [5, 6]
    assert hours(None, hour(6.5)) == [5, 6]


def test_traffic_adds_up_and_counts_captures_by_the_hour_of_the_call(desk):
    row = TrafficRow(desk.function_id, 5, None, n=10, known_n=2, known_correct=1, shed=3, outside=4)
    call = desk.drawn("one", at=hour(5.5))
    commit(desk, traffic=[row], captures=(call, desk.drawn("two", at=hour(6.1), version_id="model_x")))
    commit(desk, traffic=[row])
    assert desk.storage.captures.traffic(desk.function_id) == [
        TrafficRow(desk.function_id, 5, None, 20, 4, 2, 6, 8, captured=1),
        TrafficRow(desk.function_id, 6, "model_x", captured=1),
    ]


def test_known_calls_add_up_by_predicted_and_true_label(desk):
    row = KnownRow(desk.function_id, 5, None, desk.a, desk.b, 2, (*[0] * 18, 1, 1))
    other = KnownRow(desk.function_id, 5, None, desk.a, desk.a, 3, (3, *[0] * 19))
    commit(desk, known=[row, other])
    commit(desk, known=[row])
    found = {k.true_label_id: (k.n, k.bins) for k in desk.storage.captures.known_sums(desk.function_id)}
    assert found == {desk.b: (4, (*[0] * 18, 2, 2)), desk.a: (3, (3, *[0] * 19))}


def test_sums_of_a_deleted_function_are_left_out(desk, other_desk):
    other_desk.storage.functions.delete(other_desk.function_id)
    gone, kept = (TrafficRow(d.function_id, 5, None, n=1) for d in (other_desk, desk))
    commit(desk, traffic=[gone, kept])
    assert desk.storage.captures.traffic(desk.function_id) == [kept]


def test_answers_and_confidence_add_up_over_versions(desk):
    row = SumsRow(desk.function_id, 10, None, desk.a, 2, 1.0, 0.5, 1.5, bins(b3=2))
    other = SumsRow(desk.function_id, 10, "model_1", desk.a, 1, 0.5, 0.25, 0.5, bins(b3=1))
    unanswered = SumsRow(desk.function_id, 10, None, desk.b, 0, 0.0, 0.0, 0.5)
    commit(desk, sums=[row, other, unanswered])
    assert desk.storage.captures.answered(desk.function_id) == [(10, desk.a, 3)]
    assert desk.storage.captures.bins(desk.function_id) == [(10, bins(b3=3))]
    sure = [(10, None, 1.0, 0.5), (10, "model_1", 0.5, 0.25)]
    assert desk.storage.captures.confidences(desk.function_id) == sure
