"""Runs the Procfile's own lines on one machine and starts again what dies: `python -m app.spine.supervisor`."""
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTLED = 10          # seconds after which a start counts as good and the back-off begins anew


def lines() -> dict[str, str]:
    """The Procfile as name -> command."""
    pairs = (line.partition(":") for line in (ROOT / "Procfile").read_text().splitlines() if ":" in line)
    return {name.strip(): command.strip() for name, _, command in pairs}


class Process:
    """One line of the Procfile, kept alive."""

    def __init__(self, name: str, command: str, env: dict):
        self.name, self.command, self.env = name, command, env
        self.stopping, self.child = threading.Event(), None
        self.thread = threading.Thread(target=self.keep_alive, daemon=True)
        self.thread.start()

    def keep_alive(self) -> None:
        wait = 1
        while not self.stopping.is_set():
            began = time.monotonic()
            self.child = subprocess.Popen(  # noqa: S603 - our own Procfile
                ["bash", "-c", f"exec {self.command}"], cwd=ROOT, env=self.env,  # noqa: S607
                stdin=subprocess.PIPE, start_new_session=True)
            code = self.child.wait()
            if self.stopping.is_set():
                return
            wait = 1 if time.monotonic() - began > SETTLED else min(wait * 2, 30)
            print(f"{self.name} ended with {code}; starting it again in {wait} s", file=sys.stderr)
            self.stopping.wait(wait)

    def stop(self) -> None:
        self.stopping.set()
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Give it this long to finish what it has in hand."""
        if self.child is None:
            return
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)


def prepare(env: dict, empty: bool) -> str:
    """Migrate; fill an empty database with the demo. What to print: where to sign in."""
    subprocess.run(["bash", "-c", lines()["release"]], cwd=ROOT, env=env, check=True)  # noqa: S603, S607
    setup = [sys.executable, "-m", "flask", "--app", "wsgi", "setup", *(["--empty"] if empty else [])]
    return subprocess.run(setup, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def main() -> int:
    port = os.environ.setdefault("PORT", "8000")
    if not re.fullmatch(r"\d{2,5}", port):
        print(f"PORT is {port!r}; it has to be a number.", file=sys.stderr)
        return 1
    env = {**os.environ, "PARENT_PIPE": "1", "GUNICORN_CMD_ARGS":
           os.environ.get("GUNICORN_CMD_ARGS", f"--bind 127.0.0.1:{port} --log-level warning")}
    try:
        words = prepare(env, "--empty" in sys.argv[1:])
    except subprocess.CalledProcessError as error:
        print(f"Could not prepare the database ({error.returncode}). What went wrong stands above.", file=sys.stderr)
        return 1
    done = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())
    processes = [Process(name, command, env) for name, command in lines().items() if name != "release"]
    print(f"\nRevenueAngel runs on http://127.0.0.1:{port}\n{words}Ctrl-C stops it.", flush=True)
    done.wait()
    for process in processes:
        process.stop()
    for process in processes:
        process.wait(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
