"""The invoke path: embed, answer, decide on capture; the disk is touched only by a call that was captured."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from noria.capture.policy import Outcome
from noria.capture.tags_call import certainties
from noria.encoders.pool import EncoderPool
from noria.errors import NotTrained, SampleNotCaptured
from noria.learning.arrays import FloatArray
from noria.learning.words import embedding_in
from noria.records.capture import NewCapture
from noria.records.content import Content
from noria.records.function import Function, Modality
from noria.records.ids import canonical, new_id
from noria.serving.answers import Answer, AnsweredCall, AnswerOfTags, answer_of, tags_of
from noria.serving.events import Answered, Events
from noria.serving.intake import Intake, redacted_metadata
from noria.serving.live import LiveFunction, LiveFunctions, LiveModel
from noria.serving.meters import CallClock, CallEnd, Meters
from noria.serving.outputs import must_classify, must_give_tags, must_have_labels
from noria.serving.recent import RecentCall, RecentCalls
from noria.storage import CaptureWriter, DecisionRow

log = logging.getLogger("noria.invoke")

_COMMIT_WAIT_S = 5.0  # a capture that takes longer is not waited for
_WITHOUT_MODEL = {
    Modality.TABULAR: "This table function has no model yet: it has one seconds after two of its labels have two "
    "annotated rows each. Add them with POST /v1/functions/{id}/samples.",
    Modality.IMAGE: "This image function has no model yet: it has one seconds after two of its labels have two "
    "annotated images each. Add them with POST /v1/functions/{id}/samples.",
}
_TAGS_WITHOUT_MODEL = (
    "No model available to invoke function: it has one seconds after one of its tags is present on two annotated "
    "samples and absent on two. Add them with POST /v0.9/functions/{id}/samples."
)
_TELL_EVERY_S = 10.0  # between lines of log about answers that went out uncaptured


class Invoker:
    """Answers calls; captures those that the policy draws, and waits until these are on disk."""

    def __init__(
        self,
        live: LiveFunctions,
        intake: Intake,
        pool: EncoderPool,
        writer: CaptureWriter,
        events: Events,
        meters: Meters,
    ) -> None:
        self._live = live
        self._intake = intake
        self._pool = pool
        self._writer = writer
        self._events = events
        self._meters = meters
        self._recent = RecentCalls()
        self._untold = 0  # answers that went out uncaptured since the log was told
        self._tell_at = float("-inf")

    async def invoke(
        self,
        function_id: str,
        data: object,
        *,
        label_count: int | None = None,
        version_id: str | None = None,
        capture: bool = True,
        external_id: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> Answer:
        """The answer to one call.

        label_count: how many labels to list in `label_confidences`, at least 1; None lists none.
        version_id: a version other than the live one; such calls stay outside capture and figures.
        Raises FunctionNotFound, VersionNotFound, OnlySearches, GivesTags, NotTrained, BadInput, Overloaded.
        """
        live = await self._live.get(function_id)
        must_classify(live.function)
        clock = self._meters.clock(live.function.id)
        answered = await self._answered(live, data, version_id, external_id, metadata, clock)
        sample_id, reasons = await self._kept(answered, capture, bool(version_id), clock)
        return answer_of(answered, sample_id, reasons, label_count)

    async def invoke_tags(
        self,
        function_id: str,
        data: object,
        *,
        label_count: int | None = None,
        version_id: str | None = None,
        capture: bool = True,
        external_id: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> AnswerOfTags:
        """The tags at or above their thresholds, the likeliest first.

        label_count: list so many tags instead, those below their thresholds too, at least 1.
        version_id, and what is raised: as for `invoke`; GivesOneLabel in place of GivesTags.
        """
        live = await self._live.get(function_id)
        must_give_tags(live.function)
        clock = self._meters.clock(live.function.id)
        answered = await self._answered(live, data, version_id, external_id, metadata, clock)
        sample_id, reasons = await self._kept(answered, capture, bool(version_id), clock)
        return tags_of(answered, sample_id, reasons, label_count)

    async def side_by_side(
        self, function_id: str, data: object, version_ids: Sequence[str]
    ) -> Sequence[Answer | AnswerOfTags]:
        """What each of these versions answers, every label or tag listed; neither captured nor counted anywhere.

        Raises FunctionNotFound, VersionNotFound, OnlySearches, NotTrained, BadInput, Overloaded.
        """
        live = await self._live.get(function_id)
        must_have_labels(live.function)
        content = await self._intake.content(live.function.input, data, live.fields, live.hide)
        features = await self._pool.embed(content)
        ids = [canonical("model", id) for id in version_ids]
        models = [await asyncio.to_thread(self._live.version, function_id, id) for id in ids]
        calls = [_answered_by(model, live, content, features) for model in models]
        if live.function.tags:
            return [tags_of(call, "", (), len(call.model.head.label_ids)) for call in calls]
        return [answer_of(call, "", (), len(call.model.head.label_ids)) for call in calls]

    async def _answered(
        self,
        live: LiveFunction,
        data: object,
        version_id: str | None,
        external_id: str | None,
        metadata: dict[str, str] | None,
        clock: CallClock,
    ) -> AnsweredCall:
        function_id = live.function.id
        content = await self._intake.content(live.function.input, data, live.fields, live.hide)
        metadata = redacted_metadata(metadata, live.hide)
        model = None
        if version_id:
            model = await asyncio.to_thread(self._live.version, function_id, canonical("model", version_id))
        clock.lap("read")
        features = await self._pool.embed(content)
        clock.lap("encode")
        model = model or live.model
        if not model.head.label_ids:  # before refusing: its first version may be live since a moment
            model = (await asyncio.to_thread(self._live.refresh, function_id)).model
        answered = _answered_by(
            model, live, content, features, external_id, metadata, _cell(live, embedding_in(features))
        )
        clock.lap("answer")
        return answered

    async def _kept(
        self, answered: AnsweredCall, capture: bool, named_version: bool, clock: CallClock
    ) -> tuple[str, tuple[str, ...]]:
        """Decide on capture and tell whoever watches; returns the sample's id and the reasons, if captured."""
        live, content = answered.live, answered.content
        sample_id = new_id("sample")
        reasons: tuple[str, ...] = ()
        seen = capture and not named_version
        end = CallEnd.OUTSIDE
        if seen and live.function.capture.enabled:
            sample_id, reasons, end = await self._decide(answered, sample_id)
        else:
            self._writer.count_outside(live.function.id, datetime.now(UTC), answered.model.version_id)
        if seen and (not reasons or self._writer.journalled):  # no row has it yet
            self._remember(sample_id, answered)
        self._events.answered(
            live.function.id,
            Answered(
                time.time(),
                _said(content),
                answered.said,
                answered.confidence,
                reasons,
                sample_id if seen and content.file is not None else None,
                content.field_values,
            ),
        )
        clock.lap("capture")
        clock.end(end, reasons)
        return sample_id, reasons

    def forget_old_calls(self) -> None:
        """Uncaptured calls are in memory for as long as they can be given feedback, and no longer."""
        windows = {f.function.id: float(f.function.capture.feedback_window_s) for f in self._live.loaded()}
        self._recent.forget(windows, time.time())

    def recent_call(self, function_id: str, sample_id: str) -> RecentCall:
        """The uncaptured call that was answered with this id. Raises SampleNotCaptured once it is too old."""
        live = self._live.peek(function_id)
        window_s = live.function.capture.feedback_window_s if live else 0
        call = self._recent.get(sample_id, since=time.time() - window_s)
        if call is None or call.function_id != function_id:
            raise SampleNotCaptured(minutes=round(window_s / 60))
        return call

    async def _decide(self, answered: AnsweredCall, sample_id: str) -> tuple[str, tuple[str, ...], CallEnd]:
        """Draw, count and store; returns the sample's id, the reasons, empty when not captured, and what came of it.

        Never raises.
        """
        at = datetime.now(UTC)
        try:
            outcome = self._draw(answered, at)
        except Exception:
            log.exception("the capture policy failed; an answer goes out undecided")
            self._writer.count_shed(answered.live.function.id, at, answered.model.version_id)
            return sample_id, (), CallEnd.SHED
        if outcome is None or not outcome.captured:
            return sample_id, (), CallEnd.PASSED
        stored = await self._store(answered, outcome, sample_id, at)
        if stored is None:
            return sample_id, (), CallEnd.SHED
        return stored, outcome.reasons, CallEnd.CAPTURED

    def _draw(self, answered: AnsweredCall, at: datetime) -> Outcome | None:
        """The decision, counted; None for an exact copy of an annotated sample, which is known with certainty."""
        if self._is_known(answered, at):
            answered.live.capture.passed()
            return None
        outcome = answered.live.capture.draw(
            answered.probabilities, answered.model.head.label_ids, answered.embedding, answered.metadata,
            lambda: answered.live.likeness.likest(answered.embedding),
            label=answered.said, at=at, thresholds=answered.model.thresholds,
        )  # fmt: skip
        self._count(answered, at)
        if answered.live.function.capture.keep_every_decision:
            self._writer.decided(_audit_row(answered, outcome, at))
        return outcome

    def _is_known(self, answered: AnsweredCall, at: datetime) -> bool:
        """Whether the call is an exact copy of an annotated sample; it is counted if so."""
        digest = answered.content.digest
        if answered.tags is not None:
            if (tags := answered.live.known_tags.get(digest)) is None:
                return False
            self._count_tags(answered, at, tags)
            return True
        if (label := answered.live.known.get(digest)) is None:
            return False
        self._count(answered, at, known=label)
        return True

    def _count_tags(self, answered: AnsweredCall, at: datetime, known: Mapping[str, bool] | None) -> None:
        assert answered.tags is not None
        self._writer.count_tags(
            answered.live.function.id,
            at,
            answered.model.version_id,
            answered.model.head.label_ids,
            answered.probabilities,
            answered.tags,
            known=known,
            cell=answered.cell,
        )

    def _count(self, answered: AnsweredCall, at: datetime, known: str | None = None) -> None:
        if answered.tags is not None:
            self._count_tags(answered, at, None)
            return
        self._writer.count(
            answered.live.function.id,
            at,
            answered.model.version_id,
            answered.model.head.label_ids,
            answered.probabilities,
            answered.best,
            known_label_id=known,
            cell=answered.cell,
        )

    async def _store(
        self, answered: AnsweredCall, outcome: Outcome, sample_id: str, at: datetime
    ) -> str | None:
        """The id under which the capture is on disk, or None if it was shed; never raises."""
        function_id = answered.live.function.id
        new = NewCapture(
            id=new_id("capture"), function_id=function_id, sample_id=sample_id,
            content=answered.content, embedding=answered.features.tobytes(), version_id=answered.model.version_id,
            at=at, decision=outcome, label_id=answered.label_id, confidence=answered.confidence,
            external_id=answered.external_id, metadata=answered.metadata, cell=answered.cell,
            tags=answered.tags_answer,
        )  # fmt: skip
        try:
            future = asyncio.wrap_future(self._writer.put(new))
            future.add_done_callback(_heard)  # also of what comes when nobody waits any more
            return await asyncio.wait_for(asyncio.shield(future), _COMMIT_WAIT_S)
        except TimeoutError:
            self._tell_shed(f"a capture took more than {_COMMIT_WAIT_S:g} s")
        except (
            Exception
        ) as problem:  # WriterFull, or whatever kept it from the disk; the writer has logged that
            self._tell_shed(problem)
        answered.live.capture.shed()
        self._writer.count_shed(function_id, at, answered.model.version_id)
        return None

    def _tell_shed(self, why: object) -> None:
        """One line of log for many: where one capture is lost, thousands may be."""
        self._untold += 1
        if time.monotonic() >= self._tell_at:
            log.warning("answers went out uncaptured, %d since the last line: %s", self._untold, why)
            self._untold, self._tell_at = 0, time.monotonic() + _TELL_EVERY_S

    def _remember(self, sample_id: str, answered: AnsweredCall) -> None:
        call = RecentCall(
            answered.live.function.id, answered.content, answered.features.tobytes(), time.time(),
            answered.label_id, answered.confidence, answered.model.version_id,
        )  # fmt: skip
        self._recent.add(sample_id, call)


