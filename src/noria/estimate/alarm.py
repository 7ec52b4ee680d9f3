"""Hysteresis: an alarm that is raised once, stays while it must, and is cleared once."""

from dataclasses import dataclass
from enum import Enum

CALM_LOOKS = 6  # in a row, before it is cleared


class Look(Enum):
    """What one look at a figure says."""

    HIGH = "high"  # clearly wrong
    BETWEEN = "between"  # neither; an alarm stays as it is
    LOW = "low"  # clearly right
    UNKNOWN = "unknown"  # can't be told now; as if nobody had looked


@dataclass(frozen=True, slots=True)
class Alarm:
    """Raised or not, and how many looks in a row were calm."""

    raised: bool = False
    calm: int = 0

    def after(self, look: Look) -> "Alarm":
        """The alarm after one more look.

        >>> Alarm().after(Look.HIGH).after(Look.LOW).after(Look.BETWEEN)
        Alarm(raised=True, calm=0)
        """
        if look is Look.UNKNOWN:
            return self
        if look is Look.HIGH:
            return Alarm(raised=True)
        calm = self.calm + 1 if self.raised and look is Look.LOW else 0
        return Alarm() if calm >= CALM_LOOKS else Alarm(self.raised, calm)
