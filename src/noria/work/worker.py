"""The worker process: `python -m noria.work.worker PARENT`. Any number, on any host; it ends with the one that began it.

Each function is trained by one of them at a time.
"""

import logging
import os
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from functools import partial

from noria.encoders import EncoderSet
from noria.errors import NoriaError
from noria.logs import log_to_stderr
from noria.records.ids import new_id
from noria.settings import Settings
from noria.storage import SeenWorker, Storage, open_storage
from noria.storage.training_turns import LOOK_S
from noria.storage.workers import BEAT_S
from noria.work.cells import CellMaker
from noria.work.parent import end_with
from noria.work.reconcile import TICK_S, Reconciler
from noria.work.reembedding.mending import Mender
from noria.work.same_encoder import same_encoder
from noria.work.train import Trainer

log = logging.getLogger("noria.worker")

_BEHIND_ANSWERS = 5  # niceness: where processors are short, calls are answered first
_TROUBLE_WAIT_S = 1.0


def main(parent: int) -> None:
    """Train what is wanted, with the settings in the environment, until the parent process is gone."""
    settings = Settings.from_environment()
    log_to_stderr(settings.log)
    end_with(parent)
    if hasattr(os, "nice"):
        os.nice(_BEHIND_ANSWERS)
    storage = open_storage(settings.database_url, settings.blobs_url)
    encoders = EncoderSet.of(settings).checked(same_encoder(storage))
    reconciler = Reconciler(
        storage,
        Trainer(storage, encoders),
        cells=CellMaker(storage, encoders),
        mender=Mender(storage, encoders),
    )
    for each in (_watch_turns, partial(_tell_presence, started_at=datetime.now(UTC))):
        threading.Thread(target=each, args=(storage,), daemon=True).start()
    _work(reconciler, storage)
    log.warning(
        "the installation has another encoder; nothing is trained here until this is restarted with it"
    )
    threading.Event().wait()


def _work(reconciler: Reconciler, storage: Storage) -> None:
    """Until the encoders are others than at the start."""
    failed = False
    look_at = time.monotonic() + LOOK_S
    while True:
        try:
            if time.monotonic() >= look_at:
                if storage.encoders.replaced():
                    return
                look_at = time.monotonic() + LOOK_S
            busy = reconciler.step()
        except Exception:  # a database that is away comes back; the rows still say what is wanted
            if not failed:  # once is enough
                log.exception("the worker could not look for work")
            failed = True
            time.sleep(_TROUBLE_WAIT_S)
            continue
        failed = False
        if not busy:
            time.sleep(TICK_S)


def _watch_turns(storage: Storage) -> None:
    """End amid whatever is done once another worker may do it too; the process is started again."""
    while storage.training_turns.are_kept():
        time.sleep(LOOK_S)
    log.warning("the database was away and may have given our work to another worker; this one ends")
    os._exit(1)


def _tell_presence(storage: Storage, started_at: datetime) -> None:
    me = new_id("worker")
    failed = False
    while True:
        try:
            seen = SeenWorker(me, socket.gethostname(), os.getpid(), started_at, datetime.now(UTC))
            storage.workers.seen(seen)
            failed = False
        except Exception:  # the database is away, which others say too
            if not failed:
                log.warning("the worker could not say that it is there", exc_info=True)
            failed = True
        time.sleep(BEAT_S)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except NoriaError as problem:
        log.error("the worker can't start: %s", problem)
        sys.exit(1)
