"""Arrays as they are stored: npz archives without pickles, read with suspicion."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from noria.errors import ModelDamaged

_DAMAGE = (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile, NotImplementedError)


@contextmanager
def stored_arrays(data: bytes) -> Iterator[Mapping[str, Any]]:
    """The arrays by name. Raises ModelDamaged for what is no such archive, and for what the block trips over in it."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            yield arrays
    except _DAMAGE as cause:
        raise ModelDamaged(problem=str(cause)) from cause
