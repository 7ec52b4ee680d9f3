"""Background processes end with the one that began them."""

import os
import threading
import time
from collections.abc import Callable

_LOOK_S = 0.2


def end_with(parent: int, end: Callable[[], object] = lambda: os._exit(0)) -> None:
    """From here on this process ends once its parent is gone, whatever it is doing.

    The next server needs what it has, and nothing that is left undone is half-made.
    """
    threading.Thread(target=_watch, args=(parent, end), name="parent-watch", daemon=True).start()


def _watch(parent: int, end: Callable[[], object]) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    end()
