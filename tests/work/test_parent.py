"""A background process ends with the one that began it."""

import subprocess
import sys

import psutil
from running_server import wait_for

CHILD = (
    "import os, sys, time; from noria.work.parent import end_with; end_with(int(sys.argv[1])); time.sleep(60)"
)
PARENT = (
    "import os, subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1], str(os.getpid())]);"
    "print(child.pid, flush=True); time.sleep(60)"
)


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, what="the child's end")


def test_a_child_that_comes_too_late_ends_at_once() -> None:
    """The parent may be gone before the child has looked for the first time."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, "1"])
    assert child.wait(30) == 0
