"""The worker process, but killed when a run reaches a phase: python dying_worker.py PARENT PHASE."""

import os
import signal
import sys

from noria.work import worker
from noria.work.train import Trainer

parent, last_phase = int(sys.argv[1]), sys.argv[2]
go_on = Trainer._phase


def phase(self: Trainer, run_id: str, name: str, done: int) -> None:
    go_on(self, run_id, name, done)
    if name == last_phase:
        os.kill(os.getpid(), signal.SIGKILL)


Trainer._phase = phase  # type: ignore[method-assign]
worker.main(parent)
