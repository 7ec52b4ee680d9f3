"""A real S3 server in a process of its own, on port 5000 of an address of its own."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

KEY, SECRET = "noria-tests", "not-a-secret-at-all"
BUCKET = "files"
START_S = 60.0


@dataclass
class ObjectStore:
    """nanio, which syncs what it is given; a bucket is a folder in its own."""

    address: str
    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to find it."""
        return {
            "AWS_ENDPOINT_URL": f"http://{self.address}:5000",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def url(self) -> str:
        """An empty place in it."""
        return f"s3://{BUCKET}/{uuid4().hex}"

    def n_files(self, url: str, under: str = "") -> int:
        """Files that are in such a place."""
        place = self.folder / "data" / url.removeprefix("s3://") / under
        return sum(path.is_file() and ".nanio" not in str(path) for path in place.rglob("*"))

    def start(self) -> "ObjectStore":
        (self.folder / "data" / BUCKET).mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET}
        command = (
            sys.executable, "-m", "nanio", "serve", "--data-dir", str(self.folder / "data"), "--host", self.address,
            "--port", "5000", "--no-access-log", "--log-level", "error",
        )  # fmt: skip
        with (self.folder / "store.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.folder / "store.log").read_text()
            try:
                httpx.get(f"http://{self.address}:5000/", timeout=2, trust_env=False)
                return self
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError("the object store does not answer")

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
