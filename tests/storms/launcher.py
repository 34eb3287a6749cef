"""Starts web and worker quickly and often: everything is imported once, each process is a fork of it.

Reads `web` or `worker` from stdin, a line each, and says the number of the process it made. KEYED=1 makes the push
channel one of a vendor that drops doubles; its time-out is short, so that a stalled call does not last the whole test.
"""
import os
import signal
import sys
from datetime import timedelta

import gunicorn.app.base
import gunicorn.workers.gthread  # so that forks need not read it

import app
import worker
from app.adapters.whop import push
from app.kit import clock

from . import launcher_jobs  # noqa: F401 - so that the worker knows them

push.JOB_TIMEOUT = 1
push.Push.keyed = os.environ.get("KEYED") == "1"
app.create_app()                         # imports every room; the forks make their own


class Web(gunicorn.app.base.BaseApplication):
    def load_config(self):
        wanted = {"bind": f"127.0.0.1:{os.environ['PORT']}", "worker_class": "gthread", "threads": 8, "workers": 2,
                  "loglevel": "critical", "timeout": 25, "control_socket_disable": True}
        for name, value in wanted.items():
            self.cfg.set(name, value)

    def load(self):
        return app.create_app()


def skew(seconds: float) -> None:
    """This machine's clock is wrong: every module that took `real_now` along gets the wrong one."""
    right = clock.real_now
    for module in [one for name, one in sys.modules.items() if name.startswith("app.")]:
        if getattr(module, "real_now", None) is right:
            module.real_now = lambda: right() + timedelta(seconds=seconds)


def become(what: str) -> None:
    os.setsid()
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    log = os.open(f"{os.environ['DATA_DIR']}/{what}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if what == "web":
        Web().run()
    else:
        worker.main()


def main() -> None:
    skew(float(os.environ.get("SKEW") or 0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)          # the killed leave nothing behind
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                become(line.strip())
            finally:
                os._exit(0)
        print(pid, flush=True)


main()
