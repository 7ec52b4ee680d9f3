"""A real Dask cluster of processes, each on port 5000 of an address of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

START_S = 60.0


@dataclass
class DaskCluster:
    """A scheduler and its workers, of one thread each; programs see nothing of it but its address."""

    new_address: Callable[[], str]
    folder: Path
    scheduler: subprocess.Popen[bytes] = field(init=False, repr=False)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)
    address: str = ""

    def start(self, workers: int) -> "DaskCluster":
        self.folder.mkdir(parents=True, exist_ok=True)
        host = self.new_address()
        self.address = f"tcp://{host}:5000"
        self.scheduler = self._run("scheduler", "--host", host, "--port", "5000")
        self._wait_for("Scheduler at", 1)
        for _ in range(workers):
            self.begin_worker()
        self._wait_for("Registered to", workers)
        return self

    def begin_worker(self, *more: str, **environment: str) -> None:
        """more: options of `dask worker`."""
        own = ("--host", self.new_address(), "--worker-port", "5000", "--nthreads", "1", "--no-nanny", *more)
        self.workers.append(self._run("worker", self.address, *own, **environment))

    def wait_for_workers(self, workers: int) -> None:
        self._wait_for("Registered to", workers)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _run(self, what: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        command = (sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NORIA_")}
        with (self.folder / "cluster.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env={**clean, **environment}, stdout=log, stderr=log
            )

    def _wait_for(self, words: str, times: int) -> None:
        end = time.monotonic() + START_S
        while (said := (self.folder / "cluster.log").read_text()).count(words) < times:
            assert time.monotonic() < end, said
            time.sleep(0.05)
