"""`flask connection ...` and `flask keys ...`."""
import json
from collections import Counter

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts import account_by_slug, by_command
from app.kit import crypto
from app.spine.db import across_accounts, db, serve
from app.spine.sockets import SOURCES

from .models import Connection

connection = AppGroup("connection", help="Ties to vendors and their webhook addresses.")
keys = AppGroup("keys", help="The keys that seal secrets.")
BATCH = 200
ALIASES = {"secret": "webhook_secret", "signing_secret": "webhook_secret", "account_id": "external_account",
           "account": "external_account", "company_id": "external_account", "secret_key": "api_key", "token": "api_key"}


def the_account(slug: str):
    """The account with this slug, served from here on."""
    found = account_by_slug(slug)
    if found is None:
        raise click.ClickException(f"no account called {slug!r}")
    serve(found.id)
    return found


def settings_of(source: str, pairs) -> dict:
    """`name=value` pairs as settings of this source; a clear error for a name it does not have."""
    names = {setting.name for setting in SOURCES[source].settings}
    found = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        name = name if name in names else ALIASES.get(name, name)
        if not separator or name not in names:
            raise click.ClickException(f"{pair.partition('=')[0]!r}: {source} takes {', '.join(sorted(names))}")
        found[name] = value
    return found


@connection.command("add")
@click.argument("source")
@click.option("--account", "slug", required=True)
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE")
@click.option("--name", default="")
def add_connection(source, slug, pairs, name):
    """Connect a vendor and print one JSON line: id, key, webhook_path."""
    if source not in SOURCES:
        raise click.ClickException(f"no source called {source!r}; there are {', '.join(sorted(SOURCES))}")
    home = the_account(slug)
    by_command(db.session)
    made = Connection.add(source, home.id, name, **settings_of(source, pairs))
    db.session.commit()
    click.echo(json.dumps({"id": made.public_id, "key": made.key, "webhook_path": made.webhook_path}))


@connection.command("list")
@click.option("--account", "slug", required=True)
def list_connections(slug):
    """Print one JSON line per connection, without secrets."""
    the_account(slug)
    for one in db.session.scalars(select(Connection).order_by(Connection.id)):
        click.echo(json.dumps({
            "id": one.public_id, "source": one.source, "name": one.name, "state": one.state,
            "webhook_path": one.webhook_path, "external_account": one.external_account,
            "settings": sorted(one.known()), "last_delivery_at": one.last_delivery_at and
            one.last_delivery_at.isoformat()}))


def sealed_rows():
    """Batches of (row, column) over everything that is sealed, in an order that a rerun continues."""
    for model, column in crypto.SEALED:
        last = 0
        while True:
            rows = db.session.scalars(select(model).where(model.id > last, getattr(model, column) != "")
                                      .order_by(model.id).limit(BATCH)).all()
            if not rows:
                break
            last = rows[-1].id
            yield [(row, column) for row in rows]


def place_of(row, column) -> tuple[str, str, int]:
    return f"{row.__tablename__}.{column}", row.public_id, row.account_id


@keys.command("rotate")
@click.option("--dry-run", is_flag=True)
def rotate_keys(dry_run):
    """Seal everything with the newest key, a batch per transaction. Stopped half-way, a second run finishes it."""
    newest, counts = next(iter(crypto.keyring())), Counter()
    with across_accounts():
        for batch in sealed_rows():
            for row, column in batch:
                held = getattr(row, column)
                counts[crypto.key_id_of(held)] += 1
                if not dry_run:
                    setattr(row, column, crypto.rotate(held, *place_of(row, column)))
            db.session.commit()
    for key_id, count in sorted(counts.items()):
        told = "newest" if key_id == newest else "would move" if dry_run else f"moved to {newest}"
        click.echo(f"{key_id}: {count} ({told})")
    click.echo(f"{sum(counts.values())} sealed values")


@keys.command("check")
def check_keys():
    """Open every sealed value; exit 1 when one does not open, naming it and never showing it."""
    counts, broken = Counter(), 0
    with across_accounts():
        for batch in sealed_rows():
            for row, column in batch:
                try:
                    crypto.open_(getattr(row, column), *place_of(row, column))
                    counts[crypto.key_id_of(getattr(row, column))] += 1
                except crypto.CannotOpen as error:
                    broken += 1
                    click.echo(f"{row.public_id}: {error}")
            db.session.rollback()
    unused = [key_id for key_id in crypto.keyring() if not counts[key_id]]
    for key_id, count in sorted(counts.items()):
        click.echo(f"{key_id}: {count} open")
    if len(unused) and len(crypto.keyring()) > 1:
        click.echo(f"nothing is sealed with {', '.join(unused)}")
    raise SystemExit(1 if broken else 0)
