"""An answer goes out whatever becomes of its capture, and what is said to be captured is on disk."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
import pytest
from serving.parts import NEVER, Serving
from taught import CATS, Taught

from noria.capture.rules import registry
from noria.encoders.features import features
from noria.encoders.hashing import HashingEncoder
from noria.errors import BadInput, FunctionNotFound, NotTrained, SampleNotCaptured, VersionNotFound
from noria.learning.cells import Cells
from noria.records.function import CaptureSettings
from noria.serving import invoking
from noria.storage import CaptureBatch, CaptureOutcome, SampleFilter


def tau(serving: Serving) -> float:
    live = serving.live.peek(serving.function.id)
    return live.capture.draw(
        live.model.head.bias, live.model.head.label_ids, live.model.head.centre, None
    ).threshold


# --- answers


def test_before_the_first_model_label_names_answer(serving: Serving) -> None:
    answer = serving.ask("a dog")
    assert answer.zero_shot
    assert answer.label_name == "dog"


def test_an_answer_is_what_the_version_it_names_says(serving: Serving) -> None:
    version = serving.train()
    answer = serving.ask("bark bark", label_count=2)
    head = serving.live.version(serving.function.id, version).head
    row = head.probabilities(HashingEncoder().embed(["bark bark"]))[0]
    assert answer.version_id == version
    assert answer.label_id == head.label_ids[row.argmax()]
    assert answer.confidence == pytest.approx(row.max(), abs=1e-5)
    assert [c for _, _, c in answer.label_confidences] == pytest.approx(sorted(row, reverse=True), abs=1e-5)


def test_a_named_version_answers_though_another_is_live(serving: Serving) -> None:
    first = serving.train()
    serving.function.teach("hiss", "cat")
    second = serving.train()
    assert serving.ask("hiss").version_id == second
    assert serving.ask("hiss", version_id=first).version_id == first


def test_without_labels_there_is_nothing_to_answer_with(serving: Serving) -> None:
    empty = Taught.new(serving.storage, labels=())
    with pytest.raises(NotTrained):
        asyncio.run(serving.invoker.invoke(empty.id, "anything"))


def test_a_first_model_answers_the_very_next_call(serving: Serving) -> None:
    empty = Taught.new(serving.storage, labels=())
    with pytest.raises(NotTrained):
        asyncio.run(serving.invoker.invoke(empty.id, "meow"))
    for name in ("cat", "dog"):
        serving.storage.labels.add(empty.id, name, None, None, datetime.now(UTC))
    assert asyncio.run(serving.invoker.invoke(empty.id, "meow")).label_name in {"cat", "dog"}


def test_unknown_ids_are_told(serving: Serving) -> None:
    with pytest.raises(FunctionNotFound):
        asyncio.run(serving.invoker.invoke("function_unknown00000000", "anything"))
    with pytest.raises(VersionNotFound):
        serving.ask("anything", version_id="model_unknown00000000")


# --- captures


def test_a_captured_call_is_on_disk_when_it_is_answered(serving: Serving) -> None:
    serving.capture_everything()
    answer = serving.ask("a new text", external_id="mine", metadata={"from": "me"})
    stored = serving.storage.samples.get(serving.function.id, answer.sample_id)
    (capture,) = serving.storage.captures.of_sample(serving.function.id, answer.sample_id)
    assert answer.captured_reasons == ("Random",)
    assert (stored.data, stored.staged, stored.external_id) == ("a new text", True, "mine")
    assert stored.metadata == {"from": "me"}
    assert (capture.label_id, capture.version_id) == (answer.label_id, answer.version_id)
    assert capture.draw < capture.weight * capture.threshold


def test_a_capture_keeps_the_words_of_its_text(serving: Serving) -> None:
    serving.capture_everything()
    answer = serving.ask("woof at the postman")
    whole = features(HashingEncoder(), "woof at the postman").tobytes()
    stored = serving.storage.samples.embeddings(serving.function.id, [answer.sample_id])
    assert stored == {answer.sample_id: whole}


def test_equal_texts_at_once_are_one_sample_with_a_capture_each(serving: Serving) -> None:
    serving.capture_everything()

    async def twice() -> list[invoking.Answer]:
        calls = (serving.invoker.invoke(serving.function.id, "the same") for _ in range(2))
        return await asyncio.gather(*calls)

    first, second = asyncio.run(twice())
    assert first.sample_id == second.sample_id
    assert len(serving.storage.captures.of_sample(serving.function.id, first.sample_id)) == 2


def test_a_call_that_is_not_drawn_leaves_no_sample(serving: Serving) -> None:
    serving.set_capture(NEVER)
    answer = serving.ask("a new text")
    assert answer.captured_reasons == ()
    assert serving.settled().n == 1
    assert serving.storage.samples.counts(serving.function.id).staged == 0


@pytest.mark.parametrize("how", [{"capture": False}, {"version_id": "first"}])
def test_some_calls_stay_outside(serving: Serving, how: dict[str, object]) -> None:
    first = serving.train()
    serving.capture_everything()
    serving.ask("a new text", **{**how, **({"version_id": first} if "version_id" in how else {})})
    traffic = serving.settled()
    assert (traffic.n, traffic.outside, traffic.captured) == (0, 1, 0)


def test_versions_side_by_side_are_answered_alike_and_counted_nowhere(serving: Serving) -> None:
    first = serving.train()
    serving.function.teach("meow bark", "dog")
    second = serving.train()
    serving.capture_everything()
    answers = asyncio.run(
        serving.invoker.side_by_side(serving.function.id, "meow meow bark", [first, second])
    )
    assert [answer.version_id for answer in answers] == [first, second]
    assert [len(answer.label_confidences) for answer in answers] == [2, 2]
    traffic = serving.settled()
    assert (traffic.n, traffic.outside, traffic.captured) == (0, 0, 0)


def test_the_switch_turns_capture_off_and_counts_on(serving: Serving) -> None:
    serving.capture_everything()
    serving.set_capture(CaptureSettings(enabled=False, budget_per_day=1_000_000.0))
    assert serving.ask("a new text").captured_reasons == ()
    assert serving.settled().outside == 1


# --- trouble with captures


@contextmanager
def stuck(serving: Serving, started: threading.Event, go_on: threading.Event) -> Iterator[None]:
    """The writer has one capture in hand and can't finish it."""
    other = threading.Thread(target=serving.ask, args=("in hand",))
    other.start()
    assert started.wait(10)
    try:
        yield
    finally:
        go_on.set()
        other.join()


