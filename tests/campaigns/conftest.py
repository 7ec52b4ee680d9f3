"""What the campaigns share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPORT = "NORIA_TEST_REPORT"  # the file that what was measured is added to, if it names one


@pytest.fixture
def write_down() -> Callable[[str], None]:
    """Keeps a line of what was measured."""

    def write_down(line: str) -> None:
        print(line)
        if given := os.environ.get(REPORT):
            with Path(given).open("a") as out:
                out.write(f"- {line}\n")

    return write_down
