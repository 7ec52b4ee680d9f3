"""The page on the command line has every command and every option."""

import re

import pytest
from checkout import DOCS
from cyclopts import App
from cyclopts.argument import Argument

from noria.cli import app

PAGE = (DOCS / "reference/command-line.md").read_text(encoding="utf-8")
COMMANDS = [name for name in app if not name.startswith("-")]
SHARED = PAGE.partition("\n## ")[0]


def section(command: str) -> str:
    found = re.search(rf"^## noria {command}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def arguments(command: App) -> list[Argument]:
    inner = [name for name in command if not name.startswith("-")]
    if inner:
        return [argument for name in inner for argument in arguments(command[name])]
    found = command.assemble_argument_collection(parse_docstring=True)
    return [argument for argument in found if argument.name != "*"]  # a group, whose members are listed too


def options(command: App) -> set[str]:
    """Names of the options: a switch is named by what changes its default."""
    found = set()
    for argument in arguments(command):
        if argument.parameter.required or argument.field_info.kind.name.startswith("POSITIONAL"):
            continue
        name, *others = argument.names
        found.add(others[0] if others and argument.field_info.default is True else name)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_section(command: str) -> None:
    assert section(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_option_stands_in_its_section(command: str) -> None:
    documented = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", section(command)))
    assert options(app[command]) == documented


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_says_what_each_option_means(command: str) -> None:
    optional = [a for a in arguments(app[command]) if not a.parameter.required]
    assert [a.name for a in optional if not a.parameter.help] == []


def test_options_of_several_commands_are_told_once() -> None:
    assert {"--host", "--port", "--data", "--url"} <= set(re.findall(r"`(--[a-z]+)`", SHARED))
