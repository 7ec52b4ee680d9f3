"""The one place that picks the parts and puts them together."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from weakref import WeakKeyDictionary

from noria.encoders import EncoderSet
from noria.encoders.pool import EncoderPool
from noria.errors import DatabaseUnusable, FunctionNotFound
from noria.records.function import Modality
from noria.records.transfer import TransferKind
from noria.serving.alerts import Alerts
from noria.serving.auth import Auth
from noria.serving.bulk_changing import BulkChanging
from noria.serving.capturing import FunctionCapture
from noria.serving.comparing import Comparing
from noria.serving.discovery import Discovery
from noria.serving.drifting import Drifts
from noria.serving.events import Events
from noria.serving.fetching import Fetcher
from noria.serving.figures import Figures
from noria.serving.glances import Glances
from noria.serving.intake import Intake
from noria.serving.invoking import Invoker
from noria.serving.kept import Kept
from noria.serving.labelling import Labelling
from noria.serving.links import Links
from noria.serving.live import LiveFunctions
from noria.serving.meters import Meters
from noria.serving.outage import Outage, outage
from noria.serving.own_answers import OwnAnswers
from noria.serving.people import People
from noria.serving.pictures import Pictures
from noria.serving.posting import Poster
from noria.serving.readiness import Readiness
from noria.serving.repairing import Repairs
from noria.serving.rule_preview import RulePreview
from noria.serving.searching import Searcher
from noria.serving.sign_ins import SignIns
from noria.serving.state import State
from noria.serving.teaching import Teacher
from noria.serving.team import Team
from noria.serving.telling import Tellings
from noria.serving.text_languages import TextLanguages
from noria.serving.transferring import Transfers
from noria.serving.weighing import Weighings
from noria.settings import Settings
from noria.storage import (
    CaptureWriter,
    Journal,
    JournalKeeper,
    JournalLimits,
    Storage,
    Totals,
    folder,
    open_storage,
)
from noria.work.local_runner import LocalRunner
from noria.work.same_encoder import same_encoder

log = logging.getLogger("noria.app")

_FOLLOW_S = 0.1  # how often rows are looked at for changes by other processes …
_HEARD_S = 2.0  # … where these are heard of as they happen
_UNCHANGED_S = 2.0  # how often, where a look costs little and tells that nothing has changed
_LIKENESS_S = 0.25  # how often near copies of new samples are learnt
_REVOKED_S = 0.5  # how often revoked clients and new roles are looked for
_SYNC_S = 1.0  # how often processes tell each other what they captured
_ROOM_S = 1.0  # how often it is tried whether what was full or read-only takes changes again
_WORKERS_S = 5.0  # how often a server without one looks whether there is a worker elsewhere
_TRANSFER_S = 0.3  # how often imports and exports that are due are looked for
_SWEEP_S = 600.0  # how often their old files are dropped
_ALERT_S = 1.0  # how often messages to webhooks are looked for
_LOOK_EVERY = 30  # of these, between looks at whether an hour is over
_SAVE_EVERY = 10  # syncs between saves of the policy's running state


class Noria:
    """Everything one server process runs, ready to be served by `noria.server.web.web_app`."""

    def __init__(self, settings: Settings) -> None:
        """Opens the data folder. Raises DataFolderUnusable, DatabaseUnusable, FilesUnusable, EncoderMissing, EncoderChanged."""
        folder.prepare(settings.data)
        self.settings = settings
        self.storage = opened_storage(settings)
        self.storage.blobs.check()
        self.encoders = EncoderSet.of(settings).checked(same_encoder(self.storage))
        self.encoders[Modality.TEXT]  # at once: without it nothing can be served
        self.auth = Auth(self.storage)
        self.people = People(self.storage)
        self.sign_ins = SignIns(self.storage, settings.url)
        self.events = Events()
        self.kept = Kept()
        self.journal = _journal(settings)
        keeper = JournalKeeper(self.journal, self.storage.captures) if self.journal else None
        self.writer = CaptureWriter(self.storage.captures.commit, keeper=keeper)
        self.pool = EncoderPool(self.encoders, settings.encoder_threads, settings.invokes_in_flight)
        self.live = LiveFunctions(self.storage, self.encoders)
        self.intake = Intake(Fetcher() if settings.fetch else None)
        self.meters = Meters()
        self.invoker = Invoker(self.live, self.intake, self.pool, self.writer, self.events, self.meters)
        self.state = State(self.storage)
        self.searcher = Searcher(
            self.storage, self.live, self.intake, self.pool,
            memory=settings.search_memory * 1_000_000, limit=settings.invokes_in_flight,
        )  # fmt: skip
        self.teacher = Teacher(self.storage, self.live, self.intake, self.pool, self.invoker)
        self.transfers = Transfers(self.storage, self.teacher)
        self.bulk = BulkChanging(self.storage, self.live, self.teacher)
        self.labelling = Labelling(self.storage, self.live)
        self.own_answers = OwnAnswers(self.storage, self.labelling)
        self.text_languages = TextLanguages(self.storage, self.encoders, self.kept)
        self.tellings = Tellings(self.storage, self.live, self.encoders)
        self.repairs = Repairs(self.storage)
        self.team = Team(self.storage)
        self.rule_preview = RulePreview(self.storage, self.live)
        self.discovery = Discovery(self.storage, self.teacher)
        self.figures = Figures(self.storage)
        self.glances = Glances(self.storage, self.figures, self.kept)
        self.comparing = Comparing(self.storage, self.live)
        self.drifts = Drifts(self.storage, self.figures)
        self.weighings = Weighings(self.storage)
        self.alerts = Alerts(self.storage, self.drifts, self.figures, Poster(settings.webhooks_private))
        self.links = Links(self.storage)
        self.pictures = Pictures(self.storage, self.invoker.recent_call)
        self.readiness = Readiness(
            self.pool, lambda: self.outage().since is not None, lambda: self.storage.refusal
        )
        self.runner = LocalRunner(settings) if settings.worker else None
        self._worker_elsewhere = False
        self._replaced = False
        self._background: list[asyncio.Task[None]] = []
        self._syncs = 0
        self._saved: WeakKeyDictionary[FunctionCapture, int] = (
            WeakKeyDictionary()
        )  # how far each policy's state had moved when it was saved
        self._alert_turns = 0
        self._changed = asyncio.Event()
        self._followed_at = float("-inf")

    @property
    def worker_runs(self) -> bool:
        """Whether somebody trains, as far as is known here."""
        if self.runner is not None:
            return self.runner.pid is not None
        return self._worker_elsewhere

    def outage(self) -> Outage:
        """How it stands with the database, as far as this process knows."""
        return outage(self.storage, self.writer, self.journal)

    async def start(self) -> None:
        self.storage.database.watch(partial(self._hear, asyncio.get_running_loop()))
        if self.runner is not None:
            self.runner.start()
        await self.readiness.warm_up()
        loops = (
            _repeat(
                self._if_changed(self._follow),
                self._until_changed,
                "could not look for changes; answers go on from what is in memory",
            ),
            _repeat(
                self._if_changed(self._follow_likeness),
                _LIKENESS_S,
                "could not look for new samples; their near copies are not recognised",
            ),
            _repeat(
                self._if_changed(self._watch_callers),
                _REVOKED_S,
                "could not look for revoked clients and roles; they stay as known",
            ),
            _repeat(self._watch_room, _ROOM_S, "could not look whether there is room again"),
            _repeat(self._watch_workers, _WORKERS_S, "could not look who trains"),
            _repeat(self._sync, _SYNC_S, "could not share the capture budget; it is tried again"),
            *(
                _repeat(
                    self._if_changed(partial(self.transfers.work, kind)),
                    _TRANSFER_S,
                    f"could not look for an {kind.value} to carry on; it is tried again",
                )
                for kind in TransferKind
            ),
            _repeat(
                self._if_changed(self.bulk.work),
                _TRANSFER_S,
                "could not look for a bulk change to carry on; it is tried again",
            ),
            _repeat(self._sweep_transfers, _SWEEP_S, "could not drop old files of imports and exports"),
            _repeat(self._alert, _ALERT_S, "could not look for alerts; it is tried again"),
        )
        self._background = [asyncio.create_task(each) for each in loops]

    async def stop(self) -> None:
        with suppress(
            Exception
        ):  # the database may be away; others go on when we have been silent for a while
            await asyncio.to_thread(self.transfers.close)
            await asyncio.to_thread(self.bulk.close)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        self.writer.close()
        try:
            self._save_policies()
        except Exception:
            log.exception(
                "the policies' running state could not be saved; the next start goes on from an older one"
            )
        if self.runner is not None:
            self.runner.close()
        self.kept.close()
        self.pool.close()
        self.searcher.close()
        self.tellings.close()
        self.storage.close()

    def _if_changed(self, step: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The step, passed over where nothing was committed since it was done; done at times all the same, for what falls due."""
        seen, done_at = None, -math.inf

        async def look() -> None:
            nonlocal seen, done_at
            state, now = self.storage.database.state(), time.monotonic()
            if state is None or state != seen or now - done_at > _UNCHANGED_S:
                await step()
                seen, done_at = state, now

        return look

    async def _follow(self) -> None:
        """Swap in what other processes, the worker above all, have published."""
        for function_id in await asyncio.to_thread(self.live.refresh_changed):
            self.events.changed(function_id)

    def _hear(self, loop: asyncio.AbstractEventLoop, _: str) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._changed.set)

    async def _until_changed(self) -> None:
        """Until a change is heard of, or it is time to look; looks are as rare among many changes as without hearing."""
        wait_s = _HEARD_S if self.storage.database.hears else _FOLLOW_S
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), wait_s)
        self._changed.clear()
        if (early_s := self._followed_at + _FOLLOW_S - time.monotonic()) > 0:
            await asyncio.sleep(early_s)
        self._followed_at = time.monotonic()

    async def _follow_likeness(self) -> None:
        await asyncio.to_thread(self.live.follow_likeness)

    async def _watch_callers(self) -> None:
        """Shut out clients that were revoked, and follow people's roles, wherever that was done."""
        await asyncio.to_thread(self.auth.refresh)
        await asyncio.to_thread(self.people.refresh)

    async def _watch_room(self) -> None:
        if self.storage.refusal is not None:
            await asyncio.to_thread(self.storage.look)

    async def _watch_workers(self) -> None:
        replaced = await asyncio.to_thread(self.storage.encoders.replaced)
        if replaced and not self._replaced:
            self._replaced = True
            log.warning(
                "the installation has another encoder; this server answers with the versions before until it is "
                "restarted with the new setting"
            )
        if self.runner is None:
            present = await asyncio.to_thread(self.storage.workers.present, datetime.now(UTC))
            self._worker_elsewhere = bool(present)

    async def _sync(self) -> None:
        """Share the capture budget with the other processes, and keep the policy's state."""
        self.meters.looked(self.writer.waiting, self.pool.waiting)
        if self.journal is not None:
            self.meters.journalled(self.journal.held(), self.writer.dropped)
            if self.journal.holds:  # captures of ours that the totals don't know of yet
                return
        of_all = await asyncio.to_thread(self.storage.captures.totals_of_all)
        for function in self.live.loaded():
            totals = of_all.get(function.function.id, Totals(0, 0))
            function.capture.sync(totals.captured, totals.invokes)
        self.searcher.keep({function.function.id for function in self.live.loaded()})
        self._syncs += 1
        if self._syncs % _SAVE_EVERY == 0:
            self.invoker.forget_old_calls()
            await asyncio.to_thread(self._save_policies)

    async def _sweep_transfers(self) -> None:
        await asyncio.to_thread(self.transfers.sweep)

    async def _alert(self) -> None:
        """Look at functions with webhooks once an hour, and send what is due."""
        self._alert_turns += 1
        if self._alert_turns % _LOOK_EVERY == 1:
            await asyncio.to_thread(self.alerts.look)
        while await asyncio.to_thread(self.alerts.deliver):
            pass

    def _save_policies(self) -> None:
        """Of the functions that were called since it was saved last."""
        for function in self.live.loaded():
            capture, moved = function.capture, function.capture.moved
            if self._saved.get(capture) == moved:
                continue
            with suppress(FunctionNotFound):  # another process has just deleted it
                self.storage.policy_state.save(
                    function.function.id, self.live.policy_state(function), datetime.now(UTC)
                )
            self._saved[capture] = moved


