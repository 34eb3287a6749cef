"""`flask keys ...`: everything sealed moves to the newest key, while others go on reading and writing it."""
from collections import Counter

import click
from flask.cli import AppGroup
from sqlalchemy import select, update

from app.kit import crypto
from app.spine.db import across_accounts, db
from app.spine.failpoints import point, reach

keys = AppGroup("keys", help="The keys that seal secrets.")
BATCH = 200
MOVED = point("keys.before_commit", "a batch of secrets is sealed anew and not yet committed")


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


def in_use() -> Counter:
    """Key id -> how many values it seals."""
    counts = Counter()
    with across_accounts():
        for batch in sealed_rows():
            counts.update(crypto.key_id_of(getattr(row, column)) for row, column in batch)
        db.session.rollback()
    return counts


def reseal(row, column) -> bool:
    """Seal one value with the newest key, unless somebody wrote another meanwhile: theirs stays."""
    held = getattr(row, column)
    fresh = crypto.rotate(held, *place_of(row, column))
    model = type(row)
    if fresh == held:
        return True
    return db.session.execute(
        update(model).where(model.id == row.id, getattr(model, column) == held).values({column: fresh})
        .execution_options(synchronize_session=False)).rowcount == 1


@keys.command("rotate")
@click.option("--dry-run", is_flag=True)
def rotate_keys(dry_run):
    """Seal everything with the newest key, a batch per transaction. Stopped half-way, a second run finishes it."""
    newest, counts, missed = next(iter(crypto.keyring())), Counter(), 0
    with across_accounts():
        for batch in sealed_rows():
            for row, column in batch:
                counts[crypto.key_id_of(getattr(row, column))] += 1
                missed += not dry_run and not reseal(row, column)
            reach(MOVED)
            db.session.commit()
    for key_id, count in sorted(counts.items()):
        told = "newest" if key_id == newest else "would move" if dry_run else f"moved to {newest}"
        click.echo(f"{key_id}: {count} ({told})")
    if missed:
        click.echo(f"{missed} were written by others meanwhile: run it once more")
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
