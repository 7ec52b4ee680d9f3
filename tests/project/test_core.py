"""capture, learning and estimate decide from what they are given, and from nothing else."""

import ast
from pathlib import Path

import pytest
from checkout import SOURCE

CORE = [
    path for part in ("capture", "learning", "estimate") for path in sorted((SOURCE / part).rglob("*.py"))
]
CLOCKS = {"now", "utcnow", "today"}
ALLOWED_RANDOM = {"Generator", "default_rng"}


def impurities(code: str) -> list[str]:
    """Calls that read a clock or a file, or draw from a generator that nobody passed in.

    >>> impurities("datetime.now(UTC); np.random.rand(3); np.random.default_rng()")
    ['datetime.now', 'np.random.rand', 'np.random.default_rng']
    >>> impurities("np.random.default_rng(0).random(); rng.random()")
    []
    """
    found = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        reads_clock = "." in name and last in CLOCKS
        draws = (
            name.startswith(("np.random.", "numpy.random."))
            and "(" not in name
            and last not in ALLOWED_RANDOM
        )
        unseeded = last == "default_rng" and not node.args
        if name == "open" or reads_clock or draws or unseeded:
            found.append(name)
    return found


@pytest.mark.parametrize("module", CORE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_core_reads_no_clock_file_or_hidden_generator(module: Path) -> None:
    assert impurities(module.read_text(encoding="utf-8")) == []


def test_an_impure_call_is_found() -> None:
    assert impurities("datetime.now(UTC)") == ["datetime.now"]
    assert impurities("np.random.rand(3)") == ["np.random.rand"]
    assert impurities("np.random.default_rng()") == ["np.random.default_rng"]
    assert impurities("np.random.default_rng(0).random(); rng.random()") == []
