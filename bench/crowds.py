"""What is done with very many: two million events asked, ten thousand people tagged, a long life looked at."""
import json

from .load import Request, closed
from .reads import Desk
from .rows import Result
from .stage import SLUG

EVENTS, LONG, MANY = 2_000_000, 5_000, 10_000
SORTED = ("total_spent", "membership_status", "country")         # with an index of its own, and without
GROW = """
import json, sys, time
from datetime import timedelta
from sqlalchemy import text
from app import create_app
from app.accounts import Account
from app.kit.clock import now
from app.people import Person
from app.spine.db import across_accounts, db, is_postgres, serve
slug, events, long = json.load(sys.stdin)
with create_app().app_context():
    with across_accounts():
        home = db.session.scalar(db.select(Account.id).where(Account.slug == slug))
    serve(home)
    people = db.session.scalars(db.select(Person.id).order_by(Person.id)).all()
    kinds = ["activity.lesson", "activity.post", "activity.login", "activity.view"]
    moment = now()
    bind = db.session.connection()
    row = ("INSERT INTO events (public_id, account_id, kind, at, person_id, data, source, depth, created_at) "
           "VALUES (:public_id, :account_id, :kind, :at, :person_id, '{}', 'bench', 0, :at)")
    at = (lambda one: one) if is_postgres() else (lambda one: one.strftime("%Y-%m-%d %H:%M:%S.%f"))
    batch = []
    for n in range(events):
        batch.append({"public_id": f"evt_b{n:019d}", "account_id": home, "kind": kinds[n % 4],
                      "at": at(moment - timedelta(minutes=(n * 7919) % 1_000_000)),
                      "person_id": people[(n * 31) % len(people)]})
        if len(batch) == 20_000:
            bind.execute(text(row), batch)
            batch = []
    for n in range(long):
        batch.append({"public_id": f"evt_l{n:019d}", "account_id": home, "kind": kinds[n % 4],
                      "at": at(moment - timedelta(minutes=n * 60)), "person_id": people[0]})
    bind.execute(text(row), batch)
    db.session.commit()
    bind = db.session.connection()
    bind.execute(text("ANALYZE"))
    db.session.commit()
    print(json.dumps(db.session.get(Person, people[0]).public_id))
"""
ASK = """
import json, statistics, sys, time
from app import create_app
from app.accounts import Account
from app.kit.paging import keyset
from app.people import Person, counted, tag_all, untag_all
from app.segments import read
from app.spine.db import across_accounts, db, serve
slug, questions, many, sorts = json.load(sys.stdin)
def took(work, times=9):
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        found = work()
        spans.append((time.perf_counter() - began) * 1000)
        db.session.rollback()
    return statistics.median(spans), found
with create_app().app_context():
    with across_accounts():
        home = db.session.scalar(db.select(Account.id).where(Account.slug == slug))
    serve(home)
    told = {name: took(lambda: counted(Person.matching(tree))) for name, tree in questions.items()}
    said = "active members who joined in the last 30 days and spent over $500"
    told["read a sentence"] = took(lambda: len(read(said).parts))
    by = Person.sortable()
    for name in sorts:
        page = keyset, db.session, Person.everyone(), by[name], Person.id
        told[f"a page sorted by {name}"] = took(lambda page=page: len(page[0](*page[1:], descending=True).rows))
    told["search with a slip"] = took(lambda: len(Person.near("vktor zamra")))
    ids = db.session.scalars(db.select(Person.id).order_by(Person.id).limit(many)).all()
    for name, verb in (("tag", tag_all), ("untag", untag_all)):
        began = time.perf_counter()
        for start in range(0, len(ids), 1000):
            verb(ids[start:start + 1000], "Bench")
            db.session.commit()
        told[name] = (time.perf_counter() - began) * 1000, len(ids)
print(json.dumps(told))
"""
LESSONS = {"event": "activity.lesson", "at_least": 3}
QUESTIONS = {
    "a deed 3 times in 30 days": {"field": "events", "op": "did",
                                  "value": {**LESSONS, "within": {"n": 30, "unit": "days"}}},
    "a deed 3 times ever": {"field": "events", "op": "did", "value": LESSONS},
    "a deed not in 30 days": {"field": "events", "op": "did_not", "value": {
        "event": "activity.post", "within": {"n": 30, "unit": "days"}}},
    "any activity in 7 days": {"field": "events", "op": "did", "value": {
        "event": "activity.*", "within": {"n": 7, "unit": "days"}}},
}


def crowds(stage) -> list[Result]:
    """Two million events in one account; medians in process, the person's page over HTTP."""
    import subprocess
    import sys
    _ = stage.filled

    def told(code, given):
        done = subprocess.run([sys.executable, "-c", code], env=stage.env, text=True, capture_output=True,
                              input=json.dumps(given), check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return json.loads(done.stdout.splitlines()[-1])
    who = told(GROW, [SLUG, EVENTS, LONG])
    asked = told(ASK, [SLUG, QUESTIONS, MANY, SORTED])
    aims = {**dict.fromkeys(QUESTIONS, 300), "tag": 2000, "untag": 2000, "search with a slip": 100,
            "read a sentence": 300, **{f"a page sorted by {name}": 150 for name in SORTED}}
    found = [Result(f"crowds: {name}", ms, aim=f"< {aims[name]} ms", ok=ms < aims[name], note=f"{count:,}")
             for name, (ms, count) in asked.items()]
    desk = Desk(stage)
    page = closed(Request(f"{stage.url}/people/{who}", headers={"Cookie": desk.cookie}), 60)
    return [*found, Result(f"a person with {LONG:,} events, p95", page.at(95), aim="< 150 ms", ok=page.at(95) < 150)]


ROWS = [crowds]