def _heard(stored: asyncio.Future[str]) -> None:
    """The writer has logged what went wrong."""
    if not stored.cancelled():
        stored.exception()


def must_answer(model: LiveModel, function: Function) -> None:
    """Raises NotTrained where the model has no label left."""
    if not model.head.label_ids:
        raise NotTrained(_TAGS_WITHOUT_MODEL if function.tags else _WITHOUT_MODEL.get(function.input))


def _answered_by(
    model: LiveModel,
    live: LiveFunction,
    content: Content,
    features: FloatArray,
    external_id: str | None = None,
    metadata: dict[str, str] | None = None,
    cell: int | None = None,
) -> AnsweredCall:
    """Raises NotTrained where the model has no label left."""
    must_answer(model, live.function)
    probabilities = model.head.probabilities_of_one(features)
    tags, best = None, int(probabilities.argmax())
    if model.thresholds is not None:
        tags = model.answered(probabilities)
        best = int(certainties(probabilities.astype(float), model.thresholds.astype(float)).argmin())
    return AnsweredCall(
        live, model, content, features, probabilities, best, external_id, metadata, cell, tags
    )


def _cell(live: LiveFunction, embedding: FloatArray) -> int | None:
    """The cell that a call is counted in; whatever is wrong with the cells, the call is answered."""
    try:
        return live.cells.of(embedding) if live.cells else None
    except Exception:
        log.exception(
            "%s: a call could not be placed in a cell; none is until they are read anew", live.function.id
        )
        live.cells = None
        return None


def _said(content: Content) -> str:
    """The call in the feed of a page."""
    if content.file is None or content.text:
        return content.text
    return (
        f"{(content.media_type or 'file').removeprefix('image/').upper()}, {len(content.file) / 1000:,.0f} kB"
    )


def _audit_row(answered: AnsweredCall, outcome: Outcome, at: datetime) -> DecisionRow:
    return DecisionRow(
        answered.live.function.id, at, outcome.draw, outcome.weight, outcome.threshold, outcome.captured,
        answered.model.version_id,
    )  # fmt: skip
