"""A real `noria serve` in a process of its own, as tests and campaigns drive it."""

import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

START_S = 120.0


@dataclass
class RunningServer:
    """Served on port 5000 of an address of its own, with one API client that may do everything."""

    address: str
    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    client_id: str = "client_test"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    under: tuple[str, ...] = ()  # a command that runs the server, such as a tracer
    command: tuple[str, ...] = ("serve",)  # of noria
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.address}:5000"

    def start(self) -> "RunningServer":
        environment = {
            **os.environ,
            "NORIA_ENCODER": "hashing",
            "NORIA_IMAGE_ENCODER": "pixels",
            "NORIA_CLIENT_ID": self.client_id,
            "NORIA_CLIENT_SECRET": self.client_secret,
            **self.environment,
        }
        command = [
            *self.under,
            sys.executable,
            "-m",
            "noria.cli",
            *self.command,
            "--host",
            self.address,
            "--data",
            str(self.data),
        ]
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._wait_until_it_answers()
        return self

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_S
        with httpx.Client(
            timeout=2, trust_env=False
        ) as http:  # a new one takes longer than the server's answer
            while time.monotonic() < end:
                if self.process.poll() is not None:
                    raise AssertionError(f"the server ended: {self.log()}")
                try:
                    if http.get(f"{self.url}/health").status_code == 200:
                        return
                except httpx.TransportError:
                    time.sleep(0.02)
        raise AssertionError(f"the server does not answer: {self.log()}")

    def log(self) -> str:
        return (self.data / "server.log").read_text(errors="replace")[-4000:]

    def token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        answer = httpx.post(f"{self.url}/connect/token", data=form, timeout=10, trust_env=False)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def http(self) -> httpx.Client:
        """A client with a token, on the server's address."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def kill(self) -> None:
        """kill -9, as a power cut would; the worker process ends by itself."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def wait_for(condition, seconds: float = 120.0, what: str = "it"):
    """What `condition()` returns once it is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")
