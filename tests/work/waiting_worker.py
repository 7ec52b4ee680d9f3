"""The worker process, but each run waits for a file: python waiting_worker.py PARENT FOLDER.

In the folder is a file for each run that waits, `<function>.<pid>`; it goes on once there is one that is called `go`.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from noria.work import worker
from noria.work.train import Trainer

parent, folder = int(sys.argv[1]), Path(sys.argv[2])
run = Trainer._run


def waits(self: Trainer, function: Any, run_id: str) -> Any:
    here = folder / f"{function.id}.{os.getpid()}"
    here.touch()
    while not (folder / "go").exists():
        time.sleep(0.02)
    here.unlink()
    return run(self, function, run_id)


Trainer._run = waits  # type: ignore[method-assign]
worker.main(parent)
