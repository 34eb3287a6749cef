"""Copies of the whole installation: taken while it runs, sealed, and restored once into a scratch database.

A copy is one file, `<database>-<UTC time>.rab`: a manifest (when, rows and money of every table), then SQLite's online
backup or pg_dump's archive, all under a key derived from ENCRYPTION_KEYS. Whoever loses the keys loses the copies.
Slot `backup.carry`: what must outlive a restore; each function gives a value now and takes it back afterwards.
"""
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from flask import current_app

from app.kit.clock import real_now
from app.spine.db import db
from app.spine.installation import remember
from app.spine.slots import filled

from . import databases, sealed
from .sealed import CannotRestore

SUFFIX, STAMP = ".rab", "%Y%m%dT%H%M%SZ"
DAILY, WEEKLY, MONTHLY = 7, 4, 6
log = structlog.get_logger("backup")


def folder() -> Path:
    """Where copies are kept: BACKUP_DIR, or `backups` in the data folder."""
    place = Path(current_app.config.get("BACKUP_DIR") or current_app.config["DATA_DIR"] / "backups")
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def take(place: Path | None = None) -> Path:
    """Copy everything into a new file, restore that into a scratch database, compare, and thin out older copies."""
    db.session.remove()
    url, began = db.engine.url, time.monotonic()
    place = place or folder()
    path = place / f"{Path(url.database).stem}-{real_now():{STAMP}}{SUFFIX}"
    half = path.with_suffix(".half")
    try:
        with databases.snapshot(db.engine) as (counts, pieces):
            manifest = {"made_at": real_now().isoformat(), "dialect": url.get_backend_name(), "tables": counts}
            half.touch(mode=0o600)
            with half.open("wb") as file:
                sealed.write(file, json.dumps(manifest).encode(), pieces)
        how = verify(half)
        half.rename(path)
    finally:
        half.unlink(missing_ok=True)
    thin_out(place)
    seconds = round(time.monotonic() - began, 1)
    remember("backup", {"at": real_now().isoformat(), "file": path.name, "bytes": path.stat().st_size, "how": how,
                        "seconds": seconds})
    db.session.commit()
    log.info("backup.taken", file=path.name, how=how, seconds=seconds)
    return path


def manifest_of(path: Path) -> dict:
    """What a copy says of itself; CannotRestore when it does not open."""
    try:
        with path.open("rb") as file:
            return json.loads(next(sealed.read(file)))
    except OSError as error:
        raise CannotRestore(f"{path.name}: {error}") from None


def verify(path: Path) -> str:
    """Restore a copy into a scratch database and compare rows and money with its manifest. How it was checked."""
    wanted, url = manifest_of(path)["tables"], db.engine.url
    with databases.scratch(url) as scratch:
        if scratch is None:
            for _piece in opened(path):
                pass
            return "read to the end; this database user may not make a scratch database"
        databases.load(scratch.url, opened(path))
        found = databases.counts(scratch)
    if found != wanted:
        differ = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise CannotRestore(f"the restored copy differs in {', '.join(differ)}")
    return "restored and compared"


def opened(path: Path):
    """The database's own bytes, piece by piece."""
    with path.open("rb") as file:
        pieces = sealed.read(file)
        next(pieces)
        yield from pieces


def restore(path: Path) -> dict:
    """Put a copy in the place of what is there; what must outlive it is carried over. The manifest."""
    manifest, url = manifest_of(path), db.engine.url
    if manifest["dialect"] != url.get_backend_name():
        raise CannotRestore(f"this is a copy of {manifest['dialect']}, the database here is {url.get_backend_name()}")
    for _piece in opened(path):
        pass                                     # all of it opens, or nothing is touched
    lived_in = databases.lived_in(db.engine)
    carried = [(thing, thing.now()) for thing, _traits in filled("backup.carry")] if lived_in else []
    db.session.remove()
    db.engine.dispose()
    databases.load(url, opened(path))
    if databases.counts(db.engine) != manifest["tables"]:
        raise CannotRestore("the database does not hold what the copy says; restore it again")
    from flask_migrate import upgrade
    upgrade()
    for thing, value in carried:
        thing.back(value)
    db.session.commit()
    return manifest


def thin_out(place: Path) -> list[Path]:
    """Keep the newest of seven days, four weeks and six months; what was let go."""
    copies = sorted(place.glob(f"*{SUFFIX}"), key=taken_at, reverse=True)
    kept = set()
    for many, key in ((DAILY, "%Y-%j"), (WEEKLY, "%G-%V"), (MONTHLY, "%Y-%m")):
        spans: dict[str, Path] = {}
        for path in copies:
            spans.setdefault(taken_at(path).strftime(key), path)
        kept |= set(list(spans.values())[:many])
    gone = [path for path in copies if path not in kept and real_now() - taken_at(path) > timedelta(hours=1)]
    for path in gone:
        path.unlink()
    return gone


def taken_at(path: Path) -> datetime:
    try:
        return datetime.strptime(path.stem.rpartition("-")[2], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
