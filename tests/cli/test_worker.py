"""`noria worker` trains for servers that don't, until it is told to end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from running_server import wait_for
from taught import Taught

from noria.storage import Storage, open_storage

COMMAND = [sys.executable, "-m", "noria.cli", "worker", "--data"]
ENVIRONMENT = {**os.environ, "NORIA_ENCODER": "hashing"}


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = open_storage(f"sqlite:///{tmp_path / 'noria.db'}")
    yield storage
    storage.close()


def test_it_trains_and_ends_with_all_that_it_began(storage: Storage, tmp_path: Path) -> None:
    pets = Taught.new(storage).with_pets()
    running = subprocess.Popen([*COMMAND, str(tmp_path)], env=ENVIRONMENT)
    wait_for(lambda: pets.trained, what="training")
    (child,) = psutil.Process(running.pid).children()
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0
    assert not child.is_running()


@pytest.mark.parametrize("seconds", [0, 0.0001, 0.0002, 0.0003])
def test_it_ends_when_told_as_it_begins_to_wait(seconds: float, storage: Storage, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"noria-{uuid4().hex}"
        manager.bind(f"\0{name}")
        running = subprocess.Popen([*COMMAND, str(tmp_path)], env=ENVIRONMENT | {"NOTIFY_SOCKET": f"@{name}"})
        manager.recv(100)
        time.sleep(seconds)
        running.send_signal(signal.SIGTERM)
        try:
            assert running.wait(20) == 0
        finally:
            running.kill()


def test_a_folder_without_data_is_told_and_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "mistyped"
    done = subprocess.run(
        [*COMMAND, str(folder)], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "There is no data in" in done.stderr
    assert not folder.exists()
