"""A disk that is full, and a database that is read-only, under load: calls are answered, the rest is told, nothing is lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from campaigns.campaign import TESTS, Campaign
from campaigns.full_disk import run
from psycopg import sql
from running_server import RunningServer

MEGABYTES = 96  # the log of the database takes up to 32
# A file system that only this command sees: no rights are needed where users may have namespaces.
_ON_A_SMALL_DISK = (
    "unshare", "--map-root-user", "--mount", "sh", "-c",
    f'mount -t tmpfs -o size={MEGABYTES}m,mode=755 noria "$1" && shift && exec "$@"', "sh",
)  # fmt: skip


def test_a_full_disk_is_told_and_all_goes_on_when_there_is_room(
    loopback_address: str, tmp_path: Path, write_down: Callable[[str], None]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    _skip_without_namespaces(disk)
    command = [*_ON_A_SMALL_DISK, str(disk), sys.executable, "-m", "campaigns.full_disk"]
    command += [loopback_address, str(disk), str(tmp_path)]
    paths = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    write_down(done.stdout.strip())


def _skip_without_namespaces(folder: Path) -> None:
    try:
        tried = subprocess.run(
            [*_ON_A_SMALL_DISK, str(folder), "true"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError as problem:  # another system than Linux
        pytest.skip(f"no file system can be mounted here: {problem}")
    if tried.returncode:
        pytest.skip(f"no file system can be mounted here: {tried.stderr.strip()}")


def test_a_read_only_database_is_told_and_all_goes_on_when_it_takes_changes(
    postgres_url: str,
    postgres_server: str,
    loopback_address: str,
    tmp_path: Path,
    write_down: Callable[[str], None],
) -> None:
    def set_read_only(value: str) -> None:
        name = postgres_url.split("/")[3].split("?")[0]
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(
                sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                    sql.Identifier(name), sql.Literal(value)
                )
            )
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )

    environment = {"NORIA_DATABASE": postgres_url}
    campaign = Campaign.begin(RunningServer(loopback_address, tmp_path / "data", environment), tmp_path)
    try:
        begin, end = lambda: set_read_only("on"), lambda: set_read_only("off")
        write_down(run(campaign, "storage_read_only", "It is read-only", begin, end))
    finally:
        campaign.close()
