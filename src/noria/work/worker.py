"""The worker process: `python -m noria.work.worker`. One per installation; it ends with the process that began it."""

import logging
import os
import signal
import sys
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


def main(parent: int) -> None:
    """Train what is wanted, with the settings in the environment, until the parent process is gone."""
    log_to_stderr()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the parent ends us in order
    settings = Settings.from_environment()
    storage = open_storage(settings.database_url)
    encoder = choose_text_encoder(settings.encoder)
    reconciler = Reconciler(storage, Trainer(storage, encoder))
    lock = FileLock(settings.data / "worker.lock")
    while _alive(parent):
        try:
            lock.acquire(timeout=0)
        except Timeout:  # another server on this data folder has the worker
            time.sleep(_LOCK_RETRY_S)
            continue
        storage.runs.fail_stale(datetime.now(UTC))
        _work(reconciler, parent)
    storage.close()


def _work(reconciler: Reconciler, parent: int) -> None:
    while _alive(parent):
        try:
            busy = reconciler.step()
        except Exception:  # a database that is away comes back; the rows still say what is wanted
            log.exception("the worker could not look for work")
            time.sleep(_TROUBLE_WAIT_S)
            continue
        if not busy:
            time.sleep(TICK_S)


def _alive(parent: int) -> bool:
    return os.getppid() == parent


if __name__ == "__main__":
    main(int(sys.argv[1]))
