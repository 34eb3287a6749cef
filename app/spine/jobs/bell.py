"""The doorbell: a commit that leaves work rings it, and the worker on this machine need not wait for its next poll.

A datagram to a socket in the data folder. Nobody listening, or another machine: polling finds the work as well.
"""
import os
import socket
import time

import structlog
from flask import current_app

log = structlog.get_logger("worker")


def _path() -> str:
    return str(current_app.config["DATA_DIR"] / "worker.bell")


def ring() -> None:
    """Wake the worker of this machine, if there is one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as caller:
        caller.setblocking(False)
        try:
            caller.sendto(b"!", _path())
        except OSError:
            return      # no listener here, or its buffer is full of rings already


class Bell:
    """The listening end. `wait(seconds)` returns early when somebody rings."""

    def __init__(self):
        path = _path()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.exists(path):
                os.unlink(path)
            self.socket.bind(path)
        except OSError as error:             # a path too long for a socket, a folder that takes none: polling it is
            self.socket.close()
            self.socket = None
            log.warning("worker.no_bell", error=str(error))

    def wait(self, seconds: float) -> None:
        if self.socket is None:
            time.sleep(seconds)
            return
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(16)
            self.socket.setblocking(False)
            while True:
                self.socket.recv(16)      # one look at the table serves all rings so far
        except OSError:
            return
