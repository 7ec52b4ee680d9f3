import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from noria.encoders.images.checkpoint import read_checkpoint
from noria.errors import WeightsChanged

NUMBERS = np.arange(12, dtype=np.float32)


class Tensor:
    """Pickled as PyTorch pickles one: by the name of a function, and a storage told apart."""

    def __init__(self, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> None:
        self.told = (Storage(), offset, size, stride, False, OrderedDict())

    def __reduce__(self) -> Any:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.told


class Storage:
    pass


@pytest.fixture(autouse=True)
def names_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules of these names, so that they can be told in a pickle; the reader never imports them."""

    def _rebuild_tensor_v2() -> None:
        raise AssertionError("the reader ran it")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    kind = type("FloatStorage", (), {"__module__": "torch"})
    utils = types.ModuleType("torch._utils")
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    torch = types.ModuleType("torch")
    torch.FloatStorage, torch._utils = kind, utils  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def pickled(value: object) -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, given: object) -> object:
            if isinstance(given, Storage):
                return "storage", sys.modules["torch"].FloatStorage, "7", "cpu", 12
            return None

    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump(value)
    return stream.getvalue()


def stream_of(state: object) -> bytes:
    head = b"".join(
        pickle.dumps(each, protocol=2) for each in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    )
    keys = pickle.dumps(["7"], protocol=2)
    return head + pickled(state) + keys + struct.pack("<q", 12) + NUMBERS.tobytes()


def archive_of(state: object) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("weights/data.pkl", pickled(state))
        archive.writestr("weights/data/7", NUMBERS.tobytes())
    return stream.getvalue()


STATE = OrderedDict(
    whole=Tensor((3, 4), (4, 1)), turned=Tensor((4, 3), (1, 4)), part=Tensor((2,), (5,), 1), n="a name"
)


@pytest.mark.parametrize("write", [stream_of, archive_of])
def test_tensors_are_read_as_they_lie(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(write(STATE))
    found = read_checkpoint(path)
    assert found.keys() == {"whole", "turned", "part"}
    np.testing.assert_array_equal(found["whole"], NUMBERS.reshape(3, 4))
    np.testing.assert_array_equal(found["turned"], NUMBERS.reshape(3, 4).T)
    np.testing.assert_array_equal(found["part"], [1, 6])


class Harm:
    def __reduce__(self) -> Any:
        import os

        return os.system, ("touch /tmp/harm",)


@pytest.mark.parametrize("write", [stream_of, archive_of])
@pytest.mark.parametrize(
    "state", [OrderedDict(a=Harm()), Harm(), OrderedDict(a=slice(1))], ids=["in", "bare", "builtin"]
)
def test_nothing_but_tensors_is_made(tmp_path: Path, write: Any, state: object) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(write(state))
    with pytest.raises(WeightsChanged, match="no place in weights"):
        read_checkpoint(path)


@pytest.mark.parametrize("size", [(13,), (4, 4), (-1,), (2**40,)], ids=str)
def test_a_tensor_beyond_its_numbers_is_refused(tmp_path: Path, size: tuple[int, ...]) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(stream_of(OrderedDict(a=Tensor(size, (4, 1)[-len(size) :]))))
    with pytest.raises(WeightsChanged, match="beyond its numbers"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "content", [b"", b"not a pickle", stream_of.__name__.encode(), b"PK\x05\x06" + bytes(18)]
)
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsChanged):
        read_checkpoint(path)
