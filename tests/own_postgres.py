"""A PostgreSQL of one test's own, that it may kill, freeze and start again."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil


@dataclass
class OwnPostgres:
    """A cluster in a folder of its own, reached by a socket there. What it has committed outlives `kill`."""

    bin: Path
    folder: Path
    account: dict[str, object]  # keywords for subprocess: it refuses to run as root

    @property
    def url(self) -> str:
        return f"postgresql://noria@/postgres?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c max_connections=200"
        log = str(self.folder / "log")
        self._call("pg_ctl", "-D", str(self._cluster), "--wait", "--log", log, "-o", options, "start")

    def kill(self) -> None:
        """kill -9 of every process, as a power cut would."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(self._processes(), 10)
        for left in ("cluster/postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
            (self.folder / left).unlink(missing_ok=True)

    def freeze(self) -> None:
        """It takes what comes, and answers nothing, as where the network is cut."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def make(self) -> None:
        if self.account:
            shutil.chown(self.folder, str(self.account["user"]))
        self.folder.chmod(0o755)
        settings = ("--username=noria", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self._call("initdb", "-D", str(self._cluster), *settings)

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    def _processes(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(int((self._cluster / "postmaster.pid").read_text().split("\n")[0]))
            return [first, *first.children(recursive=True)]
        except (FileNotFoundError, psutil.NoSuchProcess):
            return []

    def _signal(self, sent: signal.Signals) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sent)

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, check=False, **self.account,
        )  # type: ignore[call-overload]  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stderr}"


@contextmanager
def own_postgres(bin: Path, account: dict[str, object]) -> Iterator[OwnPostgres]:
    """bin: the folder of PostgreSQL's programs."""
    folder = Path(
        tempfile.mkdtemp(prefix=f"noria-pg-{os.getpid()}-")
    )  # short: a socket's path has 100 characters
    server = OwnPostgres(bin, folder, account)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.thaw()
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
