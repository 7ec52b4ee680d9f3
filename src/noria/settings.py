"""Settings of one installation, from flags and the environment."""

import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from noria.errors import BadInput

DEFAULT_PORT = 5000  # existing clients can only list from a host at this port
_LAST_PORT = 65_535
_EVERYWHERE = ("0.0.0.0", "::")  # every address of the machine
_STORES = ("s3", "gs", "az", "file")  # that files may be kept in
_PATH = re.compile(r"[\w.~-]+(/[\w.~-]+)*", re.ASCII)


def cores() -> int:
    """How many this process may use: in a container those of its limit, not those of the machine."""
    from joblib import cpu_count  # a slow import, and servers have it anyway

    count: int = cpu_count()
    return count


class LogStyle(StrEnum):
    """How a process writes its log."""

    TEXT = "text"
    JSON = "json"


def _switch(given: str) -> bool:
    """Raises ValueError."""
    return {
        "on": True,
        "1": True,
        "true": True,
        "yes": True,
        "off": False,
        "0": False,
        "no": False,
        "false": False,
    }[given.strip().lower()]


def _prefix(given: str) -> str:
    """Raises ValueError."""
    path = given.strip().strip("/")
    if path and not _PATH.fullmatch(path):
        raise ValueError
    return path and f"/{path}"


def _blobs(given: str) -> str:
    """Raises ValueError."""
    scheme, is_address, rest = given.strip().partition("://")
    if is_address and (scheme not in _STORES or not rest.strip("/")):
        raise ValueError
    return given.strip()


