"""How long to wait before a process that ended is started again."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 5.0  # what ended it may be over by then, and somebody waits
STEADY_S = 30.0  # one that lived so long had no trouble to start


class Restarts:
    """Longer after each end that came soon.

    >>> restarts = Restarts()
    >>> [restarts.wait_after(lived_s=1.0) for _ in range(5)]
    [0.5, 1.0, 2.0, 4.0, 5.0]
    >>> restarts.wait_after(lived_s=3600.0)
    0.5
    """

    def __init__(self) -> None:
        self._soon = 0

    def wait_after(self, lived_s: float) -> float:
        """Seconds."""
        self._soon = 0 if lived_s >= STEADY_S else self._soon
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**self._soon)
        self._soon += 1
        return wait_s
