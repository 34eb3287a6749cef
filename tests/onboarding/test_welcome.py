"""The first quarter of an hour."""
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.connections import Connection
from app.kit.clock import now
from app.onboarding import FirstRun, insights
from app.people import Person
from app.segments import Segment
from app.spine.db import across_accounts, db
from tests.conftest import make_account

ANSWERS = {"timezone": "Europe/Lisbon", "currency": "eur", "wants": "keep"}


@pytest.fixture
def club(account):
    """Four quiet members, one who pays late, three leads."""
    ago = now() - timedelta(days=60)
    db.session.add_all(
        [Person(name=f"Quiet {n}", stage="member", membership_status="active", joined_at=ago, last_active_at=ago)
         for n in range(4)]
        + [Person(name="Late Lou", stage="member", membership_status="past_due", joined_at=ago, last_active_at=now())]
        + [Person(name=f"Lead {n}", stage="lead") for n in range(3)])
    db.session.commit()


def test_today_leads_to_the_welcome_while_nobody_is_known(desk, account):
    assert desk.get("/").location == "/welcome"
    text = desk.get("/welcome").text
    for words in ("Welcome, Olu", "Connect Whop or Stripe", "Switch on a playbook", "0 of 7 done",
                  "What matters first?", 'hx-trigger="every 3s"', "As soon as people arrive"):
        assert words in text, words


def test_three_questions_are_answered_and_samples_come(desk, account):
    for wrong, said in (({"timezone": "Moon/Base"}, "time zone from the list"), ({"currency": "x"}, "three-letter"),
                        ({"wants": ""}, "Choose what matters first")):
        refused = desk.post("/welcome/answers", data={**ANSWERS, **wrong})
        assert refused.status_code == 422 and said in refused.text
    assert desk.post("/welcome/answers", data=ANSWERS).location == "/welcome"
    db.session.refresh(account)
    assert (account.timezone, account.currency, FirstRun.of(account).wants) == ("Europe/Lisbon", "EUR", "keep")
    assert {one.name for one in db.session.scalars(select(Segment))} == {"Active Members", "At Risk", "High Value"}
    assert "1 of 7 done" in desk.get("/welcome").text
    desk.post("/welcome/answers", data={**ANSWERS, "wants": "grow"})
    assert len(db.session.scalars(select(Segment)).all()) == 3


def test_the_first_insights_stand_there_as_soon_as_people_do(desk, account, club, htmx):
    FirstRun(wants="rescue").keep(account)
    db.session.commit()
    assert [one.key for one in insights("rescue")] == ["late", "quiet", "leads"]
    assert insights("grow")[0].key == "leads"
    page = desk.get("/welcome").text
    assert "1 person pays late" in page and "4 members pay and were not seen for 30 days" in page
    part = desk.get("/welcome", headers=htmx).text
    assert "<h1>" not in part and "every 3s" not in part
    link = re.search(r'href="(/segments/new\?condition=[^"]+)"', page)[1].replace("&amp;", "&")
    shown = desk.get(link).text
    assert "Late Lou" in shown and "1 person matches" in shown
    assert desk.get("/segments/new?condition={").status_code == 400


def test_the_checklist_ticks_itself_and_can_be_put_away(desk, account, club):
    Connection.add("whop", account.id, name="Whop", webhook_secret="ws_x")
    db.session.commit()
    text = desk.get("/welcome").text
    assert "Whop is connected." in text and "2 of 7 done" in text
    assert "5 steps left to set up" in desk.get("/").text
    desk.post("/welcome/hidden")
    assert "left to set up" not in desk.get("/").text


def test_the_demo_is_there_to_look_around(desk, account):
    assert "Look around first" not in desk.get("/welcome").text and desk.post("/welcome/demo").status_code == 404
    demo = make_account("demo", name="Second Draft")
    with across_accounts():
        demo.demo = True
        db.session.commit()
    assert "Second Draft is a made-up club" in desk.get("/welcome").text
    for _ in range(2):
        assert desk.post("/welcome/demo").status_code == 303
    assert "Second Draft" in desk.get("/welcome").text


def test_who_may_only_look_is_asked_nothing(visitor_desk, account, club):
    text = visitor_desk.get("/welcome").text
    assert "What matters first?" not in text and "4 members pay" in text
    assert visitor_desk.post("/welcome/answers", data=ANSWERS).status_code == 403
    assert "left to set up" not in visitor_desk.get("/").text
