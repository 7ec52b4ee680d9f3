"""Keeps one worker process: starts it, and starts it again when it dies."""

import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress

from noria.settings import Settings
from noria.work.restarts import Restarts

log = logging.getLogger("noria.runner")

_END_WAIT_S = 5.0


class LocalRunner:
    """A supervisor thread around the worker process. Training can be killed at any time; the rows bring it back."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name="runner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Of the worker process that runs now."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def renew(self) -> None:
        """Have another process in its place, of the program as it is installed by now."""
        if (process := self._process) is not None:
            with suppress(ProcessLookupError):
                process.terminate()

    def close(self) -> None:
        self._ending.set()
        if (process := self._process) is not None and process.poll() is None:
            process.terminate()
        if self._thread.ident is not None:
            self._thread.join(_END_WAIT_S)

    def _supervise(self) -> None:
        restarts = Restarts()
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                self._process = self._spawn()
                if self._ending.is_set():  # `close` has looked before there was a process
                    self._process.terminate()
                ended = f"ended with code {self._process.wait()}"
            except OSError as problem:  # no memory or no process to be had now
                ended = f"could not be started ({problem})"
            if not self._ending.wait(restarts.wait_after(time.monotonic() - began)):
                log.warning("the worker %s; starting it again", ended)

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "noria.work.worker", str(os.getpid())],
            env={**os.environ, **self._settings.to_environment()},  # not as words: a URL may hold a password
            process_group=0,  # Ctrl-C in a terminal is for the server, which ends the worker in order
        )
