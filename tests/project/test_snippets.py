"""The how-to pages run as pasted, against a server of their own."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checkout import DOCS, SOURCE
from running_server import RunningServer

from noria.cli import app

PAGES = sorted((DOCS / "how-to").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)( skip)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
NORIA = str(Path(sys.executable).with_name("noria"))


@pytest.fixture(scope="module")
def server(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server as a reader would run it, with the real encoder."""
    encoder = {"NORIA_ENCODER": "bge-small-en-v1.5"}
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data"), encoder).start()
    yield running
    running.stop()


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [code for kind, skipped, code in found if kind == language and not skipped]


def here(code: str, server: RunningServer) -> str:
    """The code as a reader would paste it, with this test's server and checkout in place of the reader's."""
    for theirs, ours in {
        "http://localhost:5000": server.url,
        ".venv/bin/noria": NORIA,
        ".venv/bin/python": sys.executable,
        "src/noria/": f"{SOURCE}/",
    }.items():
        code = code.replace(theirs, shlex.quote(ours))
    return code


def readers_environment(server: RunningServer) -> dict[str, str]:
    """What lets the reader's programs find this test's server."""
    return {
        "NORIA_HOST": server.address,
        "NORIA_DATA": str(server.data),
        "NORIA_CLIENT_ID": server.client_id,
        "NORIA_CLIENT_SECRET": server.client_secret,
    }


def run_shell(code: str, server: RunningServer, folder: Path, **variables: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=folder,
        env=os.environ | readers_environment(server) | variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "sh")], ids=lambda page: page.stem)
def test_shell_blocks_run_in_order(page: Path, server: RunningServer, tmp_path: Path) -> None:
    with server.http() as http:
        function = http.post("/v1/functions", json={"name": "mine"}).json()["id"]
    printed = run_shell(
        here("\n".join(blocks(page, "sh")), server), server, tmp_path, FUNCTION=function, TOKEN=server.token()
    )
    assert '"message"' not in printed  # an error of the API


def test_the_nyckel_page_runs(server: RunningServer, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"CLIENT_ID": server.client_id, "CLIENT_SECRET": server.client_secret}
    for code in blocks(DOCS / "how-to/use-the-nyckel-package.md", "python"):
        exec(here(code, server), names)
    answered = capsys.readouterr().out.splitlines()[-2:]
    assert [line.split()[0] for line in answered] == ["bug", "billing"]


def test_the_rule_of_the_rule_page_can_be_given_a_share() -> None:
    from noria.capture.policy import Policy
    from noria.capture.rules import registry

    before = dict(registry._rules)
    try:
        for code in blocks(DOCS / "how-to/add-a-capture-rule.md", "python"):
            exec(code, {"__name__": "acme_rules"})
        policy = Policy.of({"Random": 0.2, "ImportantCustomer": 0.8})
        assert [rule.reason for rule, _ in policy.rules] == ["Random", "ImportantCustomer"]
    finally:
        registry._rules.clear()
        registry._rules.update(before)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_commands_named_in_a_page_exist(page: Path) -> None:
    code = re.findall(r"```.*?```|`[^`]+`", page.read_text(encoding="utf-8"), re.DOTALL)
    named = re.findall(r"(?:^|/|`)noria ([a-z-]*[a-z])\b", "\n".join(code), re.MULTILINE)
    assert set(named) <= set(app)
