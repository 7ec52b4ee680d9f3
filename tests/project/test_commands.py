"""./run makes its own environment: tried with a stand-in for Python that writes down what it is asked."""

import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import ROOT

PYTHON = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
*"sys.version_info"*) exit "${OLD_PYTHON:-0}" ;;
--version) echo Python 3.9.2 ;;
"-m venv"*)
    rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python
    for name in uv noria; do cp "$0" ".venv/bin/$name"; done ;;
"-m pip"*) exit "${NO_NETWORK:-0}" ;;
"demo"*) echo "started $*" ;;
esac
"""


TOOLS = ("sh", "dirname", "cat", "cmp", "cp", "mkdir", "rm", "sed", "touch")


class Checkout:
    """A copy of the two commands in a folder of its own, far from any registry and any other Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a clone"
        self.calls = folder / "calls"
        self.bin = folder / "bin"
        for name in ("run", "pyproject.toml"):
            self.folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)
        for name in ("scripts", "requirements"):
            shutil.copytree(ROOT / name, self.folder / name)
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
        (self.bin / "python3").write_text(PYTHON)
        (self.bin / "python3").chmod(0o755)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        return subprocess.run(
            [str(self.folder / "run"), *arguments],
            cwd="/",
            env={"PATH": str(self.bin), "CALLS": str(self.calls), **environment},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def was_asked(self, words: str) -> bool:
        return words in self.calls.read_text()


@pytest.fixture
def clone(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_start_installs_and_passes_its_arguments_on(clone: Checkout) -> None:
    started = clone.run("--port", "5001")
    assert started.stdout == "started demo --port 5001\n"
    assert clone.was_asked("-m venv")
    assert clone.was_asked("pip sync")
    assert clone.was_asked("--editable .")


def test_the_second_start_installs_nothing(clone: Checkout) -> None:
    clone.run()
    second = clone.run()
    assert clone.calls.read_text() == "demo\n"
    assert (second.stdout, second.stderr) == ("started demo\n", "")


@pytest.mark.parametrize("name", ["requirements/run.txt", "pyproject.toml"])
def test_what_changed_is_installed_into_the_same_environment(clone: Checkout, name: str) -> None:
    clone.run()
    with (clone.folder / name).open("a") as file:
        file.write("# changed\n")
    clone.run()
    assert clone.was_asked("pip sync")
    assert not clone.was_asked("-m venv")


def test_a_killed_build_is_made_anew(clone: Checkout) -> None:
    assert clone.run(NO_NETWORK="1").returncode == 1
    assert clone.run().returncode == 0
    assert clone.was_asked("-m venv --clear")


def test_a_moved_checkout_is_made_anew(clone: Checkout) -> None:
    clone.run()
    clone.folder = clone.folder.rename(clone.folder.with_name("another place"))
    clone.run()
    assert clone.was_asked("-m venv --clear")


def test_a_failing_installation_says_what_to_do(clone: Checkout) -> None:
    failed = clone.run(NO_NETWORK="1")
    assert "pip could not install uv" in failed.stderr
    assert "Is there a network?" in failed.stderr
    assert failed.stdout == ""


def test_an_old_python_is_named(clone: Checkout) -> None:
    failed = clone.run(OLD_PYTHON="1")
    assert "needs Python 3.11 or newer; here is Python 3.9.2" in failed.stderr


def test_a_python_elsewhere_can_be_named(clone: Checkout, tmp_path: Path) -> None:
    elsewhere = tmp_path / "my python"
    shutil.copy(clone.bin / "python3", elsewhere)
    (clone.bin / "python3").write_text("#!/bin/sh\nexit 1\n")
    assert clone.run(NORIA_PYTHON=str(elsewhere)).returncode == 0


def test_without_any_python_the_message_says_so(clone: Checkout) -> None:
    (clone.bin / "python3").unlink()
    failed = clone.run()
    assert failed.returncode == 1
    assert "no python3 at all" in failed.stderr
