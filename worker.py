"""The worker process of the Procfile: embedded without REDIS_URL, an RQ worker with it."""
import os
import signal
import sys
import threading

from app import create_app


def stop_with_parent() -> None:
    """The supervisor holds our stdin open; its end, even by kill -9, reads as end of file."""
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    app = create_app()
    if os.environ.get("PARENT_PIPE") == "1":
        threading.Thread(target=stop_with_parent, daemon=True).start()
    if app.config["REDIS_URL"]:
        from app.spine.jobs.broker import work
        work(app)
        return
    from app.spine.jobs.worker import Worker
    worker = Worker(app)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.start()


if __name__ == "__main__":
    main()