def opened_storage(settings: Settings) -> Storage:
    """Raises DatabaseUnusable, with a word on captures that wait for the database, DatabaseTooNew, FilesUnusable."""
    try:
        return open_storage(settings.database_url, settings.blobs_url)
    except DatabaseUnusable as problem:
        if Journal(settings.journal_folder).left_behind():
            folder = settings.journal_folder
            words = (
                f"{problem} Captures wait in {folder}: leave them there, and the next start brings them in."
            )
            raise DatabaseUnusable(words) from None
        raise


def _journal(settings: Settings) -> Journal | None:
    """Raises DataFolderUnusable for a folder of its own that can't be used: an outage is no time to learn that."""
    if settings.journal:
        folder.prepare(settings.journal_folder, "journal's folder", "NORIA_JOURNAL")
    limits = JournalLimits(settings.journal_size * 1_000_000)
    return Journal(settings.journal_folder, limits) if settings.journal_size else None


async def _repeat(
    step: Callable[[], Awaitable[None]], pause: float | Callable[[], Awaitable[None]], trouble: str
) -> None:
    """Do this for ever; of failures in a row, as when the database is away, the log has the first.

    pause: seconds, or what waits until it is time again.
    """
    failed = False
    while True:
        try:
            await step()
            failed = False
        except Exception:
            if not failed:
                log.exception(trouble)
            failed = True
        await (pause() if callable(pause) else asyncio.sleep(pause))
