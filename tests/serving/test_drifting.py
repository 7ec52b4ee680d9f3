"""Drift read from real rows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
from past_traffic import pass_tags, pass_traffic
from serving.parts import Serving
from taught import Taught

from noria.encoders.hashing import HashingEncoder
from noria.learning.cells import LEAST_SAMPLES, Cells
from noria.records.function import Output
from noria.serving.drifting import Drifts
from noria.serving.figures import Figures

HOURS = 12 * 24


@pytest.fixture
def drifts(serving: Serving) -> Drifts:
    return Drifts(serving.storage, Figures(serving.storage))


def pets(serving: Serving) -> tuple[str, str]:
    cat, dog = (label.id for label in serving.storage.labels.all(serving.function.id))
    return cat, dog


def test_a_label_that_grew_is_found_with_its_shares(serving: Serving, drifts: Drifts) -> None:
    cat, dog = pets(serving)
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda ago: {cat: 0.3, dog: 0.7} if ago <= 48 else {cat: 0.1, dog: 0.9},
        HOURS,
    )
    report = drifts.report(serving.function.id)
    assert report.moved
    assert report.balance is not None
    move = next(move for move in report.balance.drift.moved if move.kind == cat)
    assert (move.before, move.now) == (pytest.approx(0.1, abs=0.02), pytest.approx(0.3, abs=0.04))
    assert report.end.timestamp() // 3600 - move.since == pytest.approx(48, abs=3)


def test_answers_that_grow_unsure_are_found_without_any_label(serving: Serving, drifts: Drifts) -> None:
    cat, dog = pets(serving)
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda _: {cat: 0.5, dog: 0.5},
        HOURS,
        confidence=lambda ago: 0.52 if ago <= 48 else 0.97,
    )
    report = drifts.report(serving.function.id)
    assert report.balance is not None
    assert report.confidence is not None
    assert not report.balance.drift.moved
    assert {move.kind for move in report.confidence.drift.moved} == {"40–60", "95–100"}
    assert report.mean_confidence == (pytest.approx(0.97, abs=0.03), pytest.approx(0.52, abs=0.03))


def test_a_version_that_is_new_is_told(serving: Serving, drifts: Drifts) -> None:
    cat, dog = pets(serving)
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda _: {cat: 0.5, dog: 0.5},
        HOURS,
        version_id=lambda ago: "model_new" if ago <= 12 else "model_old",
    )
    assert drifts.report(serving.function.id).new_model == pytest.approx(0.5)


def test_a_function_without_calls_has_no_course(serving: Serving, drifts: Drifts) -> None:
    report = drifts.report(serving.function.id)
    assert (report.balance, report.confidence, report.moved) == (None, None, False)


# --- the embedding


def divided(serving: Serving, n: int = 4) -> Cells:
    """The function gets cells around some texts, and samples that lie in them."""
    rows = HashingEncoder().embed([f"{word} {word}" for word in WORDS[:n]])
    cells = Cells.around(rows)
    serving.storage.cells.make(serving.function.id, n, "hashing@1", 200, cells.to_bytes(), datetime.now(UTC))
    serving.live.refresh(serving.function.id)
    return cells


WORDS = ("invoice", "password", "delivery", "weather")


def calls_came(serving: Serving, cells: Callable[[int], Mapping[int, float]], hours: int = HOURS) -> None:
    cat, dog = pets(serving)
    pass_traffic(serving.storage, serving.function.id, lambda _: {cat: 0.5, dog: 0.5}, hours, cells=cells)


def fourth_grew(ago: int) -> dict[int, float]:
    return {0: 0.3, 1: 0.3, 2: 0.03, 3: 0.37} if ago <= 72 else {0: 0.3, 1: 0.3, 2: 0.37, 3: 0.03}


def test_a_kind_of_call_that_grew_is_found_though_answers_stay(serving: Serving, drifts: Drifts) -> None:
    divided(serving)
    serving.capture_everything()
    serving.ask("weather weather today")
    serving.ask("password password")
    calls_came(serving, fourth_grew)
    serving.writer.close()
    report = drifts.report(serving.function.id)
    assert report.balance is not None
    assert report.confidence is not None
    assert report.embedding is not None
    assert not report.balance.drift.moved + report.confidence.drift.moved
    assert {move.kind for move in report.embedding.drift.moved} == {"2", "3"}
    assert report.moved
    assert [sample.data for sample in report.cells.examples["3"]] == ["weather weather today"]


def test_an_even_stream_moves_no_cell(serving: Serving, drifts: Drifts) -> None:
    divided(serving)
    calls_came(serving, lambda _: {0: 0.4, 1: 0.3, 2: 0.2, 3: 0.1})
    report = drifts.report(serving.function.id)
    assert report.embedding is not None
    assert (report.embedding.drift.watched, report.embedding.drift.moved) == (True, ())


def test_the_history_of_the_embedding_begins_with_the_cells(serving: Serving, drifts: Drifts) -> None:
    divided(serving)
    calls_came(serving, lambda ago: {0: 0.5, 1: 0.5} if ago <= 30 else {})
    report = drifts.report(serving.function.id)
    assert report.balance is not None
    assert report.embedding is not None
    assert report.balance.drift.watched
    assert not report.embedding.drift.watched
    assert report.embedding.line.starts[0] > report.balance.line.starts[0]


def test_counts_by_cells_of_another_encoder_are_not_compared(serving: Serving, drifts: Drifts) -> None:
    divided(serving)
    calls_came(serving, fourth_grew)
    divided(serving)
    report = drifts.report(serving.function.id)
    assert (report.embedding, report.cells.remade) == (None, True)


def test_it_is_said_how_many_samples_are_missing(serving: Serving, drifts: Drifts) -> None:
    report = drifts.report(serving.function.id)
    assert (report.embedding, report.cells.made_at, report.cells.wanted) == (None, None, LEAST_SAMPLES - 8)


def test_damaged_cells_still_give_the_shares(serving: Serving, drifts: Drifts) -> None:
    serving.storage.cells.make(serving.function.id, 4, "hashing@1", 200, b"damaged", datetime.now(UTC))
    calls_came(serving, fourth_grew)
    report = drifts.report(serving.function.id)
    assert report.embedding is not None
    assert report.embedding.drift.moved
    assert report.cells.examples == {}


# --- tags


def test_a_tag_that_grew_is_found_while_another_stays(serving: Serving, drifts: Drifts) -> None:
    tags = Taught.new(serving.storage, output=Output.TAGS)
    cat, dog = tags.labels["cat"], tags.labels["dog"]
    pass_tags(serving.storage, tags.id, lambda ago: {cat: 0.6, dog: 0.4 if ago <= 48 else 0.1}, HOURS)
    report = drifts.report(tags.id)
    assert report.balance is not None
    (move,) = report.balance.drift.moved
    assert (move.kind, move.before, move.now) == (
        dog,
        pytest.approx(0.1, abs=0.02),
        pytest.approx(0.4, abs=0.04),
    )
    assert (report.confidence, report.mean_confidence) == (None, None)
    assert max(share or 0 for share in report.balance.line.shares[cat]) < 0.75


def test_tags_that_keep_their_shares_are_quiet(serving: Serving, drifts: Drifts) -> None:
    tags = Taught.new(serving.storage, output=Output.TAGS)
    pass_tags(serving.storage, tags.id, lambda _: dict.fromkeys(tags.labels.values(), 0.3), HOURS)
    assert not drifts.report(tags.id).moved
