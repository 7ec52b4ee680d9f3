"""Hostile files get the error they should, in bounded memory, and leave the next picture alone.

They are decoded in a process of its own, one after the other, so that its peak is theirs.
"""

import json
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
from hostile_images import CASES, FORMATS, Case, good

from noria.encoders.images.decoding import decoded
from noria.errors import BadImage

MOST_MEGABYTES = 1_100  # the whole process; a WebP of 50 million pixels alone takes 800, most others 200

DECODE_ALL = """
import json, pathlib, re, sys
from noria.encoders.images.decoding import decoded
from noria.errors import NoriaError

folder = pathlib.Path(sys.argv[1])
good = (folder / "good").read_bytes()
usual = decoded(good, 224).tobytes()
told = {}
for path in sorted(folder.glob("[0-9]*"), key=lambda path: int(path.name)):
    try:
        code = None if decoded(path.read_bytes(), 224).mode == "RGB" else "not RGB"
    except NoriaError as error:
        code = error.code
    told[path.name] = {"code": code, "next": decoded(good, 224).tobytes() == usual}
    # Not getrusage, which begins with what the process that started this one held.
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
    told[path.name]["megabytes"] = int(peak[1]) // 1000
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What became of each case, and the most memory up to then."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "good").write_bytes(good())
    for i, case in enumerate(CASES):
        (folder / str(i)).write_bytes(case.file)
    run = subprocess.run(
        [sys.executable, "-c", DECODE_ALL, str(folder)], capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    found = json.loads(run.stdout)
    return {case.name: found[str(i)] for i, case in enumerate(CASES)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_gets_what_it_should(case: Case, told: dict[str, dict[str, object]]) -> None:
    assert told[case.name]["code"] == case.code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_next_picture_is_decoded_as_ever(case: Case, told: dict[str, dict[str, object]]) -> None:
    assert told[case.name]["next"]


def test_memory_stays_within_its_bound(told: dict[str, dict[str, object]]) -> None:
    most = {name: outcome["megabytes"] for name, outcome in told.items()}
    assert all(isinstance(megabytes, int) and megabytes < MOST_MEGABYTES for megabytes in most.values()), most


@pytest.mark.parametrize("kind", FORMATS)
def test_changed_bytes_give_a_picture_or_a_plain_refusal(kind: str) -> None:
    rng = np.random.default_rng(7)
    file = good(kind)
    for _ in range(150):
        spoilt = bytearray(file)
        for at in rng.integers(0, min(len(file), rng.choice([40, 400, len(file)])), rng.integers(1, 5)):
            spoilt[at] = rng.integers(0, 256)
        with suppress(BadImage):
            assert decoded(bytes(spoilt), 64).mode == "RGB"