def test_a_full_writer_lets_answers_go_out_uncaptured_and_counts_them(serve: Callable[..., Serving]) -> None:
    started, go_on = threading.Event(), threading.Event()

    def commit(batch: CaptureBatch) -> list[str]:
        started.set()
        go_on.wait(30)
        return serving.storage.captures.commit(batch)

    serving = serve(commit, limit=1)
    serving.capture_everything()
    before = tau(serving)
    with stuck(serving, started, go_on):
        waiting = threading.Thread(target=serving.ask, args=("waiting",))
        waiting.start()
        while serving.writer.waiting == 0:
            assert waiting.is_alive()
        shed = [serving.ask(f"shed {i}") for i in range(3)]
        assert tau(serving) < before / 4
    waiting.join()
    assert all(answer.captured_reasons == () for answer in shed)
    traffic = serving.settled()
    assert (traffic.n, traffic.shed, traffic.captured) == (5, 3, 2)


def test_a_shed_call_can_still_be_given_feedback(serve: Callable[..., Serving]) -> None:
    serving = serve(limit=0)
    serving.capture_everything()
    answer = serving.ask("shed")
    assert serving.invoker.recent_call(serving.function.id, answer.sample_id).content.text == "shed"


@pytest.mark.parametrize(
    "trouble", [OSError("the disk is gone"), RuntimeError("a bug"), ValueError("a bad row")]
)
def test_a_failing_store_never_fails_an_invoke(serve: Callable[..., Serving], trouble: Exception) -> None:
    storage_is_well = threading.Event()

    def commit(batch: CaptureBatch) -> list[str]:
        if not storage_is_well.is_set() and batch.captures:
            raise trouble
        return serving.storage.captures.commit(batch)

    serving = serve(commit)
    serving.capture_everything()
    assert serving.ask("lost").captured_reasons == ()
    storage_is_well.set()
    assert serving.ask("kept").captured_reasons == ("Random",)
    traffic = serving.settled()
    assert (traffic.n, traffic.shed, traffic.captured) == (2, 1, 1)


