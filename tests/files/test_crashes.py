"""A process that takes a file in, or back, is killed; another goes on where it stopped, and no row comes twice."""
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.kit.clock import real_now
from app.people import Person, Tagging
from app.spine.db import db, serve
from app.spine.jobs import Job, drain
from app.spine.jobs.run import reap

ROOT = Path(__file__).resolve().parents[2]
WORK = """
from app import create_app
from app.spine.jobs import drain
app = create_app()
with app.app_context():
    drain()
"""
FILE = "email,name,tags\n" + "".join(f"p{number}@x.example,P {number},Run\n" for number in range(1100))


def dies_at(app, point: str) -> None:
    environment = {**os.environ, "APP_ENV": "test", "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                   "DATA_DIR": str(app.config["DATA_DIR"]), "SECRET_KEY": app.config["SECRET_KEY"],
                   "FAILPOINT": f"{point}:kill", "PYTHONPATH": str(ROOT)}
    db.session.commit()
    died = subprocess.run([sys.executable, "-c", WORK], cwd=ROOT, env=environment, capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-600:]


def goes_on(account) -> None:
    """The lease runs out and another worker takes the job."""
    db.session.execute(update(Job).where(Job.lease_until.is_not(None)).values(
        lease_until=real_now() - timedelta(seconds=1)).execution_options(synchronize_session=False))
    db.session.commit()
    reap()
    drain()
    serve(account.id)
    db.session.expire_all()


def counted() -> tuple:
    return tuple(db.session.scalar(select(func.count()).select_from(model)) for model in (Person, Tagging))


@pytest.mark.parametrize(("point", "there"), [("import.before_commit", 0), ("import.after_commit", 500)])
def test_killed_while_taking_in(wizard, app, account, tables, point, there):
    before = tables()
    wizard.bring(FILE)
    wizard.check()
    wizard.desk.post(f"{wizard.address}/run")
    dies_at(app, point)
    assert counted() == (there, there) and wizard.one.state == "running"
    goes_on(account)
    assert wizard.one.state == "done" and counted() == (1100, 1100)
    assert wizard.one.counts == {"created": 1100, "updated": 0, "unchanged": 0, "skipped": 0}
    wizard.desk.post(f"{wizard.address}/reversal")
    dies_at(app, point)
    assert wizard.one.state == "reversing"
    goes_on(account)
    assert wizard.one.state == "reversed" and counted() == (0, 0)
    after = tables()
    assert {name: after[name] for name in before if before[name] != after[name]} == {}


def test_killed_while_trying(wizard, app, account):
    wizard.bring(FILE + "p1@x.example,Another,\nnope,,\n")
    wizard.desk.post(f"{wizard.address}/mapping", data=wizard.form())
    dies_at(app, "import.checked")
    goes_on(account)
    assert wizard.one.checked == {"created": 1100, "updated": 1, "unchanged": 0, "skipped": 1} and counted() == (0, 0)


def test_the_file_outlives_the_disk_of_the_process(wizard, app, account):
    """Web and worker may sit on machines that share no disk."""
    wizard.bring(FILE)
    wizard.desk.post(f"{wizard.address}/mapping", data=wizard.form())
    for path in (Path(app.config["DATA_DIR"]) / "imports").iterdir():
        path.unlink()
    drain()
    assert wizard.one.checked["created"] == 1100
    wizard.run()
    assert counted() == (1100, 1100) and not list((Path(app.config["DATA_DIR"]) / "imports").iterdir())
