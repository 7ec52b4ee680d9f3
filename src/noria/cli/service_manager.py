"""What a service manager such as systemd is told: that the server is ready."""

import functools
import logging
import os
import socket

log = logging.getLogger("noria.serve")


@functools.cache
def say_ready() -> None:
    """Once a process, however often it is called; nothing where no manager listens. The protocol is sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            manager.sendall(b"READY=1")
    except OSError as problem:
        log.warning(
            "the service manager at NOTIFY_SOCKET can't be told that the server is ready: %s", problem
        )
