"""Commands of the installation: drain the jobs, look after its health."""
import shutil

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import inspect

from app.kit import crypto
from app.kit.clock import now, real_now
from app.spine import health
from app.spine.db import ANY, db, serve
from app.spine.jobs import drain
from app.spine.jobs.worker import seconds_since_beat

worker = AppGroup("worker", help="Jobs.")


@worker.command("drain")
def drain_jobs():
    """Run every due job until none is left, then exit."""
    click.echo(f"{drain(1_000_000)} jobs run")


def _settings():
    config = current_app.config
    if config["APP_ENV"] == "production" and not config["PUBLIC_URL"].startswith("https://"):
        return "", f"PUBLIC_URL is {config['PUBLIC_URL']}; set it to the https address people use"
    return f"{config['APP_ENV']}, reached at {config['PUBLIC_URL']}", None


def _keys():
    sealed = crypto.seal("doctor", "doctor.check", "1", "1")
    opened = crypto.open_(sealed, "doctor.check", "1", "1")
    return f"key {crypto.key_id_of(sealed)} opens", None if opened == "doctor" else "a sealed value did not open"


def _clock():
    if current_app.config["TIME_MACHINE"]:
        return f"time machine on, product time is {now():%Y-%m-%d %H:%M} UTC", None
    return f"{real_now():%Y-%m-%d %H:%M} UTC", None


def _database():
    db.session.execute(db.select(1))
    return db.engine.dialect.name, None


def _migrations():
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from flask_migrate import Migrate
    migrate: Migrate = current_app.extensions["migrate"].migrate
    config = migrate.get_config(current_app.extensions["migrate"].directory)
    head = ScriptDirectory.from_config(config).get_current_head()
    connection = db.session.connection()
    held = MigrationContext.configure(connection).get_current_revision()
    empty = not inspect(connection).get_table_names()
    if held != head:
        place = "nothing" if empty else held
        return "", f"the database is at {place}, the code at {head}: run flask --app wsgi db upgrade"
    return f"at {head}", None


def _disk():
    free = shutil.disk_usage(current_app.config["DATA_DIR"]).free // 2**20
    return f"{free:,} MB free", None if free > 200 else f"only {free} MB are free"


def _worker():
    serve(ANY)
    beat, lag, broker = seconds_since_beat(), health.oldest_due(), health.broker_state()
    if broker == "away":
        return "", "REDIS_URL is set and Redis does not answer; jobs wait in the database"
    if lag > 300:
        return "", f"the oldest due job has waited {lag / 60:.0f} minutes; is a worker running?"
    running = "no worker has run yet" if beat is None else f"last heard of {beat:.0f} s ago"
    return f"{running}, oldest due job {lag:.0f} s, broker {broker}", None


@click.command("doctor")
def doctor():
    """Check settings, keys, clock, migrations, disk and queue; exit 1 when something is wrong."""
    troubles = 0
    for name, words, trouble in checks():
        troubles += trouble is not None
        click.secho(f"{'red  ' if trouble else 'green'}  {name}: {trouble or words}", fg="red" if trouble else "green")
    raise SystemExit(1 if troubles else 0)


def checks():
    """(name, words, trouble or None) of everything that has to be right; a check that fails is its own trouble."""
    found = {"settings": _settings, "encryption keys": _keys, "clock": _clock, "database": _database,
             "migrations": _migrations, "disk": _disk, "worker": _worker}
    for name, check in found.items():
        try:
            words, trouble = check()
        except Exception as error:                   # a check that fails is the answer
            words, trouble = "", f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
        yield name, words, trouble


COMMANDS = [worker, doctor]
