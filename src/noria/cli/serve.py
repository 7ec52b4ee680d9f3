"""`noria serve`: the server, and `noria link`: a way in."""

import errno
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from noria.app import Noria
from noria.errors import BadInput, PortTaken
from noria.logs import log_to_stderr
from noria.records.function import Modality
from noria.records.person import Role
from noria.server.process import serve_until_stopped
from noria.serving.sign_ins import SignIns
from noria.settings import DEFAULT_PORT, Settings, client_from_environment
from noria.storage import open_storage

_BACKLOG = 2048


def serve(*, host: str | None = None, port: int | None = None, data: Path | None = None) -> None:
    """Serve the functions in a data folder.

    Args:
        host: The address to listen on; 127.0.0.1 unless NORIA_HOST says otherwise.
        port: The port; 5000 unless NORIA_PORT says otherwise.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    run(Settings.from_environment(host=host, port=port, data=data))


def link(
    name: str = "admin", *, role: Role = Role.ADMIN,
    data: Path | None = None, host: str | None = None, port: int | None = None,
) -> None:  # fmt: skip
    """Print a link that signs one person in to the dashboard, once.

    Args:
        name: Who it is for; it stands in the log of labels and changes.
        role: Of somebody who is new: viewer, annotator, editor or admin. The others keep theirs.
        data: The server's data folder; ./data unless NORIA_DATA says otherwise.
        host: The server's address; 127.0.0.1 unless NORIA_HOST says otherwise.
        port: The server's port; 5000 unless NORIA_PORT says otherwise.
    """
    settings = Settings.from_environment(host=host, port=port, data=data)
    _check_data_folder(settings)
    storage = open_storage(settings.database_url)
    print(SignIns(storage, settings.url).link(name, role))
    storage.close()


def run(
    settings: Settings, opened: Callable[[Noria], None] | None = None, modality: Modality = Modality.TEXT
) -> None:
    """Serve until told to stop: SIGTERM ends the process with status 0, Ctrl-C raises KeyboardInterrupt.

    opened: called with the open parts before the first request is taken.
    modality: of the function that is asked first; its encoder is loaded now, and named.
    Raises PortTaken, BadInput, DataFolderUnusable, DatabaseUnusable, FilesUnusable, EncoderMissing, EncoderChanged.
    """
    log_to_stderr(settings.log)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    client = client_from_environment()
    listening = listen(settings)
    noria = Noria(settings)
    if client is not None:
        noria.auth.welcome(*client, name="from the environment")
    if opened is not None:
        opened(noria)
    else:
        say(f"Noria serves {settings.data.absolute()} on {settings.url}")
        say(f"Sign in (this link works once): {noria.sign_ins.link()}")
    say(f"{modality.value} encoder: {noria.encoders[modality].name}")
    serve_until_stopped(noria, listening)


def listen(settings: Settings) -> socket.socket:
    """The listening socket, taken before anything slow, so that a taken port is told at once.

    Raises PortTaken, BadInput for an address that this machine has not.
    """
    try:
        listening = _bound(settings.host, settings.port)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise PortTaken(port_taken(settings.port)) from None
        raise BadInput(
            f"This machine can't listen on {settings.host}:{settings.port} ({problem.strerror}). "
            "Choose another with --host and --port."
        ) from None
    listening.listen(_BACKLOG)
    return listening


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::":  # every address, those of IPv4 too
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def port_taken(port: int) -> str:
    """What to do about a port that another program has."""
    words = f"Port {port} is taken by another program. Stop it, or choose another port: --port {port + 1}."
    if sys.platform == "darwin" and port == DEFAULT_PORT:
        words += (
            " On a Mac this is usually the AirPlay Receiver: switch it off in System Settings, "
            "General, AirDrop & Handoff."
        )
    if port == DEFAULT_PORT:
        words += (
            f" With a port other than {DEFAULT_PORT} the `nyckel` package can create, invoke and delete, but not "
            "list samples: it reads the server's address only up to that port."
        )
    return words


def say(words: str) -> None:
    print(words, flush=True)


def _check_data_folder(settings: Settings) -> None:
    if settings.database is None and not (settings.data / "noria.db").exists():
        raise BadInput(
            f"There is no data in {settings.data.absolute()}. Start the server first, or name its folder with --data."
        )
