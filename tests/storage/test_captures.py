from dataclasses import replace
from datetime import timedelta

import pytest

from noria.records.capture import Capture
from noria.records.content import Content
from noria.records.prediction import Prediction
from noria.records.sample import Origin
from noria.storage import CaptureBatch, CaptureOutcome, DecisionRow, Totals, TrafficRow


def judged(desk, since=None, until=None):
    return desk.storage.captures.judged(desk.function_id, since, until)


def test_a_captured_call_is_staged_with_its_answer_and_embedding(desk):
    new = desk.drawn("one", external_id="x-1", metadata={"k": "v"}, version_id="model_x")
    (id,) = desk.commit(new)
    sample = desk.sample(id)
    assert id == new.sample_id
    assert (sample.staged, sample.origin, sample.created_at) == (True, Origin.INVOKE_CAPTURE, new.at)
    assert (sample.external_id, sample.metadata) == ("x-1", {"k": "v"})
    assert sample.prediction == Prediction(desk.a, 0.75, "model_x")
    assert desk.storage.samples.embeddings(desk.function_id, [id]) == {id: new.embedding}


def test_a_capture_keeps_everything_of_its_decision(desk):
    parts = {"Random": 0.5, "LowConfidence": 1.5}
    new = desk.drawn("one", key=0.125, weight=2.0, threshold=0.3, parts=parts)
    (id,) = desk.commit(new)
    (stored,) = desk.storage.captures.of_sample(desk.function_id, id)
    assert stored == Capture(
        new.id, desk.function_id, id, None, new.at, 0.25, 2.0, 0.3, 0.125, parts, desk.a, 0.75
    )


def test_copies_share_the_first_sample_and_each_has_its_capture(desk):
    first = desk.capture("same")
    ids = desk.commit(desk.drawn("same"), desk.drawn("other"), desk.drawn("same"))
    assert ids[0] == ids[2] == first != ids[1]
    assert len(desk.storage.captures.of_sample(desk.function_id, first)) == 3


def test_copies_within_one_batch_share_the_first_of_them(desk):
    news = [desk.drawn("same"), desk.drawn("same")]
    assert desk.commit(*news) == [news[0].sample_id] * 2


def test_one_batch_serves_several_functions(desk, other_desk):
    mine, theirs = desk.drawn("same"), other_desk.drawn("same")
    assert desk.commit(mine, theirs) == [mine.sample_id, theirs.sample_id]
    assert [j.id for j in judged(desk)] == [mine.id]


def test_a_call_on_an_unlabelled_ordinary_sample_waits_in_the_queue(desk):
    sample = desk.add("one")
    assert desk.capture("one") == sample.id
    assert not desk.sample(sample.id).staged
    assert desk.outcomes(sample.id) == [CaptureOutcome.OPEN]


def test_a_copy_of_an_annotated_sample_costs_nobody_work(desk):
    sample = desk.add("one", "b")
    desk.capture("one")
    (known,) = judged(desk)
    assert (known.sample_id, known.outcome, known.true_label_id) == (
        sample.id,
        CaptureOutcome.KNOWN,
        desk.b,
    )
    assert known.settled_at == known.at
    assert desk.queue() == []


def test_a_label_that_overtakes_a_capture_on_its_way_judges_it_as_any_label_does(desk):
    on_its_way = desk.drawn("one")
    desk.add("one", "b")
    desk.commit(on_its_way)
    (late,) = judged(desk)
    assert (late.outcome, late.true_label_id) == (CaptureOutcome.ANNOTATED, desk.b)


def test_known_captures_follow_the_label_but_stay_a_stratum_of_their_own(desk):
    sample = desk.add("one", "b")
    desk.capture("one")
    desk.annotate(sample.id, "a")
    assert (judged(desk)[0].outcome, judged(desk)[0].true_label_id) == (CaptureOutcome.KNOWN, desk.a)
    desk.unannotate(sample.id)
    assert (judged(desk)[0].outcome, judged(desk)[0].true_label_id) == (CaptureOutcome.KNOWN, None)


