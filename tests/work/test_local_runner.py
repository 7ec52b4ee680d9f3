"""The runner keeps one worker beside the server."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest
from running_server import wait_for
from taught import Taught

from noria.settings import Settings
from noria.work import local_runner
from noria.work.local_runner import LocalRunner


@pytest.fixture
def runner(settings: Settings) -> Iterator[LocalRunner]:
    runner = LocalRunner(settings)
    runner.start()
    yield runner
    runner.close()


def test_a_killed_worker_is_started_again_and_trains(runner: LocalRunner, pets: Taught) -> None:
    first = wait_for(lambda: runner.pid, what="the worker")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: runner.pid not in (None, first), what="another worker")
    wait_for(lambda: pets.trained, 120, "training")


def test_closing_ends_the_worker(runner: LocalRunner) -> None:
    pid = wait_for(lambda: runner.pid, what="the worker")
    runner.close()
    assert runner.pid is None
    assert not psutil.pid_exists(pid)


def test_a_machine_without_room_for_a_process_is_asked_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = local_runner.subprocess.Popen
    refusals = iter([OSError("no memory")])

    def popen(*given: object, **more: object) -> object:
        for refusal in refusals:
            raise refusal
        return started(*given, **more)

    monkeypatch.setattr(local_runner.subprocess, "Popen", popen)
    runner = LocalRunner(settings)
    runner.start()
    wait_for(lambda: runner.pid, what="the second try")
    runner.close()