def test_a_store_that_takes_too_long_is_not_waited_for(
    serve: Callable[..., Serving], monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def commit(batch: CaptureBatch) -> list[str]:
        go_on.wait(30)
        return serving.storage.captures.commit(batch)

    monkeypatch.setattr(invoking, "_COMMIT_WAIT_S", 0.05)
    serving = serve(commit)
    serving.capture_everything()
    answer = serving.ask("slow")
    go_on.set()
    assert answer.captured_reasons == ()
    assert serving.settled().shed == 1


def test_many_shed_captures_make_one_line_of_log(
    serve: Callable[..., Serving], caplog: pytest.LogCaptureFixture
) -> None:
    serving = serve(limit=0)
    serving.capture_everything()
    for i in range(20):
        serving.ask(f"text {i}")
    assert len([record for record in caplog.records if record.name == "noria.invoke"]) == 1


class Failing:
    reason = "Failing"
    describe = "never says anything"

    def score(self, call: object, state: object) -> float:
        raise RuntimeError("no score")


def test_a_failing_rule_never_fails_an_invoke_and_is_counted(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._rules, "Failing", Failing())
    serving.set_capture(CaptureSettings(budget_per_day=1_000_000.0, shares={"Random": 0.5, "Failing": 0.5}))
    answers = [serving.ask(f"text {i}") for i in range(5)]
    assert {answer.captured_reasons for answer in answers} <= {("Random",), ()}
    assert serving.live.peek(serving.function.id).capture.failed_rules["Failing"] == 5
    assert serving.settled().n == 5


def test_a_broken_policy_never_fails_an_invoke_and_spoils_the_hour(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving.live.peek(serving.function.id).capture, "draw", None)
    assert serving.ask("anything").label_name in {"cat", "dog"}
    assert serving.settled().shed == 1


# --- what is known already


def test_an_exact_copy_of_an_annotated_sample_is_known_and_costs_nobody_work(serving: Serving) -> None:
    serving.capture_everything()
    answer = serving.ask(CATS[0])
    traffic = serving.settled()
    assert answer.captured_reasons == ()
    assert (traffic.n, traffic.known_n, traffic.captured) == (1, 1, 0)
    (row,) = serving.storage.captures.known_sums(serving.function.id)
    assert row.true_label_id == serving.function.labels["cat"]
    assert row.predicted_label_id == answer.label_id


def test_a_label_that_is_taken_back_is_no_longer_known(serving: Serving) -> None:
    serving.capture_everything()
    sample = serving.function.teach("hiss", "cat")
    serving.live.refresh_changed()
    serving.ask("hiss")
    serving.storage.annotations.remove(serving.function.id, sample.id, "test", sample.created_at)
    serving.live.refresh_changed()
    serving.ask("hiss")
    traffic = serving.settled()
    assert (traffic.n, traffic.known_n) == (2, 1)


def test_a_known_call_can_be_given_feedback(serving: Serving) -> None:
    answer = serving.ask(CATS[0])
    assert serving.invoker.recent_call(serving.function.id, answer.sample_id).content.text == CATS[0]


# --- feedback's window


def test_an_uncaptured_call_is_remembered_for_its_own_function(serving: Serving) -> None:
    serving.set_capture(NEVER)
    answer = serving.ask("a new text")
    call = serving.invoker.recent_call(serving.function.id, answer.sample_id)
    assert (call.content.text, call.label_id, call.confidence) == (
        "a new text",
        answer.label_id,
        answer.confidence,
    )
    other = Taught.new(serving.storage)
    serving.live.refresh(other.id)
    with pytest.raises(SampleNotCaptured):
        serving.invoker.recent_call(other.id, answer.sample_id)


def test_after_the_window_the_call_is_forgotten_and_the_reason_told(serving: Serving) -> None:
    serving.set_capture(CaptureSettings(budget_per_day=0.0, feedback_window_s=0))
    answer = serving.ask("a new text")
    with pytest.raises(SampleNotCaptured, match="minutes: 0"):
        serving.invoker.recent_call(serving.function.id, answer.sample_id)


def test_calls_with_capture_false_are_not_kept(serving: Serving) -> None:
    answer = serving.ask("private", capture=False)
    with pytest.raises(SampleNotCaptured):
        serving.invoker.recent_call(serving.function.id, answer.sample_id)


def test_nothing_is_counted_for_a_text_that_is_refused(serving: Serving) -> None:
    with pytest.raises(BadInput):
        serving.ask(" ")
    assert serving.settled().n == 0


# --- the audit


def test_each_decision_is_kept_when_asked_for(serving: Serving) -> None:
    serving.set_capture(CaptureSettings(budget_per_day=1_000_000.0, keep_every_decision=True))
    captured = {serving.ask(f"text {i}").captured_reasons != () for i in range(20)}
    serving.settled()
    rows = list(serving.storage.captures.decisions(serving.function.id))
    judged = serving.storage.captures.judged(serving.function.id)
    assert len(rows) == 20
    assert {row.captured for row in rows} == captured
    assert [row.draw for row in rows if row.captured] == [capture.draw for capture in judged]
    assert all(capture.outcome is CaptureOutcome.OPEN for capture in judged)


# --- cells


def divide(serving: Serving) -> Cells:
    cells = Cells.around(HashingEncoder().embed([CATS[0], "bark bark"]))
    serving.storage.cells.make(serving.function.id, 2, "hashing@1", 200, cells.to_bytes(), datetime.now(UTC))
    serving.live.refresh_changed()
    return cells


def by_cell(serving: Serving) -> dict[int, int]:
    serving.settled()
    return {cell: n for _, cell, n in serving.storage.captures.cells(serving.function.id)}


def test_every_call_is_counted_in_its_cell_captured_or_not_known_or_not(serving: Serving) -> None:
    serving.ask("before there are cells")
    divide(serving)
    serving.ask(CATS[0])
    serving.ask("bark bark")
    serving.capture_everything()
    serving.ask("bark bark bark")
    serving.ask("bark bark", capture=False)
    assert by_cell(serving) == {0: 1, 1: 2}


def test_a_capture_knows_its_cell(serving: Serving) -> None:
    divide(serving)
    serving.capture_everything()
    sample_id = serving.ask("bark bark bark").sample_id
    found = serving.storage.samples.list(
        serving.function.id, SampleFilter(cell=1, sample_ids=(sample_id,)), 5
    )
    assert [sample.id for sample in found.samples] == [sample_id]


def test_cells_that_do_not_fit_leave_a_call_uncounted_and_answered(serving: Serving) -> None:
    cells = Cells.around(np.eye(3, dtype=np.float32))
    serving.storage.cells.make(serving.function.id, 3, "other@1", 200, cells.to_bytes(), datetime.now(UTC))
    serving.live.refresh_changed()
    assert serving.ask("a dog").label_name == "dog"
    assert by_cell(serving) == {}
    assert serving.settled().n == 1


def test_a_failure_in_the_cells_fails_no_invoke(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    divide(serving)

    def broken(*_: object) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(Cells, "of_one", broken)
    assert [serving.ask("a dog").label_name for _ in range(3)] == ["dog"] * 3
    assert serving.settled().n == 3
    assert [record.name for record in caplog.records if "cell" in record.message] == ["noria.invoke"]
