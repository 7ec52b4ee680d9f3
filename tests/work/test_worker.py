"""The worker process can be killed at any moment, and one at a time has a function."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from running_server import wait_for
from taught import Taught

from noria.learning.head import Head
from noria.settings import Settings
from noria.storage import Storage

PHASES = ("reading", "training", "publishing", "predicting")
PARENT = "import subprocess, sys, time; subprocess.Popen([*sys.argv[1:], str(__import__('os').getpid())]); time.sleep(60)"

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    """Starts a worker of ours; all are gone at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, **settings.to_environment()}
        started.append(subprocess.Popen([sys.executable, *command], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def worker(start: Start) -> "subprocess.Popen[bytes]":
    return start("-m", "noria.work.worker", str(os.getpid()))


@pytest.mark.parametrize("phase", PHASES)
def test_a_run_killed_in_any_phase_is_finished_by_the_next_worker(
    phase: str, storage: Storage, pets: Taught, start: Start
) -> None:
    pets.teach("a cat or a dog", None)
    dying = start(str(Path(__file__).with_name("dying_worker.py")), str(os.getpid()), phase)
    assert dying.wait(120) == -signal.SIGKILL
    run = storage.runs.current(pets.id)
    assert run is not None
    assert run.phase == phase

    worker(start)
    wait_for(
        lambda: pets.trained and storage.samples.unpredicted(pets.id, 1) == [], 120, "the next worker's run"
    )
    assert [version.id for version in storage.versions.all(pets.id)] == [pets.live]
    assert set(Head.from_bytes(storage.versions.head(pets.live)).label_ids) == set(pets.labels.values())
    wait_for(lambda: storage.runs.current(pets.id) is None, what="the end of the killed run")
    counts = storage.samples.counts(pets.id)
    assert counts.predicted == counts.samples == 9


def test_a_function_that_another_has_waits_for_its_turn(storage: Storage, pets: Taught, start: Start) -> None:
    assert storage.training_turns.take(pets.id)
    assert not _trained_within(pets, worker(start), 3)
    storage.training_turns.give_back(pets.id)
    wait_for(lambda: pets.trained, 120, "its turn")


def _trained_within(function: Taught, running: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Whether it trains although it should not: the more time it gets, the surer the no."""
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        return function.trained
    raise AssertionError("the worker ended")


def test_a_worker_ends_with_its_server_even_while_it_is_busy(pets: Taught, start: Start) -> None:
    parent = start("-c", PARENT, sys.executable, str(Path(__file__).with_name("busy_worker.py")))
    (child,) = wait_for(lambda: psutil.Process(parent.pid).children(), what="the worker's start")
    wait_for(lambda: pets.storage.runs.current(pets.id), 120, "a run")
    parent.kill()
    parent.wait()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 30, "the worker's end")
