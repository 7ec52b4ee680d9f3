"""Graphs built once and kept in a folder, where each is found again only if it is whole."""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


def kept_graph(folder: Path | None, name: str, build: Callable[[], bytes]) -> bytes:
    """The graph that was kept under this name; if there is none, or it is damaged, it is built and kept.

    Without a folder it is built each time. The file's name ends with the checksum of what it must hold. A folder that
    can't be written to costs a second at each start and nothing else. Several processes may build the same at once:
    each puts a whole file in its place.
    """
    if folder is None:
        return build()
    for path in sorted(folder.glob(f"{name}-*.onnx")):
        content = _whole(path)
        if content is not None:
            return content
        log.warning("%s is damaged and is built anew", path.name)
    content = build()
    try:
        _keep(folder, f"{name}-{_digest(content)}.onnx", content)
    except OSError as problem:
        log.warning("The graph %s can't be kept in %s: %s", name, folder, problem.strerror)
    return content


def _whole(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if path.stem.endswith(f"-{_digest(content)}") else None


def _keep(folder: Path, name: str, content: bytes) -> None:
    """All of the file or none of it, also when the machine stops in the middle."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(folder / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
