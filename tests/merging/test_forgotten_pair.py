"""Somebody who was there twice, merged and then erased: nothing of either is left in any table, file, queue or log."""
from sqlalchemy import select
from structlog.testing import capture_logs

from app.merging import Merge
from app.payments import Payment
from app.people import Person, meet
from app.spine.db import db
from app.spine.facts import PersonRef
from app.spine.jobs import drain
from app.tasks import open_task
from tests.people.test_forgotten import CANARIES, everything, files, queued, quilla  # noqa: F401 - a fixture

OTHER = "zweig.the.second@elsewhere.example"
MORE = (*CANARIES, "elsewhere.example", "other-canary", "quilla.zweig@gone.example")


def test_nothing_of_either_is_left(app, account, desk, quilla):  # noqa: F811 - the fixture
    other = meet(PersonRef(email=OTHER, name="Q. Zweig", username="secondzweig"), "stripe")
    other.note("other-canary")
    open_task(other, "Write to other-canary")
    db.session.commit()
    with capture_logs() as lines:
        assert desk.post(f"/people/{quilla.public_id}/merges", data={"other": other.public_id}).status_code == 303
        assert all(canary in everything() for canary in MORE)
        assert str(lines).lower().count("zweig") == 0
        assert desk.post(f"/people/{quilla.public_id}/erasure").status_code == 303
        drain()
    held, disk = everything(), files(app)
    assert [canary for canary in MORE if canary in held] == []
    assert [canary for canary in MORE if canary.encode() in disk] == []
    assert [canary for canary in MORE if canary in queued() + str(lines).lower()] == []
    assert [payment.amount for payment in db.session.scalars(select(Payment))] == [4900, 4900]
    assert db.session.scalars(select(Merge)).all() == []
    assert all(person.erased_at for person in db.session.scalars(select(Person)))


def test_undone_before_it_leaves_nothing_behind(app, account, desk, quilla):  # noqa: F811 - the fixture
    other = meet(PersonRef(email=OTHER, name="Q. Zweig"), "stripe")
    db.session.commit()
    desk.post(f"/people/{other.public_id}/merges", data={"other": quilla.public_id})
    merge = db.session.scalar(select(Merge))
    desk.post(f"/people/{other.public_id}/merges/{merge.public_id}/removal")
    desk.post(f"/people/{quilla.public_id}/erasure")
    drain()
    held = everything()
    assert [canary for canary in ("quillabamba", *CANARIES[2:]) if canary in held] == []
    assert "elsewhere.example" in held and db.session.get(Person, other.id, populate_existing=True).email == OTHER


def test_erased_by_the_old_address_all_of_them_goes(app, account, desk, quilla):  # noqa: F811 - the fixture
    other = meet(PersonRef(email=OTHER, name="Q. Zweig"), "stripe")
    db.session.commit()
    desk.post(f"/people/{other.public_id}/merges", data={"other": quilla.public_id})
    done = app.test_cli_runner().invoke(args=["gdpr", "erase", "quilla.zweig@gone.example", "--account", "harbor"])
    assert done.exit_code == 0, done.output
    drain()
    assert [canary for canary in MORE if canary in everything()] == []
