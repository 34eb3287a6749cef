"""`flask backup`, `flask restore` and `flask drill`."""
import json
import time
from pathlib import Path

import click

from app.spine.db import db

from . import CannotRestore, databases, manifest_of, restore, take, verify


@click.command("backup")
@click.option("--to", "place", type=click.Path(file_okay=False, path_type=Path), help="Another folder than BACKUP_DIR.")
def backup(place):
    """Copy the whole installation into one sealed file and check it by restoring it. Prints one JSON line.

    The file opens only with ENCRYPTION_KEYS (or SECRET_KEY) as they are now: keep those somewhere else.
    """
    if place:
        place.mkdir(parents=True, exist_ok=True)
    try:
        path = take(place)
    except (CannotRestore, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    tables = len(manifest_of(path)["tables"])
    click.echo(json.dumps({"file": str(path), "bytes": path.stat().st_size, "tables": tables}))


@click.command("restore")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace what is there without asking.")
def put_back(path, yes):
    """Replace everything with what a copy holds. Who was erased since stays erased. Stop web and worker first."""
    try:
        made = manifest_of(path)
        if databases.lived_in(db.engine) and not yes:
            click.confirm(f"Everything in {db.engine.url.database} gives way to the copy of {made['made_at']}. Go on?",
                          abort=True)
        manifest = restore(path)
    except (CannotRestore, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    rows = sum(counts[0] for counts in manifest["tables"].values())
    click.echo(json.dumps({"made_at": manifest["made_at"], "tables": len(manifest["tables"]), "rows": rows}))


@click.command("drill")
@click.option("--to", "place", type=click.Path(file_okay=False, path_type=Path))
def drill(place):
    """Rehearse: take a copy, restore it into a scratch database, compare, and say how long each took."""
    began = time.monotonic()
    try:
        path = take(place)
        taken = time.monotonic()
        how = verify(path)
    except (CannotRestore, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps({"file": str(path), "taken_seconds": round(taken - began, 1), "how": how,
                           "restored_seconds": round(time.monotonic() - taken, 1)}))


COMMANDS = [backup, put_back, drill]
