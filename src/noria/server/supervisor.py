"""Several server processes behind one port: watched, started again when they end, and replaced one by one on SIGHUP."""

import logging
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from noria.server.process import GOODBYE_S
from noria.serving.meters import SHARED, forget_process
from noria.settings import Settings
from noria.work.restarts import Restarts

log = logging.getLogger("noria.supervisor")

_LOOK_S = 0.5
_READY_S = 120.0  # for a process to be ready
_SILENT_S = 30.0  # without a sign of life, of which there is one a second, and it counts as hung
_END_S = GOODBYE_S + 5.0  # to answer what is in flight and write what was captured, before it is killed


@dataclass(eq=False)
class _Child:
    process: "subprocess.Popen[bytes]"
    voice: int  # where it says that it is ready, and then that it lives; closed when it ends
    begun: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    ready: bool = False
    end_by: float | None = None  # it was told to end


@dataclass(eq=False)
class _Place:
    """One of so many processes, whichever it is by now."""

    socket: socket.socket
    serving: _Child | None = None
    coming: _Child | None = None  # takes the place of the one that serves as soon as it is ready
    start_at: float | None = None
    restarts: Restarts = field(default_factory=Restarts)


class Supervisor:
    """Starts the processes, the first one alone, lest all meet the same trouble at once."""

    def __init__(
        self,
        settings: Settings,
        new_socket: Callable[[], socket.socket],
        opened: Callable[[str], object],
        renewed: Callable[[], object],
    ) -> None:
        """new_socket: a socket for one process, bound to the port.

        opened: called with the text encoder's name once the first process answers; renewed: once all were replaced.
        """
        self._environment = {**os.environ, **_for_each(settings).to_environment()}
        self._new_socket, self._opened, self._renewed = new_socket, opened, renewed
        self._places = [_Place(new_socket()) for _ in range(settings.workers)]
        self._children: set[_Child] = set()
        self._to_renew: list[_Place] | None = None
        self._asked: list[int] = []
        self._ending: int | None = None
        self._any_was_ready = False
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Until SIGTERM or SIGINT, and all processes have ended; returns that signal.

        Raises SystemExit with status 1 when the first process can't start, which has said why.
        """
        with tempfile.TemporaryDirectory(prefix="noria-meters-") as meters:
            self._environment[SHARED] = meters
            return self._run()

    def _run(self) -> int:
        ears, wake = socket.socketpair()
        wake.setblocking(False)
        self._selector.register(ears, selectors.EVENT_READ)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _: self._asked.append(number))
        signal.set_wakeup_fd(wake.fileno())
        try:
            self._start(self._places[0])
            while self._ending is None or self._children:
                for key, _ in self._selector.select(_LOOK_S):
                    if key.data is None:
                        ears.recv(4096)
                    else:
                        self._hear(*key.data)
                while self._asked:
                    self._obey(self._asked.pop(0))
                self._look(time.monotonic())
        finally:
            signal.set_wakeup_fd(-1)
            for child in self._children:
                child.process.kill()
        return self._ending

    # --- what the processes say

    def _hear(self, place: _Place, child: _Child) -> None:
        said = os.read(child.voice, 4096)
        if not said:
            self._has_ended(place, child)
            return
        child.heard = time.monotonic()
        if not child.ready:
            child.ready = True
            self._is_ready(place, child, said.decode().partition("\n")[0])

    def _is_ready(self, place: _Place, child: _Child, encoder: str) -> None:
        if child is place.coming:
            if place.serving is not None:
                _let_go(place.serving)
            place.serving, place.coming = child, None
        if not self._any_was_ready:
            self._any_was_ready = True
            self._opened(encoder)
            for other in self._places[1:]:
                self._start(other)

    def _has_ended(self, place: _Place, child: _Child) -> None:
        self._selector.unregister(child.voice)
        os.close(child.voice)
        self._children.discard(child)
        code = child.process.wait()
        forget_process(child.process.pid, self._environment[SHARED])
        if self._ending is not None or child.end_by is not None:
            return
        if not self._any_was_ready:
            raise SystemExit(1)
        if child is place.coming:
            log.error("a new process ended with code %s before it was ready; the others stay", code)
            place.coming, self._to_renew = None, None
        elif child is place.serving:
            log.warning("a server process ended with code %s; starting it again", code)
            place.serving, place.coming = place.coming, None
            if place.serving is None:
                self._start_later(place, time.monotonic() - child.begun)

    # --- what is done

    def _start(self, place: _Place) -> None:
        place.start_at = None
        try:
            place.serving = self._spawn(place)
        except OSError as problem:  # no memory or no process to be had now
            log.warning("a server process could not be started (%s); it is tried again", problem)
            self._start_later(place, 0.0)

    def _start_later(self, place: _Place, lived_s: float) -> None:
        """Until then the port is the other processes': a socket that nobody listens on gets no connections."""
        place.socket.close()
        place.socket = self._new_socket()
        place.start_at = time.monotonic() + place.restarts.wait_after(lived_s)

    def _spawn(self, place: _Place) -> _Child:
        """Raises OSError."""
        ears, voice = os.pipe()
        passed = (place.socket.fileno(), voice)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "noria.server.supervised", str(os.getpid()), *map(str, passed)],
                env=self._environment,
                pass_fds=passed,
                process_group=0,  # Ctrl-C in a terminal is for us, who end it in order
            )
        except OSError:
            os.close(ears)
            raise
        finally:
            os.close(voice)
        child = _Child(process, ears)
        self._children.add(child)
        self._selector.register(ears, selectors.EVENT_READ, (place, child))
        return child

    def _obey(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._to_renew = None if self._ending else list(self._places)
        elif self._ending is None:
            self._ending, self._to_renew = number, None
            for place in self._places:
                place.socket.close()
                place.start_at = None
            for child in self._children:
                _let_go(child)
        elif number == signal.SIGINT:  # once more: somebody is in a hurry
            for child in self._children:
                child.process.kill()

    def _look(self, now: float) -> None:
        for child in self._children:
            if child.end_by is not None:
                if now > child.end_by:
                    log.warning("a server process did not end within %.0f s and is killed", _END_S)
                    child.process.kill()
            elif now - child.heard > (_SILENT_S if child.ready else _READY_S):
                log.warning("a server process gives no sign of life and is killed")
                child.process.kill()
        for place in self._places:
            if place.start_at is not None and now > place.start_at:
                self._start(place)
        self._renew_next()

    def _renew_next(self) -> None:
        """One at a time: the next is begun when the last one's forerunner is gone."""
        if self._to_renew is None or any(not child.ready or child.end_by for child in self._children):
            return
        if not self._to_renew:
            self._to_renew = None
            self._renewed()
            return
        place = self._to_renew.pop(0)
        if place.serving is None:  # its next process is a new one in any case
            return
        try:
            place.coming = self._spawn(place)
        except OSError as problem:
            log.error("no new process could be started (%s); the others stay", problem)
            self._to_renew = None


def _let_go(child: _Child) -> None:
    child.end_by = time.monotonic() + _END_S
    child.process.terminate()


def _for_each(settings: Settings) -> Settings:
    """What the machine has is divided; one worker trains for all and has a process of its own."""
    return replace(
        settings,
        workers=1,
        worker=False,
        encoder_threads=max(1, settings.encoder_threads // settings.workers),
        search_memory=settings.search_memory // settings.workers,
    )
