"""The page of somebody with a long history, merging two of them, and taking it back."""
import json

from .load import closed
from .reads import desk
from .rows import Result
from .stage import SLUG

LONG = 5000
HISTORY = """
import json
from datetime import timedelta
from sqlalchemy import func, insert, select
from app import create_app
from app.accounts import Account
from app.kit.clock import now
from app.people import Person
from app.spine.db import across_accounts, db, serve
from app.spine.events import Event
kinds = ("activity.post", "activity.comment", "activity.message", "activity.lesson", "activity.login")
with create_app().app_context():
    with across_accounts():
        home = db.session.scalar(select(Account.id).where(Account.slug == "SLUG"))
    serve(home)
    people = db.session.scalars(Person.everyone().order_by(Person.payments_count.desc(), Person.id).limit(2)).all()
    for person in people:
        start = now() - timedelta(minutes=LONG)
        db.session.execute(insert(Event), [
            {"account_id": home, "person_id": person.id, "kind": kinds[number % 5], "source": "app", "depth": 0,
             "at": start + timedelta(minutes=number), "data": {"title": f"Thing {number}"},
             "public_id": f"evt_{person.id:010d}{number:010d}"} for number in range(LONG)])
        for number in range(10):
            person.note(f"Note {number} about **them**.")
            person.tag(f"Tag {number}")
    db.session.commit()
    print(json.dumps([person.public_id for person in people]))
"""
TOGETHER = """
import json, time
from sqlalchemy import select
from app import create_app
from app.accounts import Account
from app.merging import merge, undo
from app.people import Person
from app.spine.db import across_accounts, db, serve
with create_app().app_context():
    with across_accounts():
        home = db.session.scalar(select(Account.id).where(Account.slug == "SLUG"))
    serve(home)
    kept, gone = (Person.find(one) for one in PAIR)
    began = time.perf_counter()
    done = merge(kept, gone)
    db.session.commit()
    merged = time.perf_counter()
    undo(done)
    db.session.commit()
    print(json.dumps([merged - began, time.perf_counter() - merged]))
"""


def page(stage) -> list[Result]:
    """The whole page, its older entries, and the same over the API, at 5,000 events."""
    home = desk(stage)
    pair = json.loads(stage.python(HISTORY.replace("SLUG", SLUG).replace("LONG", str(LONG))).splitlines()[-1])
    found = []
    for name, ours in (("the page", home.page(f"/people/{pair[0]}")),
                       ("one kind of entry", home.page(f"/people/{pair[0]}?group=activity", part=True)),
                       ("API, its events", home.call(f"/people/{pair[0]}/events"))):
        timed = closed(ours, 100)
        found.append(Result(f"person with 5,000 events: {name}", timed.at(50), aim="p95 < 150 ms",
                            ok=timed.at(95) <= 150 and not timed.errors, note=f"p95 {timed.at(95):.0f} ms"))
    told = stage.python(TOGETHER.replace("SLUG", SLUG).replace("PAIR", repr(pair)))
    merged, undone = json.loads(told.splitlines()[-1])
    return [*found, Result("two of them merged", merged * 1000, aim="< 2 s", ok=merged < 2),
            Result("and parted again", undone * 1000, aim="< 2 s", ok=undone < 2)]


ROWS = [page]
