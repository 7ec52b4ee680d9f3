"""`noria serve`: the server, and `noria link`: a way in."""

import errno
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from noria.app import Noria, opened_storage
from noria.cli.service_manager import say_ready
from noria.errors import BadInput, PortTaken
from noria.logs import log_to_stderr
from noria.records.function import Modality
from noria.records.person import Role
from noria.server.process import serve_until_stopped
from noria.server.supervisor import Supervisor
from noria.serving.auth import Auth
from noria.serving.sign_ins import SignIns
from noria.settings import DEFAULT_PORT, Settings, client_from_environment
from noria.storage import folder, open_storage
from noria.work.local_runner import LocalRunner

_BACKLOG = 2048


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    workers: int | None = None,
    worker: bool = True,
) -> None:
    """Serve the functions in a data folder.

    Args:
        host: The address to listen on; 127.0.0.1 unless NORIA_HOST says otherwise.
        port: The port; 5000 unless NORIA_PORT says otherwise.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
        workers: How many processes answer calls; 1 unless NORIA_WORKERS says otherwise. One worker trains for all.
        worker: Off, nothing is trained here: `noria worker` does, or another server.
    """
    settings = Settings.from_environment(
        host=host, port=port, data=data, workers=workers, worker=None if worker else False
    )
    if settings.workers > 1:
        run_many(settings)
    else:
        run(settings)


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
    check_data_folder(settings)
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
    _say_encoder(modality, noria.encoders[modality].name)
    serve_until_stopped(noria, listening, say_ready)


def run_many(settings: Settings) -> None:
    """The same with several processes behind the port, and one worker beside them.

    Raises what `run` does, but that the first process says what is wrong with encoders, and the status is 1.
    """
    log_to_stderr(settings.log)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    client = client_from_environment()
    new_socket = _sockets(settings)
    folder.prepare(settings.data)
    storage = opened_storage(settings)
    if client is not None:
        Auth(storage).welcome(*client, name="from the environment")

    def opened(encoder: str) -> None:
        say(f"Noria serves {settings.data.absolute()} on {settings.url} with {settings.workers} processes")
        say(f"Sign in (this link works once): {SignIns(storage, settings.url).link()}")
        _say_encoder(Modality.TEXT, encoder)
        storage.close()
        if runner is not None:
            runner.start()
        say_ready()

    def renewed() -> None:
        if runner is not None:
            runner.renew()
        say("All processes have been replaced.")

    runner = LocalRunner(settings) if settings.worker else None
    try:
        ended_by = Supervisor(settings, new_socket, opened, renewed).run()
    finally:
        if runner is not None:
            runner.close()
    if ended_by == signal.SIGINT:
        raise KeyboardInterrupt


def _sockets(settings: Settings) -> Callable[[], socket.socket]:
    """Gives a socket for each process. Raises PortTaken, BadInput for an address that this machine has not.

    On Linux each has its own, and the kernel spreads connections over those that are listened on; elsewhere they share
    one, from which whoever is quickest takes them. See docs/decisions/many-processes.md.
    """
    only = bind(settings)  # as the only one: another server on this port is a mistake
    if sys.platform != "linux":
        only.listen(_BACKLOG)
        return only.dup
    only.close()
    return lambda: bind(settings, shared=True)


def listen(settings: Settings) -> socket.socket:
    """The listening socket, taken before anything slow, so that a taken port is told at once.

    Raises PortTaken, BadInput for an address that this machine has not.
    """
    listening = bind(settings)
    listening.listen(_BACKLOG)
    return listening


def bind(settings: Settings, shared: bool = False) -> socket.socket:
    """A socket at the server's address. shared: others of ours may have the same port.

    Raises PortTaken, BadInput for an address that this machine has not.
    """
    try:
        return _bound(settings.host, settings.port, shared)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise PortTaken(port_taken(settings.port)) from None
        raise BadInput(
            f"This machine can't listen on {settings.host}:{settings.port} ({problem.strerror}). "
            "Choose another with --host and --port."
        ) from None


def _bound(host: str, port: int, shared: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
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


def _say_encoder(modality: Modality, name: str) -> None:
    say(f"{modality.value} encoder: {name}")


def say(words: str) -> None:
    print(words, flush=True)


def check_data_folder(settings: Settings) -> None:
    """For commands beside a server. Raises BadInput where no server has been."""
    if settings.database is None and not (settings.data / "noria.db").exists():
        raise BadInput(
            f"There is no data in {settings.data.absolute()}. Start the server first, or name its folder with --data."
        )
