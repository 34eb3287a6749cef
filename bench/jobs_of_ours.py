"""The product's queue for a comparison of queues: `enqueue(i, path)`, `drain(n)`, `start()`; see the kit's
`queue_bench.py --ours bench.jobs_of_ours`."""
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="bench-queue-"))
os.environ.update(APP_ENV="local", SECRET_KEY="a key for measuring alone")

from app import create_app
from app.spine.db import db
from app.spine.jobs import job, run

app = create_app()
app.app_context().push()
db.create_all()


@job
def write(number: int, path: str) -> None:
    """One row, as every queue in the comparison writes it."""
    import queue_bench
    queue_bench.write_row(number, path)


def enqueue(number: int, path: str) -> None:
    write.later(number, path)
    db.session.commit()


def drain(_number: int) -> None:
    while claimed := run.claim(50, "bench"):
        for job_id, attempt, _queue in claimed:
            run.run(job_id, attempt)


def start():
    code = "import bench.jobs_of_ours, worker; worker.create_app = lambda: bench.jobs_of_ours.app; worker.main()"
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
