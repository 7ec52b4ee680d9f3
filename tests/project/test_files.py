"""What must not stand in any committed file."""

import re

import pytest
from checkout import texts

# Spelled with brackets so that this file does not name what it forbids.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(wor[k]|far[m])/|/home/[a-z]|/User[s]/[a-z]",
    "the host of a package registry": r"pyp[i]\.org|pythonhoste[d]|registry\.np[m]|deb\.debia[n]",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)
