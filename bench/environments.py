"""Environments of their own for what is measured beside Noria, made with uv when they are first asked for."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).parent / "peers"
RUN = ROOT / "requirements" / "run.txt"  # what Noria itself runs on


def environment(
    name: str, *requirements: Path, alone: Sequence[str] = (), settings: Mapping[str, str] | None = None
) -> Path:
    """The Python of a whole environment; another one when what it is made of changes.

    alone: packages that come without what they depend on.   settings: environment variables for the installer.
    """
    digest = hashlib.sha256(
        b"".join(each.read_bytes() for each in requirements) + repr(alone).encode()
    ).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / "noria-bench" / f"{name}-{digest}"
    if not (folder / "whole").exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = [*uv, "pip", "install", "-q", "--python", str(folder / "bin" / "python")]
        for each in requirements:
            subprocess.run([*install, "-r", str(each)], check=True, env={**os.environ, **(settings or {})})
        if alone:
            subprocess.run([*install, "--no-deps", *alone], check=True)
        (folder / "whole").touch()
    return folder / "bin" / "python"
