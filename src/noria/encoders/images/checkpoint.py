"""Weights out of a PyTorch checkpoint, without PyTorch and without running what a pickle asks for."""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from noria.errors import WeightsChanged
from noria.learning.arrays import FloatArray

_TYPES = {
    "FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8", "LongStorage": "<i8",
    "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip

_Storages = Callable[[str, str], np.ndarray[Any, Any]]  # by type and key


class _Tensor:
    """A tensor as the pickle tells it: where its numbers are, and how they lie."""

    def __init__(self, storage: tuple[str, str], offset: int, size: Any, stride: Any, *_: object) -> None:
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride

    def filled(self, storages: _Storages) -> np.ndarray[Any, Any]:
        numbers = storages(*self.storage)[self.offset :]
        needed = 1 + sum((n - 1) * step for n, step in zip(self.size, self.stride, strict=True))
        if min((*self.size, *self.stride), default=1) < 0 or needed > len(numbers):
            raise ValueError("a tensor reaches beyond its numbers")
        steps = [step * numbers.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(numbers, self.size, steps).copy()


def _parameter(tensor: _Tensor, *_: object) -> _Tensor:
    return tensor


class _Unpickler(pickle.Unpickler):
    """Knows ordered dictionaries, tensors and the names of number types, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
        }
        if (module, name) in allowed:
            return allowed[module, name]
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no place in weights")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        _, dtype, key, *_ = pid
        return dtype, key


def read_checkpoint(path: Path) -> dict[str, FloatArray]:
    """The tensors of a state dictionary by name, in either of PyTorch's formats: a ZIP archive or a plain stream.

    Raises WeightsChanged for what is neither, or asks for anything but tensors.
    """
    try:
        if zipfile.is_zipfile(path):
            return _from_archive(path)
        with path.open("rb") as stream:
            return _from_stream(stream)
    except (
        pickle.UnpicklingError,
        ValueError,
        KeyError,
        EOFError,
        StopIteration,
        AttributeError,
        TypeError,
    ) as cause:
        raise WeightsChanged(file=path.name, problem=str(cause)) from cause


def _from_archive(path: Path) -> dict[str, FloatArray]:
    with zipfile.ZipFile(path) as archive:
        state = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        root = state.removesuffix("data.pkl")

        def storage(dtype: str, key: str) -> np.ndarray[Any, Any]:
            return np.frombuffer(archive.read(f"{root}data/{key}"), dtype)

        return _filled(_Unpickler(io.BytesIO(archive.read(state))).load(), storage)


def _from_stream(stream: BinaryIO) -> dict[str, FloatArray]:
    for _ in range(3):  # a magic number, the protocol, the system it was written on
        _Unpickler(stream).load()
    state = _Unpickler(stream).load()
    types = {tensor.storage[1]: tensor.storage[0] for tensor in state.values() if isinstance(tensor, _Tensor)}
    storages: dict[str, np.ndarray[Any, Any]] = {}
    for key in _Unpickler(stream).load():
        dtype = np.dtype(types[key])
        length = int.from_bytes(stream.read(8), "little")
        storages[key] = np.frombuffer(stream.read(length * dtype.itemsize), dtype)
    return _filled(state, lambda _, key: storages[key])


def _filled(state: Mapping[str, object], storages: _Storages) -> dict[str, FloatArray]:
    return {name: tensor.filled(storages) for name, tensor in state.items() if isinstance(tensor, _Tensor)}
