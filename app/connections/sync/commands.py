"""`flask connection sync ID`: read a source here and now, with progress on stderr and the outcome as JSON."""
import json

import click

from app.accounts import by_command
from app.kit.clock import now
from app.spine.db import across_accounts, db, serve

from ..connection_commands import connection
from ..models import Connection
from .jobs import read_on
from .models import KINDS, Sync
from .reading import read


@connection.command("sync")
@click.argument("connection_id")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="What to read; by default everything.")
@click.option("--later", is_flag=True, help="Only leave the job for the worker.")
def sync_connection(connection_id, kind, later):
    """Read everything the source holds. Stopped half-way, it goes on from there; a worker takes over what rests."""
    with across_accounts():
        found = Connection.find(connection_id)
    if found is None or found.state != "on":
        raise click.ClickException(f"no connection {connection_id!r}")
    serve(found.account_id)
    by_command(db.session)
    begun = Sync.begin(db.session.merge(found), kind)
    sync_id = begun.id
    db.session.commit()
    db.session.info.pop("actor", None)           # what comes in now is the source's doing
    resume = now() if later else read(sync_id, float("inf"), _tell)
    click.echo("", err=True)
    begun = db.session.get(Sync, sync_id, populate_existing=True)
    if resume is not None and not later:
        read_on.later(sync_id, key=f"sync:{begun.connection_id}", at=resume)
    click.echo(json.dumps({
        "id": begun.public_id, "state": begun.state, "words": begun.words,
        **{name: begun.total(name) for name in ("seen", "created", "updated", "unchanged", "failed")},
        "steps": {step["name"]: step["state"] for step in begun.steps}}, ensure_ascii=False))
    db.session.commit()


def _tell(sync: Sync) -> None:
    """A line on stderr that is written over."""
    click.echo(f"\r{sync.progress:<60}", nl=False, err=True)
