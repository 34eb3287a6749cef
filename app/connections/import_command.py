"""`flask import KIND FILE --account SLUG [--dry-run]`."""
import json
import sys
from dataclasses import asdict

import click

from app.kit.csv import BadFile

from . import importing
from .connection_commands import the_account


@click.command("import")
@click.argument("kind")
@click.argument("file", type=click.Path())
@click.option("--account", "slug", required=True, help="The account it is for.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
def import_file(kind, file, slug, dry_run):
    """Take in a CSV file; prints what became of its rows as JSON."""
    if kind not in importing.KINDS:
        raise click.ClickException(f"there is no kind {kind!r}; there are {', '.join(sorted(importing.KINDS))}")
    the_account(slug)
    try:
        done = importing.run(kind, file, dry=dry_run, progress=_tell)
    except BadFile as refused:
        click.echo(json.dumps({**asdict(importing.Import()), "errors": [{"row": 0, "reason": str(refused)}]}))
        click.echo(str(refused), err=True)
        sys.exit(1)
    click.echo("", err=True)
    click.echo(json.dumps(asdict(done), ensure_ascii=False))


def _tell(done) -> None:
    """A line on stderr that is written over."""
    click.echo(f"\r{done.rows:,} rows: {done.created:,} created, {done.updated:,} updated, "
               f"{done.unchanged:,} unchanged, {done.skipped:,} skipped", nl=False, err=True)
