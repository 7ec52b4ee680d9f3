"""The worker process: `python -m noria.work.worker`. One per installation; it ends with the process that began it."""

import logging
import os
import sys
import time
from datetime import UTC, datetime

from noria.encoders import EncoderSet
from noria.errors import NoriaError
from noria.logs import log_to_stderr
from noria.settings import Settings
from noria.storage import Storage, open_storage
from noria.work.cells import CellMaker
from noria.work.parent import end_with
from noria.work.reconcile import TICK_S, Reconciler
from noria.work.train import Trainer

log = logging.getLogger("noria.worker")

_BEHIND_ANSWERS = 5  # niceness: where processors are short, calls are answered first
_TURN_LOOK_S = 1.0
_TROUBLE_WAIT_S = 1.0


def main(parent: int) -> None:
    """Train what is wanted, with the settings in the environment, until the parent process is gone."""
    settings = Settings.from_environment()
    log_to_stderr(settings.log)
    end_with(parent)
    if hasattr(os, "nice"):
        os.nice(_BEHIND_ANSWERS)
    storage = open_storage(settings.database_url, settings.blobs_url)
    encoders = EncoderSet.of(settings)
    reconciler = Reconciler(storage, Trainer(storage, encoders), cells=CellMaker(storage, encoders))
    while not storage.worker_turn.take():  # another server of this installation has the worker
        time.sleep(_TURN_LOOK_S)
    storage.runs.fail_stale(datetime.now(UTC))
    _work(reconciler, storage)
    log.warning("the database was away and may have another worker by now; this one ends")
    sys.exit(1)


def _work(reconciler: Reconciler, storage: Storage) -> None:
    """Until the turn is lost."""
    looked_at, failed = time.monotonic(), False
    while True:
        if time.monotonic() - looked_at > _TURN_LOOK_S:
            looked_at = time.monotonic()
            if not storage.worker_turn.is_held():
                return
        try:
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


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except NoriaError as problem:
        log.error("the worker can't start: %s", problem)
        sys.exit(1)
