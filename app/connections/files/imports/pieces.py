"""Files kept in the database, a packed megabyte a row: the process that takes one in may sit on another machine, or
come back on a new disk. Whoever reads one first lays a plain copy into its own data folder."""
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from sqlalchemy import delete, func, select

from app.kit.csv import LARGEST, BadFile
from app.kit.tables import plain_copy
from app.spine.db import db

from ..models import Import, Piece

SIZE = 1 << 20
TOO_LARGE = "The file is over 200 MB. Split it into smaller ones."


def room() -> Path:
    """The folder for files of this process."""
    folder = Path(current_app.config["DATA_DIR"]) / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def received(stream) -> Path:
    """A stream of bytes as a file here, at most 200 MB of it; raises BadFile."""
    with tempfile.NamedTemporaryFile(dir=room(), suffix=".part", delete=False) as file:
        path, size = Path(file.name), 0
        while piece := stream.read(SIZE):
            size += len(piece)
            if size > LARGEST:
                path.unlink()
                raise BadFile(TOO_LARGE)
            file.write(piece)
    return path


def store(one: Import, path: Path) -> None:
    """The file into the database, a short transaction for each piece. Commits."""
    import_id = one.id
    with path.open("rb") as file:
        number = 0
        while body := file.read(SIZE):
            db.session.add(Piece(import_id=import_id, name="file", number=number, body=zlib.compress(body, 1)))
            db.session.commit()
            number += 1


def pieces(one: Import, name: str) -> Iterator[bytes]:
    """The bytes of a kept file, piece by piece."""
    last = -1
    while row := db.session.execute(select(Piece.number, Piece.body).where(
            Piece.import_id == one.id, Piece.name == name, Piece.number > last).order_by(
                Piece.number).limit(1)).first():
        last = row.number
        yield zlib.decompress(row.body)


def laid_out(one: Import) -> Path:
    """A plain copy of the file in this process's folder, made when it is not there."""
    plain = room() / f"{one.public_id}.{one.table['encoding']}.csv"
    if plain.exists():
        return plain
    with tempfile.TemporaryDirectory(dir=room()) as folder:
        whole, copy = Path(folder) / "whole", Path(folder) / "plain"
        with whole.open("wb") as file:
            for body in pieces(one, "file"):
                file.write(body)
        if not whole.stat().st_size:
            raise BadFile("The file is no longer kept. Upload it again.")
        plain_copy(whole, one.shape, copy)
        shutil.move(copy, plain)
    return plain


def put_aside(one: Import, text: str) -> None:
    """Add to the file of rows that stayed out; part of the transaction."""
    last = db.session.scalar(select(func.max(Piece.number)).where(Piece.import_id == one.id, Piece.name == "refused"))
    db.session.add(Piece(import_id=one.id, name="refused", number=0 if last is None else last + 1,
                         body=zlib.compress(text.encode(), 1)))


def forget(one: Import, *names: str) -> None:
    """Let the kept files of these names go, and the copy here."""
    db.session.execute(delete(Piece).where(Piece.import_id == one.id, Piece.name.in_(names)).execution_options(
        synchronize_session=False))
    if "file" in names:
        for path in room().glob(f"{one.public_id}.*"):
            path.unlink(missing_ok=True)
