"""The units of systemd and the Dockerfile do what they say, as far as a machine without either can show it."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from checkout import ROOT, committed
from running_server import wait_for

from noria.settings import _VARIABLES

UNITS = sorted((ROOT / "deploy").glob("*.service"))
VARIABLE = re.compile(r"\bNORIA_[A-Z_]+")
KNOWN = {f"NORIA_{name.upper()}" for name in _VARIABLES} | {"NORIA_CLIENT_ID", "NORIA_CLIENT_SECRET"}


def unit_of(path: Path) -> ConfigParser:
    unit = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(path)
    return unit


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile; each stands on one line."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    return [(word, rest) for line in lines if line and line[0] != "#" for word, rest in [line.split(" ", 1)]]


@pytest.mark.parametrize("path", [*UNITS, ROOT / "Dockerfile"], ids=lambda path: path.name)
def test_variables_are_settings(path: Path) -> None:
    named = set(VARIABLE.findall(path.read_text()))
    assert named
    assert named <= KNOWN


# --- systemd


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="a machine without systemd")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_reads_the_unit_without_a_word(path: Path, tmp_path: Path) -> None:
    here = tmp_path / path.name
    here.write_text(path.read_text().replace("/opt/noria/.venv/bin/noria", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_what_the_unit_starts_says_that_it_is_ready_and_ends_in_time(
    path: Path, tmp_path: Path, new_loopback_address: Callable[[], str]
) -> None:
    unit, address = unit_of(path), new_loopback_address()
    began = shlex.split(unit["Service"]["ExecStart"])
    assert began.pop(0) == "/opt/noria/.venv/bin/noria"
    (tmp_path / "noria.db").touch()
    server = "serve" in began
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"noria-{uuid4().hex}"
        manager.bind(f"\0{name}")
        manager.settimeout(float(unit["Service"]["TimeoutStartSec"]))
        variables = {
            "NORIA_DATA": str(tmp_path), "NORIA_HOST": address, "NORIA_ENCODER": "hashing",
            "NORIA_WORKERS": "2", "NOTIFY_SOCKET": f"@{name}",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "noria.cli", *began],
            env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            assert manager.recv(100) == b"READY=1"
            if server:
                assert httpx.get(f"http://{address}:5000/ready", trust_env=False).status_code == 200
        finally:
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=float(unit["Service"]["TimeoutStopSec"]))
    assert process.returncode == 0, said


# --- the container


def test_the_container_is_made_of_committed_files() -> None:
    files = {str(path.relative_to(ROOT)) for path in committed()}
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"]
    for _, rest in (each for each in instructions() if each[0] == "COPY"):
        for name in rest.split()[:-1]:
            assert any(file == name or file.startswith(f"{name}/") for file in files), name
            assert any(each == name or each.startswith(f"{name}/") for each in sent), f"{name} is ignored"
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = packed["project"]["requires-python"].removeprefix(">=")
    assert ("FROM", f"python:{oldest}-slim-bookworm") in instructions()


def overlays() -> bool:
    """Whether a file system can be laid over this machine's own, for the eyes of one process."""
    probe = (
        "mount -t tmpfs tmpfs /mnt && mkdir /mnt/new /mnt/work /mnt/all && "
        "mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/new,workdir=/mnt/work /mnt/all"
    )
    tried = subprocess.run(["unshare", "--mount", "sh", "-c", probe], capture_output=True)
    return tried.returncode == 0


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(not (shutil.which("unshare") and os.geteuid() == 0), reason="not root on a Linux")
def test_the_container_is_built_and_serves(tmp_path: Path, loopback_address: str) -> None:
    """Its steps one by one over this machine's own system, in place of the image that it is built upon."""
    if not overlays():
        pytest.skip("no overlays here")
    for name in ("new", "work", "all"):
        (tmp_path / name).mkdir()
    inside = tmp_path / "all"
    mounts = [
        f"mount -t overlay overlay -o lowerdir=/,upperdir={tmp_path}/new,workdir={tmp_path}/work {inside}",
        *(f"mount --rbind /{name} {inside}/{name}" for name in ("dev", "proc", "sys")),
    ]
    python = inside / Path(sys.base_prefix).relative_to("/")
    mounts += [f"chmod a+x {each}" for each in python.parents if each.is_relative_to(inside)]  # for any user
    steps, folder, user, entry, command, variables = [], "/", "root", [], [], {}
    for word, rest in instructions():
        if word == "WORKDIR":
            folder = rest
            steps.append(f"mkdir -p {inside}{folder}")
        elif word == "COPY":
            *names, target = rest.split()
            into = f"{inside}{folder}/{target}"
            for name in names:
                plain = (ROOT / name).is_file() and not target.endswith("/")
                steps.append(f"mkdir -p $(dirname {into}) {'' if plain or len(names) == 1 else into}")
                steps.append(f"cp -r {ROOT / name} {into}")
        elif word == "RUN":
            steps.append(f"chroot {inside} sh -euc {shlex.quote(f'cd {folder}; {rest}')}")
        elif word == "USER":
            user = rest
        elif word == "ENV":
            variables |= dict(each.split("=", 1) for each in rest.split())
        elif word == "ENTRYPOINT":
            entry = json.loads(rest)
        elif word == "CMD":
            command = json.loads(rest)
    given = " ".join(
        f"{name}={value}" for name, value in (variables | {"NORIA_HOST": loopback_address}).items()
    )
    serve = f"cd {folder}; export {given}; exec {shlex.join([*entry, *command])}"
    steps.append(f"exec chroot --userspec={user} {inside} sh -euc {shlex.quote(serve)}")
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", "\n".join([*mounts, *steps])],
            stdout=out, stderr=out, env=os.environ | {"HOME": "/root"},
        )  # fmt: skip
    try:
        check = next(rest for word, rest in instructions() if word == "HEALTHCHECK").partition("CMD ")[2]
        words = [each.replace("127.0.0.1", loopback_address) for each in json.loads(check)]

        def healthy() -> bool:
            assert process.poll() is None, log.read_text()[-3000:]
            return subprocess.run(words, capture_output=True).returncode == 0

        wait_for(healthy, 800, "the container's health")
    finally:
        process.terminate()
        process.wait(30)
    assert process.returncode == 0
    assert '"level": "error"' not in log.read_text()
    assert (tmp_path / "new" / "data" / "noria.db").stat().st_uid == 10001
