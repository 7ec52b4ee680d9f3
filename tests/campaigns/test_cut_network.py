"""The network between a server and its database is cut, silently: calls are answered, nothing is lost or trained twice."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from campaigns.campaign import TESTS

# Who is nobody in particular may have a network of their own as well, where that is allowed.
_IN_A_NETWORK_OF_ITS_OWN = (
    ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-current-user", "--keep-caps", "--net")
)
_CABLE = "ip link add here type veth peer name there"


@pytest.mark.timeout(900)
def test_calls_go_on_and_nothing_is_lost_while_the_network_is_cut(
    tmp_path: Path, write_down: Callable[[str], None]
) -> None:
    _skip_without_namespaces()
    command = [*_IN_A_NETWORK_OF_ITS_OWN, sys.executable, "-m", "campaigns.cut_network", str(tmp_path)]
    paths = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    write_down(done.stdout.strip())


def _skip_without_namespaces() -> None:
    try:
        command = [*_IN_A_NETWORK_OF_ITS_OWN, "sh", "-c", _CABLE]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as problem:  # another system than Linux
        pytest.skip(f"no network can be made here: {problem}")
    if tried.returncode:
        pytest.skip(f"no network can be made here: {tried.stderr.strip()}")