def test_an_answer_whose_label_is_gone_by_now_is_kept_with_the_capture_only(desk):
    id = desk.capture("one", label_id="label_gone")
    assert desk.sample(id).prediction is None
    assert judged(desk)[0].label_id == "label_gone"


def test_captures_of_a_deleted_function_are_left_out_and_others_stored(desk, other_desk):
    gone, kept = other_desk.drawn("one"), desk.drawn("one")
    other_desk.storage.functions.delete(other_desk.function_id)
    assert desk.commit(gone, kept) == [gone.sample_id, kept.sample_id]
    assert [j.id for j in judged(desk)] == [kept.id]


def test_judged_captures_are_those_of_calls_in_the_period(desk):
    start = desk.now
    desk.capture("one", at=start + timedelta(hours=1))
    desk.capture("two", at=start + timedelta(hours=2))
    desk.capture("three", at=start + timedelta(hours=3))
    until = start + timedelta(hours=3)
    found = judged(desk, start + timedelta(hours=2), until)
    assert [j.at for j in found] == [start + timedelta(hours=2)]
    assert len(judged(desk)) == 3


def test_a_capture_arrives_behind_every_rho_that_could_not_know_of_it(desk):
    on_its_way = desk.drawn("late")
    desk.annotate(desk.capture("early"), "a")
    desk.commit(on_its_way)
    ((logged_at, _),) = desk.storage.queue.rho_log(desk.function_id)
    late = judged(desk)[-1]
    assert late.at < logged_at <= late.arrived_at


def test_totals_count_invokes_and_captures(desk):
    assert desk.storage.captures.totals(desk.function_id) == Totals(0, 0)
    traffic = [TrafficRow(desk.function_id, 1, None, n=5), TrafficRow(desk.function_id, 2, None, n=6)]
    desk.storage.captures.commit(CaptureBatch((desk.drawn("one"),), traffic=traffic))
    desk.storage.captures.commit(CaptureBatch((desk.drawn("two"),), traffic=traffic[:1]))
    assert desk.storage.captures.totals(desk.function_id) == Totals(16, 2)


def test_a_batch_that_is_committed_twice_is_added_once(desk):
    first = desk.capture("same")
    batch = CaptureBatch(
        (desk.drawn("same"), desk.drawn("new")),
        traffic=[TrafficRow(desk.function_id, 1, None, n=5)],
        writer=desk.function_id,
        number=1,
    )
    ids = desk.storage.captures.commit(batch)
    assert desk.storage.captures.commit(batch) == ids == [first, batch.captures[1].sample_id]
    assert desk.storage.captures.totals(desk.function_id) == Totals(5, 3)
    desk.storage.captures.commit(replace(batch, captures=(), number=2))
    assert desk.storage.captures.totals(desk.function_id).invokes == 10


def test_the_audit_gives_decisions_in_order(desk, other_desk, monkeypatch):
    monkeypatch.setattr("noria.storage.captures._DECISIONS_AT_ONCE", 2)
    rows = [DecisionRow(desk.function_id, desk.now, i / 8, 1.0, 0.5, i < 4, "model_x") for i in range(5)]
    theirs = [DecisionRow(other_desk.function_id, desk.now, 0.5, 1.0, 0.5, False)]
    desk.storage.captures.commit(CaptureBatch(decisions=[*rows, *theirs]))
    assert list(desk.storage.captures.decisions(desk.function_id)) == rows


def test_a_batch_that_fails_leaves_nothing(desk):
    good = desk.drawn("good")
    bad = replace(desk.drawn("bad"), content=Content(None, b"bad"))
    with pytest.raises(Exception, match=r"NOT NULL|null value"):
        desk.storage.captures.commit(
            CaptureBatch((good, bad), traffic=[TrafficRow(desk.function_id, 1, None, n=5)])
        )
    assert judged(desk) == []
    assert desk.storage.captures.totals(desk.function_id) == Totals(0, 0)
