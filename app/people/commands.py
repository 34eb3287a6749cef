"""`flask people ...`."""
import json
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import column, select, table

from app.accounts import account_by_slug, audited, by_command
from app.spine.db import db, is_postgres, serve
from app.spine.prepared import straight
from app.spine.slots import fills

from .counts import rebuild as recompute
from .dossier import dossier, held
from .erasing import erase
from .meeting import clean, known_by
from .models import Person

people = AppGroup("people", help="People and the copies kept on them.")
gdpr = AppGroup("gdpr", help="What a person may ask for: a copy of everything, and to be forgotten.")
COMMANDS = [people, gdpr]


@fills("doctor.check", name="search")
def search():
    """Whether the database has an index of the words people are searched by."""
    catalogue, name = ("pg_indexes", "indexname") if is_postgres() else ("sqlite_master", "name")
    named = select(column(name)).select_from(table(catalogue)).where(column(name) == "people_words")
    if straight(named, {}).first():
        return "people are found by trigrams", None
    return ("people are searched row by row: this server lacks pg_trgm or btree_gin, or does not let us have them. "
            "Ask its host for both; docs/performance.md has the statement"), None


@people.command("rebuild")
@click.option("--account", "slug", required=True)
def rebuild(slug):
    """Compute again what people own: counters, last activity, search text."""
    the_account(slug)
    click.echo(json.dumps(recompute(commit=db.session.commit)))


def the_account(slug: str) -> None:
    """Serve the account with this slug from here on."""
    account = account_by_slug(slug)
    if account is None:
        raise click.ClickException(f"no account called {slug!r}")
    serve(account.id)


def the_person(slug: str, who: str) -> Person:
    """Somebody of this account, by email address or id."""
    the_account(slug)
    by_command(db.session)
    found = Person.find(who) or db.session.scalar(Person.everyone().where(Person.email == who.strip().lower())) \
        or known_by([("email", clean("email", who) or "")])
    if found is None:
        raise click.ClickException(f"nobody at {slug} is known as {who!r}")
    return found


@gdpr.command("export")
@click.argument("who")
@click.option("--account", "slug", required=True)
@click.option("--to", "path", type=click.Path(dir_okay=False, path_type=Path))
def export_person(who, slug, path):
    """Write a ZIP of everything held about WHO (email or id): JSON, CSV for each table, a README."""
    person = the_person(slug, who)
    path = path or Path(f"{person.public_id}.zip")
    path.write_bytes(dossier(person))
    audited(db.session, "export", "people", person.public_id)
    db.session.commit()
    click.echo(json.dumps({"id": person.public_id, "file": str(path)}))


@gdpr.command("erase")
@click.argument("who")
@click.option("--account", "slug", required=True)
@click.option("--dry-run", is_flag=True, help="Only say what is held.")
def erase_person(who, slug, dry_run):
    """Forget WHO (email or id) and print a receipt: rows touched, table by table. Done again, it does nothing."""
    person = the_person(slug, who)
    if dry_run:
        click.echo(json.dumps({"id": person.public_id, "held": {name: len(rows) for name, rows in
                                                                held(person).items()}}))
        return
    touched = erase(person)
    db.session.commit()
    click.echo(json.dumps({"id": person.public_id, "erased_at": person.erased_at.isoformat(), "touched": touched}))
