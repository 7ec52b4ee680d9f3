"""`noria key` and `noria link`: ways in, made beside a running server."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from running_server import RunningServer, wait_for

Command = Callable[..., Any]


def made(done: Any) -> dict[str, str]:
    """The id and the secret that the command printed."""
    assert done.returncode == 0, done.stderr
    pair = dict(line.split("=", 1) for line in done.stdout.splitlines())
    return {"client_id": pair["NORIA_CLIENT_ID"], "client_secret": pair["NORIA_CLIENT_SECRET"]}


def token(server: RunningServer, pair: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{server.url}/connect/token", data=pair, trust_env=False)


def test_a_client_works_at_once_and_until_it_is_revoked(noria: Command, server: RunningServer) -> None:
    pair = made(noria("key", "create", "robot", "--scope", "annotate"))
    answer = token(server, pair)
    assert (answer.status_code, answer.json()["scope"]) == (200, "annotate")
    assert re.search(rf"{pair['client_id']} *│ robot *│ annotate", noria("key", "list").stdout)
    assert pair["client_secret"] not in noria("key", "list").stdout

    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert httpx.get(f"{server.url}/v1/functions", headers=bearer, trust_env=False).status_code == 200
    revoked = noria("key", "revoke", pair["client_id"].removeprefix("client_"))
    assert revoked.stdout == f"{pair['client_id']} is revoked.\n"
    wait_for(
        lambda: httpx.get(f"{server.url}/v1/functions", headers=bearer, trust_env=False).status_code == 401
    )
    assert token(server, pair).status_code == 401


def test_an_unknown_client_can_not_be_revoked(noria: Command) -> None:
    done = noria("key", "revoke", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert "noria key list" in done.stderr


def test_a_scope_that_there_is_not_is_told(noria: Command) -> None:
    done = noria("key", "create", "robot", "--scope", "everything")
    assert done.returncode != 0
    assert "annotate" in done.stdout + done.stderr


def test_a_link_signs_in_once(noria: Command, server: RunningServer) -> None:
    address = noria("link").stdout.strip()
    assert address.startswith(f"{server.url}/sign-in/")
    with httpx.Client(follow_redirects=True, trust_env=False) as browser:
        assert "sign-in" not in str(browser.get(address).url)
    with httpx.Client(follow_redirects=True, trust_env=False) as another:
        assert "sign-in" in str(another.get(address).url)


def test_a_link_to_no_data_says_where_it_looked(noria: Command, tmp_path: Path) -> None:
    done = noria("link", "--data", str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert f"no data in {tmp_path / 'nothing'}" in done.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_taken_port_is_told_with_its_way_out(server: RunningServer, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "noria.cli",
        "serve",
        "--host",
        server.address,
        "--data",
        str(tmp_path / "other"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("noria: Port 5000 is taken by another program.")
    assert "--port 5001" in done.stderr
    assert "`nyckel` package" in done.stderr
    assert "not list samples" in done.stderr
    assert not (tmp_path / "other").exists()
