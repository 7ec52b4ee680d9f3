"""The lock files hold what pyproject.toml asks for."""

import re
import tomllib

from checkout import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)( ; [^\\]*)? \\$", re.MULTILINE)


def pinned(name: str) -> dict[str, set[str]]:
    """Versions by package; different ones for different Pythons may stand side by side."""
    pins: dict[str, set[str]] = {}
    for package, version, _ in PIN.findall((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")):
        pins.setdefault(package, set()).add(version)
    return pins


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def test_what_the_program_needs_is_locked() -> None:
    needed = names(
        PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["postgres"]
    )
    assert needed <= pinned("run").keys()


def test_what_the_tests_need_is_locked() -> None:
    assert names(PROJECT["dependency-groups"]["dev"]) <= pinned("dev").keys()


def test_tests_run_with_the_versions_that_users_get() -> None:
    run, dev = pinned("run"), pinned("dev")
    assert {package: dev.get(package) for package in run} == run


def test_everything_is_locked_by_hash() -> None:
    for name in ("uv", "run", "dev"):
        text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert all("--hash=sha256:" in line or PIN.match(line) for line in lines)
        assert "://" not in text
