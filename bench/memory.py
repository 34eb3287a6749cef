"""What the processes hold: at rest, and after everything that was measured before."""
from pathlib import Path

from .rows import Result

MOST = 120


def held(pid: int) -> list[int]:
    """Resident MB of a process and of its children, the largest first."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    status = Path(f"/proc/{pid}/status").read_text()
    mine = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) // 1024
    return sorted([mine, *(size for child in children for size in held(int(child)))], reverse=True)


def after_load(stage) -> list[Result]:
    """The largest web process and the worker, as they are now."""
    _ = stage.url
    return [Result(f"memory of {name}", size, "MB", aim=f"< {MOST} MB at rest", ok=None)
            for name, size in (("a web process", held(stage.web.pid)[0]), ("the worker", held(stage.worker.pid)[0]))]


def at_rest(stage) -> list[Result]:
    """Both, just started, in a run of their own."""
    return [Result(one.row + ", at rest", one.ours, "MB", aim=one.aim, ok=one.ours < MOST) for one in after_load(stage)]


ROWS = [after_load]
