"""One command starts everything, what dies is started again, and one signal stops it all."""
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.wire import free_port, until

ROOT = Path(__file__).parents[2]


def children(pid: int) -> dict[int, str]:
    """Process id -> command line of everything below a process."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    found, parents = {}, {pid}
    for _ in range(4):
        for child, parent, *command in rows:
            if int(parent) in parents:
                found[int(child)] = command[0] if command else ""
                parents.add(int(child))
    return found


@pytest.mark.skipif(bool(os.environ.get("TEST_DATABASE_URL")), reason="the bare machine has SQLite")
def test_it_starts_keeps_alive_and_stops(tmp_path):
    here = free_port()
    env = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(here), "WEB_CONCURRENCY": "1", "APP_ENV": "local",
           "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DATABASE_URL": "", "REDIS_URL": ""}
    boss = subprocess.Popen([sys.executable, "-m", "app.spine.supervisor", "--empty"], cwd=ROOT, env=env,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def health():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{here}/health", timeout=5) as answer:
                return json.loads(answer.read())
        except OSError:
            return None

    def worker():
        return next((pid for pid, command in children(boss.pid).items() if "worker.py" in command), None)

    try:
        until(lambda: (health() or {}).get("worker", {}).get("alive"), "the worker is alive")
        first = worker()
        os.kill(first, signal.SIGKILL)
        second = until(lambda: worker() not in (None, first) and worker(), "another worker took its place")
        assert second != first
    finally:
        below = children(boss.pid)
        boss.send_signal(signal.SIGTERM)
        said, _ = boss.communicate(timeout=40)
    assert f"http://127.0.0.1:{here}" in said and "account create" in said
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "all of it has ended", 20)
