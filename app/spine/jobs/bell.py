"""The doorbell: a commit that leaves work rings it, and the worker on this machine need not wait for its next poll.

A datagram to a socket in the data folder. Nobody listening, or another machine: polling finds the work as well.
"""
import os
import socket

from flask import current_app


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
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)

    def wait(self, seconds: float) -> None:
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(16)
            self.socket.setblocking(False)
            while True:
                self.socket.recv(16)      # one look at the table serves all rings so far
        except OSError:
            return
