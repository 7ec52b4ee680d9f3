"""The how-to pages run as pasted, against a server of their own."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from checkout import DOCS

from noria.cli import app

PAGES = sorted((DOCS / "how-to").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)( skip)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
NORIA = str(Path(sys.executable).with_name("noria"))


@dataclass(frozen=True)
class Served:
    url: str
    environment: dict[str, str]  # for programs that are to find this server

    def token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.environment["NORIA_CLIENT_ID"],
            "client_secret": self.environment["NORIA_CLIENT_SECRET"],
        }
        return str(httpx.post(f"{self.url}/connect/token", data=form, trust_env=False).json()["access_token"])


@pytest.fixture(scope="module")
def served(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    address, folder = new_loopback_address(), tmp_path_factory.mktemp("served")
    environment = {
        "NORIA_HOST": address,
        "NORIA_DATA": str(folder / "data"),
        "NORIA_CLIENT_ID": "client_snippets",
        "NORIA_CLIENT_SECRET": secrets.token_urlsafe(),
    }
    served = Served(f"http://{address}:5000", environment)
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen([NORIA, "serve"], env=os.environ | environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                if process.poll() is not None:
                    pytest.fail((folder / "log").read_text())
                try:
                    httpx.get(f"{served.url}/health", trust_env=False)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield served
        finally:
            process.terminate()
            process.wait(30)


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [code for kind, skipped, code in found if kind == language and not skipped]


def here(code: str, served: Served) -> str:
    """The code as a reader would paste it, with this test's server in place of the reader's."""
    return code.replace("http://localhost:5000", served.url).replace(".venv/bin/noria", NORIA)


def run_shell(code: str, served: Served, folder: Path, **variables: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=folder,
        env=os.environ | served.environment | variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "sh")], ids=lambda page: page.stem)
def test_shell_blocks_run_in_order(page: Path, served: Served, tmp_path: Path) -> None:
    function = httpx.post(
        f"{served.url}/v1/functions",
        json={"name": "mine"},
        headers={"Authorization": f"Bearer {served.token()}"},
        trust_env=False,
    ).json()["id"]
    printed = run_shell(here("\n".join(blocks(page, "sh")), served), served, tmp_path, FUNCTION=function)
    assert '"message"' not in printed  # an error of the API


def test_the_nyckel_page_runs(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    names = {
        "CLIENT_ID": served.environment["NORIA_CLIENT_ID"],
        "CLIENT_SECRET": served.environment["NORIA_CLIENT_SECRET"],
    }
    for code in blocks(DOCS / "how-to/use-the-nyckel-package.md", "python"):
        exec(here(code, served), names)
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
    named = re.findall(r"(?:^|/|`)noria ([a-z]+)\b", "\n".join(code), re.MULTILINE)
    assert set(named) <= set(app)