_VARIABLES: dict[str, tuple[Callable[[str], object], str]] = {
    "host": (str, "an address"),
    "port": (int, "a number"),
    "prefix": (_prefix, "a path such as /noria"),
    "workers": (int, "a number"),
    "worker": (_switch, "on or off"),
    "data": (Path, "a folder"),
    "database": (str, "a database URL"),
    "journal": (str, "a folder"),
    "journal_size": (int, "a number of megabytes"),
    "encoder": (str, "an encoder's name"),
    "image_encoder": (str, "an encoder's name"),
    "blobs": (_blobs, "a folder, or an address such as s3://bucket/prefix, gs://… or az://…"),
    "fetch": (_switch, "on or off"),
    "webhooks_private": (_switch, "on or off"),
    "encoder_threads": (int, "a number"),
    "search_memory": (int, "a number of megabytes"),
    "log": (lambda given: LogStyle(given.strip().lower()), "text or json"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: Path = field(default_factory=lambda: Path("data"))
    database: str | None = field(default=None, repr=False)  # a URL, perhaps with a password; None: see below
    blobs: str | None = None  # a folder or an object store's address; None: `blobs` in the data folder
    encoder: str | None = None  # of texts, a registered encoder's name or onnx:FOLDER; None: the best one
    image_encoder: str | None = None  # the same for images
    fetch: bool = False  # fetch images whose http(s) address a caller sends
    webhooks_private: bool = False  # webhooks may be addresses of this machine and its network
    encoder_threads: int = field(default_factory=lambda: max(1, cores() - 1))
    search_memory: int = (
        1500  # megabytes of embeddings kept in memory for search; what is over it is read each time
    )
    log: LogStyle = LogStyle.TEXT
    prefix: str = ""  # the path that a proxy gives to this server, such as /noria
    invokes_in_flight: int = 512  # above it calls are refused with 503 rather than kept waiting
    workers: int = 1  # server processes behind the port
    worker: bool = True  # run the one that trains beside the server
    journal: str | None = (
        None  # a folder for captures while the database is away; None: one in the data folder
    )
    journal_size: int = 1000  # megabytes that it may hold; what is over it is shed. 0: there is none

    @property
    def database_url(self) -> str:
        """The database, SQLite inside the data folder unless another is named."""
        return self.database or f"sqlite:///{(self.data / 'noria.db').absolute()}"

    @property
    def blobs_url(self) -> str:
        """Where files are kept: a folder, inside the data folder unless another is named, or an object store."""
        place = self.blobs or str(self.data / "blobs")
        return place if "://" in place else str(Path(place).absolute())

    @property
    def journal_folder(self) -> Path:
        """Where captures are kept while the database is away; servers on one machine share it."""
        return Path(self.journal or self.data / "journal").absolute()

    @property
    def url(self) -> str:
        """Where people reach the server from this machine."""
        return self._at("localhost" if self.host in ("127.0.0.1", *_EVERYWHERE) else self.host) + self.prefix

    @property
    def local_url(self) -> str:
        """Where this machine itself reaches the server."""
        return self._at("127.0.0.1" if self.host in ("localhost", *_EVERYWHERE) else self.host)

    def _at(self, host: str) -> str:
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @classmethod
    def from_environment(cls, **given: object) -> "Settings":
        """Flags that were given win over NORIA_… variables, and these over the defaults. Raises BadInput."""
        flags = {name: value for name, value in given.items() if value is not None}
        settings = cls(**{**_from_variables(but_for=flags), **flags})  # type: ignore[arg-type]
        if not 1 <= settings.port <= _LAST_PORT:
            raise BadInput(f"A port is a number from 1 to {_LAST_PORT}, not {settings.port}.")
        if settings.workers < 1:
            raise BadInput(f"There is at least 1 server process: NORIA_WORKERS can't be {settings.workers}.")
        if settings.encoder_threads < 1:
            raise BadInput(f"NORIA_ENCODER_THREADS is at least 1, not {settings.encoder_threads}.")
        if settings.journal_size < 0:
            raise BadInput(f"NORIA_JOURNAL_SIZE is at least 0, not {settings.journal_size}.")
        if settings.search_memory < 0:
            raise BadInput(f"NORIA_SEARCH_MEMORY is at least 0, not {settings.search_memory}.")
        return settings

    def to_environment(self) -> dict[str, str]:
        """The variables that give a child process the same settings, whatever it inherits."""
        given = {
            "NORIA_HOST": self.host,
            "NORIA_PORT": self.port,
            "NORIA_PREFIX": self.prefix,
            "NORIA_WORKERS": self.workers,
            "NORIA_WORKER": "on" if self.worker else "off",
            "NORIA_DATA": self.data.absolute(),
            "NORIA_DATABASE": self.database,
            "NORIA_JOURNAL": self.journal and self.journal_folder,
            "NORIA_JOURNAL_SIZE": self.journal_size,
            "NORIA_BLOBS": self.blobs and self.blobs_url,
            "NORIA_ENCODER": self.encoder,
            "NORIA_IMAGE_ENCODER": self.image_encoder,
            "NORIA_FETCH": "on" if self.fetch else "off",
            "NORIA_WEBHOOKS_PRIVATE": "on" if self.webhooks_private else "off",
            "NORIA_ENCODER_THREADS": self.encoder_threads,
            "NORIA_SEARCH_MEMORY": self.search_memory,
            "NORIA_LOG": self.log,
        }
        return {name: str(value) for name, value in given.items() if value is not None}


def client_from_environment() -> tuple[str, str] | None:
    """The API client of NORIA_CLIENT_ID and NORIA_CLIENT_SECRET, if they are set. Raises BadInput for one alone."""
    names = ("NORIA_CLIENT_ID", "NORIA_CLIENT_SECRET")
    client_id, secret = (os.environ.get(name, "") for name in names)
    if client_id and secret:
        return client_id, secret
    if client_id or secret:
        there, missing = names if client_id else names[::-1]
        raise BadInput(f"{there} is set and {missing} is not. Set both, or neither.")
    return None


def _from_variables(but_for: Collection[str]) -> dict[str, object]:
    found = {}
    for name, (convert, what) in _VARIABLES.items():
        variable = f"NORIA_{name.upper()}"
        if name not in but_for and (value := os.environ.get(variable)):
            try:
                found[name] = convert(value)
            except (KeyError, ValueError):
                raise BadInput(f"{variable} is {what}, not “{value[:100]}”.") from None
    return found
