"""What only served the running goes on time; business rows never do."""
from datetime import timedelta

from sqlalchemy import func, select

from app.api.door import IdempotentCall
from app.kit.clock import real_now
from app.people import Person, meet
from app.spine import keeping
from app.spine.db import db
from app.spine.facts import PersonRef
from app.spine.jobs import Job, drain


def old(days: int):
    return real_now() - timedelta(days=days)


def test_old_rows_go_and_young_ones_stay(account, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 3)
    for days, state in ((31, "done"),) * 7 + ((29, "done"), (31, "dead"), (91, "dead")):
        db.session.add(Job(name="x", state=state, run_at=old(days), finished_at=old(days)))
    db.session.add_all([IdempotentCall(actor="a", key=str(days), digest="d", began_at=old(days)) for days in (6, 8)])
    ana = meet(PersonRef(email="ana@example.test"), "whop")
    ana.created_at = old(4000)
    db.session.commit()
    keeping.forget_old.later()
    db.session.commit()
    drain()
    left = db.session.execute(select(Job.state, func.count()).where(Job.name == "x").group_by(Job.state)).all()
    assert dict(map(tuple, left)) == {"done": 1, "dead": 1}
    assert db.session.scalars(select(IdempotentCall.key)).all() == ["6"]
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_every_term_has_words_and_days(app):
    assert all(kept.label and 0 < kept.days <= 400 for kept in keeping.KEPT) and len(keeping.KEPT) >= 6


def test_the_page_answers_a_data_question(desk):
    text = desk.get("/settings/data").text
    copies = "taken tonight" if keeping.nightly() else "host of the database"
    assert [words for words in ("Finished jobs", "after 30 days", "Erase", copies) if words not in text] == []
