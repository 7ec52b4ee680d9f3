"""The worker process: `python -m noria.work.worker`. One per installation; it ends with the process that began it."""

import logging
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from noria.encoders import choose_text_encoder
from noria.logs import log_to_stderr
from noria.settings import Settings
from noria.storage import open_storage
from noria.work.reconcile import TICK_S, Reconciler
from noria.work.train import Trainer

log = logging.getLogger("noria.worker")

_LOCK_RETRY_S = 1.0
_TROUBLE_WAIT_S = 1.0
_PARENT_LOOK_S = 0.2


def main(parent: int) -> None:
    """Train what is wanted, with the settings in the environment, until the parent process is gone."""
    log_to_stderr()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the parent ends us in order
    threading.Thread(target=_end_with, args=(parent,), name="parent-watch", daemon=True).start()
    settings = Settings.from_environment()
    storage = open_storage(settings.database_url)
    encoder = choose_text_encoder(settings.encoder)
    reconciler = Reconciler(storage, Trainer(storage, encoder))
    lock = FileLock(settings.data / "worker.lock")
    while not _taken(lock):  # another server on this data folder has the worker
        time.sleep(_LOCK_RETRY_S)
    storage.runs.fail_stale(datetime.now(UTC))
    _work(reconciler)


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _work(reconciler: Reconciler) -> None:
    while True:
        try:
            busy = reconciler.step()
        except Exception:  # a database that is away comes back; the rows still say what is wanted
            log.exception("the worker could not look for work")
            time.sleep(_TROUBLE_WAIT_S)
            continue
        if not busy:
            time.sleep(TICK_S)


def _end_with(parent: int) -> None:
    """End this process once its parent is gone, whatever it is doing: the next server's worker needs the lock.

    An unfinished run leaves nothing half-made, and a long cross-validation would otherwise be waited for.
    """
    while os.getppid() == parent:
        time.sleep(_PARENT_LOOK_S)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
