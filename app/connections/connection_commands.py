"""`flask connection ...`."""
import json

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.accounts import account_by_slug, by_command
from app.spine.db import db, serve
from app.spine.sockets import SOURCES

from .models import Connection

connection = AppGroup("connection", help="Ties to vendors and their webhook addresses.")
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
