"""What a process says of itself: our own news on stderr, the libraries' only when they warn."""

import logging


def log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("noria").setLevel(logging.INFO)
