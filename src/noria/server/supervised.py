"""One of several server processes: `python -m noria.server.supervised PARENT SOCKET VOICE`, begun by `supervisor`.

It begins to listen when it is warm, says so, and says once a second that it lives.
"""

import os
import signal
import socket
import sys
import time
from contextlib import suppress

from noria.app import Noria
from noria.errors import NoriaError
from noria.logs import log_to_stderr
from noria.records.function import Modality
from noria.server.process import GOODBYE_S, serve_until_stopped
from noria.settings import Settings
from noria.work.parent import end_with


def main(parent: int, listening: int, voice: int) -> None:
    """Serve on an inherited socket until told to stop, or until the parent process is gone."""
    settings = Settings.from_environment()
    log_to_stderr(settings.log)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    end_with(parent, _leave)
    noria = Noria(settings)
    os.set_blocking(voice, False)
    words = f"{noria.encoders[Modality.TEXT].name}\n".encode()

    def alive() -> None:
        with suppress(OSError):  # the parent is gone, or stands still
            os.write(voice, words)

    serve_until_stopped(noria, socket.socket(fileno=listening), alive)


def _leave() -> None:
    """What is in flight is answered; the port is free as soon as nobody listens any more."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(2 * GOODBYE_S)
    os._exit(1)


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except NoriaError as problem:
        print(f"noria: {problem}", file=sys.stderr)
        sys.exit(1)
