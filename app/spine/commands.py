"""Commands of the installation: drain the jobs, look after its health."""
import shutil
from datetime import datetime

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import func, inspect, select

from app.kit import crypto
from app.kit.clock import now, real_now
from app.spine import config, health, keeping
from app.spine.db import ANY, db, is_postgres, serve
from app.spine.jobs import drain
from app.spine.jobs.worker import seconds_since_beat
from app.spine.keys import in_use, keys
from app.spine.slots import filled

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
    held, used = list(crypto.keyring()), in_use()
    missing = sorted(set(used) - set(held))
    if missing:
        return "", (f"{sum(used[key_id] for key_id in missing)} secrets are sealed with {', '.join(missing)}, which is "
                    "not in ENCRYPTION_KEYS: put it back behind the newest, then run flask --app wsgi keys rotate")
    return f"{sum(used.values())} secrets open, sealed with {held[0]} from now on", None


def _secret():
    weak = config.weak(current_app.config["SECRET_KEY"])
    return "SECRET_KEY is long enough", weak and f"SECRET_KEY {weak}: set it to 32 or more random characters"


def _clock():
    if is_postgres():
        apart = abs((db.session.scalar(select(func.clock_timestamp())) - real_now()).total_seconds())
        if apart > 5:
            return "", f"this machine and the database are {apart:.0f} s apart: let both follow the same time server"
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


def disk():
    free = shutil.disk_usage(current_app.config["DATA_DIR"]).free // 2**20
    return f"{free:,} MB free", None if free > 200 else f"only {free} MB are free"


def copies():
    held = keeping.last_copy()
    if not held:
        ours = "none yet; flask --app wsgi backup makes one"
        return ours if keeping.nightly() else "left to the database's host", None
    hours = (real_now() - datetime.fromisoformat(held["at"])).total_seconds() / 3600
    late = f"the last is {hours:.0f} hours old" if keeping.nightly() and hours > 50 else None
    return f"newest {held['file']}, {hours:.0f} hours ago, {held['how']}", late


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
    found = {"settings": _settings, "secret key": _secret, "database": _database, "migrations": _migrations,
             "encryption keys": _keys, "clock": _clock, "disk": disk, "worker": _worker, "backups": copies,
             **{traits["name"]: check for check, traits in filled("doctor.check")}}
    for name, check in found.items():
        try:
            words, trouble = check()
        except Exception as error:                   # a check that fails is the answer
            words, trouble = "", f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
            db.session.rollback()
        yield name, words, trouble


COMMANDS = [worker, doctor, keys]
