"""Named places where a test may kill, fail or stall a process: `FAILPOINT=send.after_accept:kill`.

Inert unless APP_ENV=test. Every transition that touches money, sends or the inbox names one.
"""
import os
import signal
import time

POINTS: dict[str, str] = {}


class Tripped(RuntimeError):
    """A fail point set to `raise` was reached."""


def point(name: str, words: str) -> str:
    """Declare a fail point; returns its name."""
    POINTS[name] = words
    return name


def reach(name: str) -> None:
    """Do what FAILPOINT asks when it names this point: kill, raise, or sleep:SECONDS."""
    wanted = os.environ.get("FAILPOINT", "")
    if not wanted.startswith(name + ":") or os.environ.get("APP_ENV") != "test":
        return
    if name not in POINTS:
        raise KeyError(f"no fail point called {name}")
    act = wanted[len(name) + 1:]
    if act == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if act.startswith("sleep"):
        time.sleep(float(act.partition(":")[2] or 1))
    if act == "raise":
        raise Tripped(name)
