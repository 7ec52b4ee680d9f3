"""What is written to the journal comes back as it was, but for files."""

from dataclasses import fields, replace
from datetime import UTC, datetime

from noria.capture.policy import Outcome
from noria.records.capture import CaptureDecision, NewCapture
from noria.records.content import Content
from noria.records.field import FieldType, Slot
from noria.records.tags import TagsAnswer
from noria.storage import CaptureBatch, CellRow, DecisionRow, KnownRow, SumsRow, TrafficRow
from noria.storage.journal import batches

AT = datetime(2026, 3, 1, 12, 0, 1, 234_567, tzinfo=UTC)
PARTS = {"Random": 0.25, "LowConfidence": 0.5}
CALL = NewCapture(
    "capture_1", "f", "sample_1", Content("text", b"\x00d"), b"\x00e", None, AT, CaptureDecision(0.1, 0.75, 0.5, PARTS),
    "a", 0.7,
)  # fmt: skip


def test_all_of_a_batch_comes_back() -> None:
    row = (Slot(FieldType.NUMBER, 1.5), Slot(FieldType.TEXT, "x"), Slot(FieldType.IMAGE, b"\x89PNG"))
    rich = replace(
        CALL, version_id="model_1", external_id="mine", metadata={"hour": "6"}, cell=3,
        tags=TagsAnswer({"a": 0.9, "b": 0.1}, ("a",)),
        content=Content("a: 1.5", b"r", b"\x89PNG", "image/png", row, {"field_1": 1.5, "field_2": "x"}),
    )  # fmt: skip
    batch = CaptureBatch(
        (CALL, rich),
        [SumsRow("f", 1, None, "a", 1, 0.5, 0.25, 0.5)],
        [TrafficRow("f", 1, None, 1)],
        [KnownRow("f", 1, "model_1", "a", "b", 1)],
        [CellRow("f", 1, 3, 1)],
        [DecisionRow("f", AT, 0.5, 1.0, 0.1, False)],
        "writer",
        7,
    )
    back = batches.from_bytes(batches.to_bytes(batch))
    bare = tuple(Slot(slot.type, None) for slot in row)
    expected = replace(rich, content=replace(rich.content, file=None, row=bare))
    assert back == replace(batch, captures=(CALL, expected))


def test_every_field_of_a_capture_is_kept() -> None:
    assert {field.name for field in fields(NewCapture)} == set(batches._Capture.__struct_fields__)


def test_a_decision_is_kept_without_the_books_around_it() -> None:
    drawn = replace(CALL, decision=Outcome(0.1, 0.75, 0.5, PARTS, rules=("night",), scores={"Random": 1.0}))
    (back,) = batches.from_bytes(batches.to_bytes(CaptureBatch((drawn,)))).captures
    assert back.decision == CaptureDecision(0.1, 0.75, 0.5, PARTS, ("night",))
