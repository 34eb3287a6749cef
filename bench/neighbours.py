"""One company among twenty: the same questions before and after a million others move in (`--big`, SQLite)."""
import sqlite3

from .load import Request, paired
from .rows import Result

OTHERS, APART = 19, 1 << 24          # companies that move in, and how far apart their ids are
APARTS = {"accounts": (), "tags": ("id",), "people": ("id",), "taggings": ("id", "person_id", "tag_id")}


def copy(connection, table: str, home: int, number: int) -> None:
    """The rows of one account once more, for the account `number` after it."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    mine = "id" if table == "accounts" else "account_id"
    told = {name: f"{name} + {number * APART}" for name in APARTS[table]} | {mine: f"{mine} + {number}"}
    told |= {name: f"{name} || '-{number}'" for name in ("public_id", "slug") if name in columns} | {"tagged": "','"}
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) "
                       f"SELECT {', '.join(told.get(name, name) for name in columns)} FROM {table} WHERE {mine} = ?",
                       [home])


def move_in(stage) -> None:
    """Nineteen companies of as many people, written without the product."""
    connection = sqlite3.connect(stage.folder / "ours.db", timeout=60)
    [home] = connection.execute("SELECT min(account_id) FROM people").fetchone()
    for number in range(1, OTHERS + 1):
        with connection:
            for table in APARTS:
                copy(connection, table, home, number)
    connection.close()


def neighbours(stage, asked: dict[str, Request]) -> list[Result]:
    """Each request alone and in company, both beside the floor's hello, whose change is taken out."""
    if not stage.big or stage.database or not stage.floor:
        return []
    hello = Request(stage.floor + "/hello")
    alone = {name: paired(one, hello, 12) for name, one in asked.items()}
    move_in(stage)
    found = []
    for name, one in asked.items():
        ours, floor = paired(one, hello, 12)
        before, calm = alone[name]
        was = before.at(50) * max(1.0, floor.at(50) / calm.at(50))
        found.append(Result(f"among {OTHERS} companies as large: {name}", ours.at(50), floor=was, aim="≤ 1.5",
                            ok=ours.at(50) <= 1.5 * was, note="beside the same company alone"))
    return found
