"""Bulk changes: begun by people, carried on by whichever server process is free, a step at a time."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from noria.errors import (
    BadInput,
    ChangeLost,
    ChangeNotFound,
    DoesNotFit,
    FilesAway,
    FunctionNotFound,
    NoriaError,
)
from noria.records.sample import AnnotationSource
from noria.serving.limits import MAX_LABELS, checked_name
from noria.serving.live import LiveFunctions
from noria.serving.outputs import must_have_labels
from noria.serving.teaching import NamedTag, Teacher
from noria.storage import BulkChange, BulkCounts, BulkKind, MovePlan, SampleFilter, Storage

log = logging.getLogger("noria.bulk")

SILENT_S = 15.0  # without a sign of life from its process, another goes on with a change
_STEP_S = 0.05  # that a transaction should take: so long others wait for the database, …
_STEPS = (20, 500)  # … and so few or many samples it holds
_REST = 0.5  # of the time that a step took, which is left to others before the next
_ATTEMPTS = 5  # at one and the same step
_LOOK_S = 0.02
AT_ONCE_S = 2.0  # how long a call waits for its change to be over
MAX_IDS = 10_000  # named one by one

_NAMED_NONE = SampleFilter()


class BulkChanging:
    """Safe from any thread, and from as many processes as there are."""

    def __init__(self, storage: Storage, live: LiveFunctions, teacher: Teacher) -> None:
        self._storage = storage
        self._live = live
        self._teacher = teacher
        self._owner = uuid4().hex
        self._ending = False
        self._attempts: dict[str, tuple[int, int]] = {}  # position and number of attempts there
        self._at_once: set[asyncio.Task[None]] = set()  # not waiting for the next look

    def count(self, function_id: str, filter: SampleFilter, every: bool = False) -> BulkCounts:
        """What a change of these samples would touch. Raises FunctionNotFound, BadInput."""
        return self._storage.bulk_changes.count(function_id, _checked(filter, every))

    def delete(self, function_id: str, filter: SampleFilter, by: str, *, every: bool = False) -> BulkChange:
        """Delete the samples that the filter finds, those staged only where it names them.

        every: that a filter without any condition means all samples. Raises FunctionNotFound, BadInput.
        """
        chosen = _checked(filter, every)
        return self._begin(function_id, BulkKind.DELETE, chosen, by, AnnotationSource.API)

    def relabel(
        self,
        function_id: str,
        filter: SampleFilter,
        label: Sequence[NamedTag],
        by: str,
        source: AnnotationSource,
        *,
        every: bool = False,
    ) -> BulkChange:
        """Give the samples that the filter finds a label; of a tags function, say of the tags named what is said here.

        Raises FunctionNotFound, OnlySearches, LabelNotFound, BadInput.
        """
        chosen = _checked(filter, every)
        function = (self._live.peek(function_id) or self._live.refresh(function_id)).function
        must_have_labels(function)
        ids = [
            self._teacher.label_id(function_id, label_id=each.label_id, label_name=each.label_name)
            for each in label
        ]
        if function.tags:
            tags = {id: each.present for id, each in zip(ids, label, strict=True)}
            if not tags:
                raise BadInput("There is no tag. Send a list of labelName and present.")
            return self._begin(function_id, BulkKind.RELABEL, chosen, by, source, tags=tags)
        if len(ids) != 1 or not label[0].present:
            raise BadInput("A sample has one label here. Send labelName or labelId.")
        return self._begin(function_id, BulkKind.RELABEL, chosen, by, source, label_id=ids[0])

    def delete_label(self, function_id: str, label_id: str, by: str) -> BulkChange:
        """Delete the samples that have the label, and then the label. Raises FunctionNotFound, LabelNotFound."""
        chosen = SampleFilter(annotation_label_id=label_id)
        return self._begin(
            function_id, BulkKind.DELETE_LABEL, chosen, by, AnnotationSource.API, label_id=label_id
        )

    def plan_move(
        self, function_id: str, filter: SampleFilter, into: str, *, every: bool = False
    ) -> MovePlan:
        """What moving these samples to another function does over there.

        Raises FunctionNotFound, DoesNotFit, BadInput.
        """
        plan = self._storage.bulk_changes.plan_move(function_id, into, _checked(filter, every))
        n = len(plan.new_labels) and len(self._storage.labels.all(into)) + len(plan.new_labels)
        if n > MAX_LABELS:
            raise DoesNotFit(
                f"A function has at most {MAX_LABELS:,} labels, and with those that come it had {n:,}."
            )
        return plan

    def move(
        self, function_id: str, filter: SampleFilter, into: str, by: str, *, every: bool = False
    ) -> BulkChange:
        """Move the samples that the filter finds to another function, with what was said of them.

        Raises FunctionNotFound, DoesNotFit, BadInput.
        """
        self.plan_move(function_id, filter, into, every=every)
        chosen, now = _checked(filter, every), datetime.now(UTC)
        change = BulkChange(
            "", function_id, BulkKind.MOVE, chosen, by, AnnotationSource.IMPORT, now, into_function_id=into
        )
        return self._storage.bulk_changes.begin_move(change)

    def copy(self, function_id: str, name: str | None, by: str) -> BulkChange:
        """A new function with the settings, labels, fields and samples of this one. Raises FunctionNotFound, BadInput.

        name: “… (copy)” of the original's where it is left out.
        """
        function = self._storage.functions.get(function_id)
        named = f"{function.name[:190]} (copy)" if name is None else name
        change = self._storage.bulk_changes.begin_copy(
            function_id, checked_name(named, "function"), by, datetime.now(UTC)
        )
        self._live.refresh(change.function_id)
        return change

    def _begin(
        self,
        function_id: str,
        kind: BulkKind,
        filter: SampleFilter,
        by: str,
        source: AnnotationSource,
        *,
        label_id: str | None = None,
        tags: dict[str, bool] | None = None,
    ) -> BulkChange:
        return self._storage.bulk_changes.begin(
            BulkChange("", function_id, kind, filter, by, source, datetime.now(UTC), label_id, tags)
        )

    async def settled(self, change: BulkChange, within_s: float) -> BulkChange:
        """The change once it is over, or as it stands after so long."""
        at_once = asyncio.create_task(self.work())
        self._at_once.add(at_once)
        at_once.add_done_callback(self._at_once.discard)
        end = time.monotonic() + within_s
        while change.under_way and time.monotonic() < end:
            await asyncio.sleep(_LOOK_S)
            change = await asyncio.to_thread(self._storage.bulk_changes.get, change.function_id, change.id)
        return change

    def stop(self, function_id: str, id: str) -> BulkChange:
        """What is done stays done. Raises FunctionNotFound, ChangeNotFound."""
        self._storage.bulk_changes.stop(function_id, id, datetime.now(UTC))
        return self._storage.bulk_changes.get(function_id, id)

    async def work(self) -> None:
        """Carry on what is due, one after the other, until nothing is."""
        while not self._ending:
            now = datetime.now(UTC)
            change = await asyncio.to_thread(self._storage.bulk_changes.claim, self._owner, now, SILENT_S)
            if change is None:
                return
            await asyncio.to_thread(self._carry_on, change)

    def close(self) -> None:
        """Let go of what is under way; another process, or the next start, goes on with it."""
        self._ending = True
        self._storage.bulk_changes.release(self._owner)

    def _carry_on(self, change: BulkChange) -> None:
        try:
            n = _STEPS[0]
            while change.under_way and not self._ending:
                began = time.monotonic()
                change = self._storage.bulk_changes.step(change, n, datetime.now(UTC))
                took = time.monotonic() - began
                n = _fitting(n, took)
                if change.under_way:
                    time.sleep(_REST * took)
            self._attempts.pop(change.id, None)
            for function_id in change.functions:
                self._live.refresh(function_id)
        except (ChangeLost, FunctionNotFound):  # stopped, deleted, or another process has it
            log.info("%s: is not ours any more", change.id)
        except FilesAway:
            log.warning("%s: waits for the store of files", change.id)
        except NoriaError as problem:
            self._fail(change, str(problem))
        except Exception:
            log.exception("%s: could not go on; it is tried again", change.id)
            self._try_later(change)

    def _try_later(self, change: BulkChange) -> None:
        """It is claimed again after its owner, us, was silent; but not for ever at one step."""
        position, tries = self._attempts.get(change.id, (-1, 0))
        tries = tries + 1 if position == change.position else 1
        self._attempts[change.id] = change.position, tries
        if tries >= _ATTEMPTS:
            self._fail(change, "Something went wrong in Noria. The server's log has the details.")

    def _fail(self, change: BulkChange, why: str) -> None:
        with suppress(ChangeLost, ChangeNotFound):
            self._storage.bulk_changes.fail(change, why, datetime.now(UTC))


def _fitting(n: int, took_s: float) -> int:
    """How many samples the next step should hold, as n took so long; it grows no more than twofold.

    >>> _fitting(100, 0.1), _fitting(100, 0.001), _fitting(20, 5.0)
    (50, 200, 20)
    """
    least, most = _STEPS
    return max(least, min(most, 2 * n, round(n * _STEP_S / max(took_s, 1e-6))))


def _checked(filter: SampleFilter, every: bool) -> SampleFilter:
    """The filter without the place of a page. Raises BadInput for one that says nothing, or names too many."""
    if filter.start_index is not None or filter.count is not None:
        raise BadInput("startIndex and count choose a page of a list. Name the samples by sampleIds instead.")
    plain = replace(filter, ascending=False)
    if plain == _NAMED_NONE and not every:
        raise BadInput("No filter means every sample. Say so with all: true, or send a filter.")
    if plain != _NAMED_NONE and every:
        raise BadInput("There is a filter beside all: true. Leave one of them out.")
    if plain.sample_ids is not None and len(plain.sample_ids) > MAX_IDS:
        raise BadInput(f"These are more than {MAX_IDS:,} ids. Send them in parts.")
    return plain
