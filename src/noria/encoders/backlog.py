"""How much waits for the encoders, by the time that it will take: what says early that one more would wait too long."""

from noria.records.function import Modality

LONGEST_S = (
    2.0  # that a call is expected to wait for its encoder; what would wait longer had better ask again
)
ALWAYS = 64  # calls may wait whatever they take: as many clients as one would let loose on a process
_MEMORY = 32  # samples of a kind, whose mean time is expected of the next


class Backlog:
    """Samples that are embedded or wait for it."""

    def __init__(self, threads: int, limit: int, longest_s: float = LONGEST_S) -> None:
        """limit: samples that may wait at all, however fast they are."""
        self._threads, self._limit, self._longest_s = threads, limit, longest_s
        self._took: dict[Modality, tuple[int, float]] = {}  # samples, and their mean seconds
        self._expected_s = 0.0  # of all that wait, on one thread
        self.waiting = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing may be added, however fast it is."""
        return self.waiting >= self._limit

    def enter(self, modality: Modality) -> float | None:
        """The seconds that this one is expected to take, to be handed back to `leave`; None if it must not wait here."""
        too_long = self._expected_s / self._threads > self._longest_s and self.waiting >= ALWAYS
        if too_long or self.is_full:
            return None
        expected_s = self._took.get(modality, (0, 0.0))[1]
        self._expected_s += expected_s
        self.waiting += 1
        return expected_s

    def leave(self, expected_s: float) -> None:
        """It is done, or its caller went away."""
        self.waiting -= 1
        self._expected_s = self._expected_s - expected_s if self.waiting else 0.0  # no sum of errors is left

    def took(self, modality: Modality, seconds: float) -> None:
        """What one of this kind really took, its encoder alone. From any thread."""
        n, mean_s = self._took.get(modality, (0, 0.0))
        n = min(n + 1, _MEMORY)
        self._took[modality] = n, mean_s + (seconds - mean_s) / n
