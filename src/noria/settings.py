"""Settings of one installation, from flags and the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PORT = 5000  # existing clients can only list from a host at this port


@dataclass(frozen=True, slots=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: Path = field(default_factory=lambda: Path("data"))
    database: str | None = None  # a SQLAlchemy URL; None is SQLite inside the data folder
    encoder: str | None = None  # a registered encoder's name; None takes the best one installed
    encoder_threads: int = field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1))
    invokes_in_flight: int = 512  # above it calls are refused with 503 rather than kept waiting
    worker: bool = True  # run the trainer beside the server

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{(self.data / 'noria.db').absolute()}"

    @property
    def url(self) -> str:
        host = "localhost" if self.host in {"127.0.0.1", "0.0.0.0"} else self.host
        return f"http://{host}:{self.port}"

    @property
    def local_url(self) -> str:
        """Where this machine itself reaches the server."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "localhost"} else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @classmethod
    def from_environment(cls, **given: object) -> "Settings":
        """Flags that were given win over NORIA_… variables, and these over the defaults."""
        environment: dict[str, object] = {}
        for name, convert in (
            ("host", str),
            ("port", int),
            ("data", Path),
            ("database", str),
            ("encoder", str),
            ("encoder_threads", int),
        ):
            if value := os.environ.get(f"NORIA_{name.upper()}"):
                environment[name] = convert(value)
        flags = {name: value for name, value in given.items() if value is not None}
        return cls(**{**environment, **flags})  # type: ignore[arg-type]

    def to_environment(self) -> dict[str, str]:
        """The variables that give a child process the same data, database and encoder."""
        given = {
            "NORIA_DATA": self.data.absolute(),
            "NORIA_DATABASE": self.database,
            "NORIA_ENCODER": self.encoder,
        }
        return {name: str(value) for name, value in given.items() if value is not None}
