"""How many pixels may be in decoding at once, over all threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """Lets pictures in while there is room for their pixels, in the order in which they came.

    Memory is then bounded by one number, however many threads decode: a large picture waits until others are done.
    """

    def __init__(self, n_pixels: int) -> None:
        self._left = n_pixels
        self._turn = threading.Lock()  # held by the one that waits: small ones can't pass it for ever
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, n_pixels: int) -> Iterator[None]:
        """Wait for room for so many pixels, at most all there is, and give it back at the end."""
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._left >= n_pixels)
            self._left -= n_pixels
        try:
            yield
        finally:
            with self._changed:
                self._left += n_pixels
                self._changed.notify()
