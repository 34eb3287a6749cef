"""The dashboard over a ledger of two years, beside the four sums that it cannot do without."""
import json
import sqlite3
import statistics
import time

from .load import Request, closed, paired
from .rows import Result
from .stage import COMPANY, SLUG

LEDGER = """
import sys
from datetime import timedelta
from app import create_app
from app.accounts import Account
from app.analytics import Movement
from app.people import Person
from app.spine.db import across_accounts, db, serve
with create_app().app_context():
    with across_accounts():
        home = db.session.scalar(db.select(Account.id).where(Account.slug == sys.argv[1]))
    serve(home)
    rows = []
    def move(day, person, kind, before, after):
        rows.append(dict(account_id=home, day=day, person_id=person, kind=kind, amount=abs(after - before),
                         signed=after - before, before=before, after=after, reason="",
                         customers=(after > 0) - (before > 0), paying=(after > 0) - (before > 0)))
    for person, joined, stage in db.session.execute(db.select(Person.id, Person.joined_at, Person.stage)
                                                    .where(Person.joined_at.is_not(None))):
        day, worth = joined.date(), 49_000_000
        move(day, person, "new", 0, worth)
        if person % 3 == 0:
            move(day + timedelta(days=20), person, "expansion", worth, 2 * worth)
            worth *= 2
        if stage == "former":
            move(day + timedelta(days=40), person, "churned", worth, 0)
    rows.sort(key=lambda row: row["day"])
    for start in range(0, len(rows), 5000):
        db.session.execute(db.insert(Movement), rows[start:start + 5000])
    db.session.commit()
    print(len(rows))
"""
FOUR = ("SELECT status, count(*) FROM floor_members WHERE company_id=:home GROUP BY status",
        "SELECT count(*) FROM floor_members WHERE company_id=:home AND joined_at>='2026-10-02'",
        "SELECT plan_id, count(*), sum(total_revenue_cents) FROM floor_members WHERE company_id=:home AND "
        "status='active' GROUP BY plan_id",
        "SELECT substr(joined_at,1,7), count(*) FROM floor_members WHERE company_id=:home AND joined_at>='2025-11-01' "
        "GROUP BY 1 ORDER BY 1")


def by_hand(stage) -> float | None:
    """Median ms of the four in a process as bare as it can be; None on Postgres and without the kit."""
    if not stage.floor or stage.database:
        return None
    connection, took = sqlite3.connect(stage.folder / "floor.db"), []
    for _ in range(9):
        began = time.perf_counter()
        for one in FOUR:
            connection.execute(one, {"home": COMPANY}).fetchall()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def written(stage) -> int:
    """How many movements the ledger holds; written by the first who asks."""
    if not hasattr(stage, "movements"):
        stage.movements = int(stage.python(f"import sys; sys.argv[1:] = [{SLUG!r}]\n{LEDGER}").splitlines()[-1])
    return stage.movements


def cold(desk, person: str, asked: Request, number: int = 12) -> list[float]:
    """Ms of a look, each after a change of the account's."""
    took = []
    for turn in range(number):
        body = json.dumps({"name": f"Somebody {turn}"}).encode()
        closed(desk.call(f"/people/{person}", method="PATCH",
                         make=lambda _, body=body: ({"Content-Type": "application/json"}, body)), 1, warm=0)
        took += closed(asked, 1, warm=0).ms
    return sorted(took)


def dashboard(stage, desk) -> list[Result]:
    """The start page and the API's figures, cold (each after a write) and warm (kept)."""
    moves, four, found = written(stage), by_hand(stage), []
    person = json.loads(closed(desk.call("/people?limit=1"), 1, warm=0).answer)["data"][0]["id"]
    page, figures = desk.page("/"), desk.call("/analytics/dashboard?from=2026-10-23&to=2026-11-21")
    for name, asked, limit in (("page", page, 1000), ("API", figures, 500)):
        took = cold(desk, person, asked)
        middle = took[len(took) // 2]
        found.append(Result(f"dashboard: {name}, cold", middle, floor=four, aim=f"≤ 2, p95 < {limit} ms",
                            ok=took[-1] < limit and (four is None or middle <= 2 * four),
                            note=f"beside four sums by hand; {moves:,} movements"))
    form = closed(desk.page("/people/new"), 40).at(50)
    for name, asked, drawing in (("page", page, form), ("API", figures, 0)):
        number = 12 if drawing else 3                # the API's figures may be asked thirty times a minute
        mine, his = paired(asked, Request(stage.floor + "/hello"), number) if stage.floor else (closed(asked, 15), None)
        most = 3 * his.at(50) + drawing if his else None
        found.append(Result(f"dashboard: {name}, warm", mine.at(50), floor=his.at(50) if his else None,
                            aim="≤ 3" + (" × hello + an empty form" if drawing else ""),
                            ok=mine.at(50) <= most if most else None, note=f"form {drawing:.0f} ms" * (drawing > 0)))
    return found
