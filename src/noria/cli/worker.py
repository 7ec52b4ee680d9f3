"""`noria worker`: trains for servers on other machines, and serves nothing."""

import signal
import socket
import sys
from pathlib import Path

from noria.cli.serve import check_data_folder
from noria.cli.service_manager import say_ready
from noria.encoders import EncoderSet
from noria.logs import log_to_stderr
from noria.records.function import Modality
from noria.settings import Settings
from noria.storage import open_storage
from noria.work.local_runner import LocalRunner
from noria.work.same_encoder import same_encoder


def worker(*, data: Path | None = None) -> None:
    """Train what the servers of an installation want to be trained. Any number, on any machine that has its database.

    Args:
        data: The servers' data folder, if they have no NORIA_DATABASE; ./data unless NORIA_DATA says otherwise.
    """
    settings = Settings.from_environment(data=data)
    log_to_stderr(settings.log)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    name = _checked(settings)
    stop = _stop()
    runner = LocalRunner(settings)
    try:
        runner.start()
        print(f"A worker trains for {_place(settings)}\ntext encoder: {name}", flush=True)
        say_ready()
        stop.recv(1)
    finally:
        runner.close()


def _stop() -> socket.socket:
    """Has a byte to read once a signal has come, also one that came before anybody read.

    A lock would not do: a signal that comes just before it is waited for doesn't end the wait.
    """
    stop, told = socket.socketpair()
    told.setblocking(False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.set_wakeup_fd(told.detach())
    return stop


def _checked(settings: Settings) -> str:
    """The name of the text encoder, once everything that the worker needs is known to be there.

    Raises BadInput, DatabaseUnusable, EncoderMissing, EncoderChanged.
    """
    check_data_folder(settings)
    storage = open_storage(settings.database_url, settings.blobs_url)
    try:
        return EncoderSet.of(settings).checked(same_encoder(storage))[Modality.TEXT].name
    finally:
        storage.close()


def _place(settings: Settings) -> str:
    return "the database of NORIA_DATABASE" if settings.database else str(settings.data.absolute())
