"""The worker process with a run that never ends: python busy_worker.py PARENT."""

import sys
import time

from noria.work import train, worker

train.train = lambda *_, **__: time.sleep(600)  # type: ignore[assignment]
worker.main(int(sys.argv[1]))
