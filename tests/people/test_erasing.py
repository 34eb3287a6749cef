"""Forgetting somebody: the name goes everywhere, the money stays."""
from datetime import UTC, datetime

from sqlalchemy import func, select

from app.connections import Connection, Delivery
from app.messaging import Message, Suppression, Template, send
from app.people import Identity, Note, Person, erase, meet
from app.spine.db import db
from app.spine.events import Event
from app.spine.facts import PaymentFact, PersonRef, absorb

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_name_goes_and_the_money_stays(account):
    ana = meet(PersonRef(email="ana@gone.test", name="Ana Gone", whop_user="user_AnaGone"), "whop")
    absorb(PaymentFact(PersonRef(email="ana@gone.test"), "pay_1", "paid", AT, AT, 4900, "USD"), "whop")
    ana.tag("VIP")
    ana.note("Ana likes mornings.")
    template = Template(name="Hi", channel="sandbox", subject="Hi {{first_name}}", body="Ana")
    shop = Connection.add("whop", account.id, webhook_secret="ws_x")
    db.session.add_all([template, Delivery(connection_id=shop.id, source="whop", external_id="m1", kind="x",
                                           body='{"email": "ana@gone.test"}')])
    db.session.flush()
    send(ana, template, dedupe_key="k")
    erase(ana)
    db.session.commit()
    assert (ana.name, ana.email, ana.search_text, ana.total_spent) == (None, None, "", 4900)
    assert ana.erased_at and db.session.scalar(Person.everyone()) is None
    for model in (Identity, Note):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0
    message = db.session.scalar(select(Message))
    assert (message.state, message.subject, message.address) == ("canceled", None, None)
    assert db.session.scalar(select(Delivery.body)) is None
    assert db.session.scalar(select(Suppression.cause)) == "erasure"
    assert set(db.session.scalars(select(Event.kind))) == {"payment.succeeded"}
    assert meet(PersonRef(email="ana@gone.test"), "whop").id != ana.id


def test_over_the_api(account, app):
    from app.accounts.sign_in import ApiToken
    ana = meet(PersonRef(email="ana@gone.test"), "whop")
    _, secret = ApiToken.make(account, "company_owner", "tests")
    db.session.commit()
    client, headers = app.test_client(), {"Authorization": f"Bearer {secret}"}
    assert client.delete(f"/api/v1/people/{ana.public_id}", headers=headers).status_code == 204
    assert client.get("/api/v1/people", headers=headers).json["data"] == []


def test_a_lead_who_joins_is_won(account):
    from app.spine.facts import MembershipFact, PersonFact, PlanRef
    who = PersonRef(email="bo@lead.test")
    absorb(PersonFact(who, AT, lead=True), "whop")
    absorb(MembershipFact(who, "mem_1", "active", AT, PlanRef("plan_1"), 4900, "USD", started_at=AT), "whop")
    assert db.session.scalar(select(Person.lead_status)) == "won"


def test_a_note_leads_nowhere_unsaid(account):
    note = meet(PersonRef(email="bo@lead.test"), "whop").note("[x](//evil.test) [y](https://fine.test)")
    assert "evil.test" not in note.html and 'href="https://fine.test"' in note.html
