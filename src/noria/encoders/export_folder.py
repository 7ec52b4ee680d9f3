"""A folder with a network in ONNX and what belongs to it, as the usual tools of export write it."""

import hashlib
import json
import mmap
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from noria.encoders.onnx_session import onnx_session
from noria.encoders.weights import sha256_of
from noria.errors import EncoderMissing, NoriaError

PREFIX = "onnx:"  # an encoder's name that begins so goes on with a folder
PATTERN = f"{PREFIX}FOLDER"

# Where a tensor's numbers lie outside the model's file, as protocol buffers write it: the key “location”, then its value
# behind a byte for its length. Read so, a model of a gigabyte need not be taken apart to know its other files.
_ELSEWHERE = re.compile(rb"\x0a\x08location\x12([\x01-\x7f])")
_MOST_WORDS = 300  # characters of another library's complaint that are passed on


class ExportFolder:
    """Files by the names that they usually have; each complaint says which one is wrong and what to do."""

    def __init__(self, folder: Path) -> None:
        """Raises EncoderMissing where there is no such folder."""
        # Not resolve: a link keeps its own name.
        self.path = Path(os.path.abspath(os.path.expanduser(folder)))
        self.name = f"{PREFIX}{self.path.name}"
        if not self.path.is_dir():
            raise EncoderMissing(
                "There is no such folder. Name one with an exported network, by its whole path.",
                folder=self.path,
            )

    def file(self, *names: str) -> Path:
        """The first of these that is there. Raises EncoderMissing if none is."""
        for name in names:
            if (found := self.path / name).is_file():
                return found
        raise EncoderMissing(
            "The folder lacks a file. Export the model again, or copy the file from where the model is from.",
            folder=self.name,
            file=" or ".join(names),
        )

    def settings(self, name: str) -> dict[str, Any]:
        """What a file of JSON holds, nothing where there is no such file. Raises EncoderMissing unless that is an object."""
        found = self._json(name, dict)
        return {} if found is None else dict(found)

    def entries(self, name: str) -> list[Any]:
        """The same for a file that holds a list."""
        found = self._json(name, list)
        return [] if found is None else list(found)

    def _json(self, name: str, kind: type) -> Any:
        path = self.path / name
        if not path.is_file():
            return None
        with self.complaints(f"{name} can't be read. Copy it again."):
            found = json.loads(path.read_bytes())
        if not isinstance(found, kind):
            raise EncoderMissing(
                f"{name} is not what it should be. Copy it again from where the model is from.",
                folder=self.name,
            )
        return found

    def session(self, model: Path) -> Any:
        """The network, ready to run. Raises EncoderMissing for a file that is none, or whose weights are not beside it."""
        _weights_beside(model)  # for its words: ONNX Runtime's say less
        with self.complaints("The network can't be loaded. Export it again, all of its files in one folder."):
            return onnx_session(model)

    @contextmanager
    def complaints(self, sentence: str) -> Iterator[None]:
        """Whatever another library raises inside becomes EncoderMissing with this sentence."""
        try:
            yield
        except NoriaError:
            raise
        except Exception as cause:
            # Whoever calls the API reads this too, and need not know where on the machine things lie.
            problem = " ".join(str(cause).replace(f"{self.path}{os.sep}", "").split())[:_MOST_WORDS]
            raise EncoderMissing(sentence, folder=self.name, problem=problem) from cause

    def checksum(self, recipe: str, model: Path, *others: Path) -> str:
        """sha256 over what is done, the network, its weights wherever they lie, and these files."""
        files = [model, *_weights_beside(model), *others]
        said = [recipe, *(sha256_of(file) for file in files)]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _weights_beside(model: Path) -> list[Path]:
    """The files that hold weights of this model outside of its own file, each once, by name.

    Raises EncoderMissing for one that is missing or lies outside the model's folder.
    """
    with model.open("rb") as stream:
        if not os.fstat(stream.fileno()).st_size:
            return []  # which can't be mapped; loading says that it is no network
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            names = {
                content[found.end() : found.end() + found[1][0]].decode("utf-8", "replace")
                for found in _ELSEWHERE.finditer(content)
            }
    files = [model.parent / name for name in sorted(names)]
    for file in files:
        if not file.is_file() or model.parent not in Path(os.path.abspath(file)).parents:
            raise EncoderMissing(
                "A part of the network's weights is not beside it. Copy that file to where the network is.",
                network=model.name,
                lacks=file.name,
            )
    return files
