"""`noria` with a clock of the capture policy that runs ahead, so that a day is over in minutes: `-m campaigns.fast_days`.

Said of it by the environment: FAST_DAYS_BEGAN, the moment at which the clock is right, and FAST_DAYS_SPEED.
What shares the budget between processes does so more often, in proportion.
"""

import os
import sys
import time

from noria import app
from noria.cli import main
from noria.serving import capturing
from noria.storage import writer

HURRY = 10


class FastClock:
    def __init__(self, began: float, speed: float) -> None:
        self._began, self._speed = began, speed

    def time(self) -> float:
        return self._began + self._speed * (time.time() - self._began)


if __name__ == "__main__":
    capturing.time = FastClock(  # type: ignore[assignment]
        float(os.environ["FAST_DAYS_BEGAN"]), float(os.environ["FAST_DAYS_SPEED"])
    )
    app._SYNC_S /= HURRY
    writer.SUMS_EVERY_S /= HURRY
    sys.argv = ["noria", *sys.argv[sys.argv.index("noria.cli") + 1 :]]
    main()
