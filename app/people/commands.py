"""`flask people ...`."""
import json

import click
from flask.cli import AppGroup

from app.accounts import account_by_slug
from app.spine.db import db, serve

from .counts import rebuild as recompute

people = AppGroup("people", help="People and the copies kept on them.")
COMMANDS = [people]


@people.command("rebuild")
@click.option("--account", "slug", required=True)
def rebuild(slug):
    """Compute again what people own: counters, last activity, search text."""
    account = account_by_slug(slug)
    if account is None:
        raise click.ClickException(f"no account called {slug!r}")
    serve(account.id)
    click.echo(json.dumps(recompute(commit=db.session.commit)))
