"""The screens of playbooks: every door, as a page and as a part; editing round trips."""
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.automations import Automation, Enrollment, install
from app.kit.clock import frozen
from app.messaging import Message
from app.spine.db import db
from app.spine.events import record
from app.spine.jobs import drain

START = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forward():
    with frozen(START) as forward:
        yield forward


@pytest.fixture
def rescue(playbook, ana):
    """Rescue, running, with Ana waiting in it."""
    automation = playbook()
    record("payment.failed", ana, key="k1", source="payments", payment="pay_1", money="$49.00", why="no money")
    db.session.commit()
    drain()
    return automation


def there(automation):
    return f"/playbooks/{automation.public_id}"


def step_ids(automation):
    return [step["id"] for step in automation.working["steps"]]


def inside():
    return db.session.scalar(select(Enrollment))


def test_every_room_opens_for_a_reader_and_an_owner(desk, visitor_desk, rescue, ana):
    install_everything(rescue)
    enrollment = inside()
    pages = ["", "/enrollments", "/enrollments?tab=inside", f"/enrollments/{enrollment.public_id}", "/versions",
             f"/why/{ana.public_id}", "/rehearsal", "/steps/hour", "/steps/mail"]
    for path in pages:
        for browser in (desk, visitor_desk):
            answer = browser.get(there(rescue) + path)
            assert answer.status_code == 200 and rescue.name.encode() in answer.data, path
    for path in ("/start", "/ending", "/settings", "/steps/new", "/steps/new?do=wait", "/steps/new?do=branch",
                 "/steps/new?do=send", "/steps/new?do=add_tag", "/steps/new?do=add_note&place=after:hour",
                 "/activation"):
        assert desk.get(there(rescue) + path).status_code == 200, path
        assert visitor_desk.get(there(rescue) + path).status_code == 403, path
    for path in ("", "?tab=rules", "?tab=away", "/new", "/rules/new", "/rules/new?from=churned"):
        assert desk.get(f"/playbooks{path}").status_code == 200, path


def install_everything(automation):
    from app.accounts import current_account
    install(current_account())
    db.session.commit()


def test_the_list_tells_rules_from_playbooks_and_shows_numbers(desk, rescue):
    shown = desk.get("/playbooks").text
    assert "Rescue" in shown and "Payment failed" in shown and 'role="switch"' in shown
    assert "Rescue" not in desk.get("/playbooks?tab=rules").text


def test_other_rooms_tell_what_a_playbook_brought(desk, rescue, monkeypatch):
    from app.spine import slots
    monkeypatch.setitem(slots._slots, "playbook.figures", [])
    slots.fills("playbook.figures")(lambda automation: [{"label": "Recovered", "value": f"$7 by {automation.name}"}])
    for path in ("/playbooks", there(rescue)):
        assert "$7 by Rescue" in desk.get(path).text


def test_a_test_goes_to_oneself_only(desk, rescue):
    form = desk.get(f"{there(rescue)}/steps/mail").text
    address = re.search(r'action="(/[^"]+/tests)"', form)[1]
    assert desk.post(address).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_nothing_yet_offers_the_next_step(desk):
    assert "No playbook yet" in desk.get("/playbooks").text
    assert "Ready made" in desk.get("/playbooks?tab=rules").text


def test_parts_answer_htmx(desk, rescue, ana, htmx):
    part = desk.get(f"{there(rescue)}/enrollments", headers=htmx).text
    assert "<html" not in part and "Ana Silva" in part
    part = desk.get(f"{there(rescue)}/why/{ana.public_id}", headers=htmx).text
    assert "<html" not in part and "Ana Silva entered" in part
    part = desk.post(f"{there(rescue)}/activation/removal", headers=htmx).text
    assert "<html" not in part and "Off" in part and f"{there(rescue)}/activation\"" in part


@pytest.mark.parametrize("more, whole", [({}, False), ({"redraw": "1"}, True), ({"add": "c"}, True)])
def test_the_builder_answers_while_it_is_used(desk, ana, bo, htmx, more, whole):
    line = {"c.match": "all", "c.0.field": "stage", "c.0.op": "is", "c.0.value": "member"}
    part = desk.post("/playbooks/conditions", headers=htmx, data={**line, **more}).text
    assert "<html" not in part and "1 person matches" in part and "Stage is Member" in part
    assert ('id="builder"' in part) is whole and ('name="c.1.field"' in part) is ("add" in more)
    wrong = desk.post("/playbooks/conditions", headers=htmx, data={**line, "c.0.field": "total_spent",
                                                                   "c.0.op": "gte", "c.0.value": "much"}).text
    assert "not a number" in wrong and "matches" not in wrong
    assert db.session.scalar(select(func.count()).select_from(Automation)) == 0


def test_the_first_switch_on_is_confirmed_with_what_it_will_do(desk, ana, letter):
    ana.joined_at = START - timedelta(days=20)
    plan = {"trigger": {"kind": "tenure.reached", "days": 14}, "steps": [
        {"id": "day", "do": "wait", "seconds": 86400}, {"id": "mail", "do": "send", "template": letter.public_id}]}
    automation = Automation.make("Fortnight", "upsell", plan, hold_out=10)
    db.session.commit()
    asked = desk.post(f"{there(automation)}/activation")
    assert asked.status_code == 303 and asked.location.endswith("/activation")
    shown = desk.get(asked.location).text
    assert "Nobody has been messaged yet" in shown and "1 person enters" in shown and "10%" in shown
    assert "Hello" in shown and "24 hours after entering" in shown
    assert not db.session.get(Automation, automation.id).on
    assert desk.post(f"{there(automation)}/activation", data={"sure": "1"}).status_code == 303
    assert automation.on and automation.launched_at == START
    desk.post(f"{there(automation)}/activation/removal")
    assert not automation.on
    desk.post(f"{there(automation)}/activation")
    assert automation.on


def test_a_playbook_from_nothing_to_running(desk, letter, htmx):
    made = desk.post("/playbooks", data={"start": "blank", "name": "Welcome", "when": "membership.activated"})
    automation = db.session.scalar(select(Automation))
    assert made.status_code == 303 and automation.name == "Welcome" and automation.version.number == 0
    assert automation.hold_out == 10 and not automation.on
    refused = desk.post(f"{there(automation)}/activation", data={"sure": "1"})
    assert refused.status_code == 422 and "at least one step" in refused.text
    desk.post(f"{there(automation)}/steps", data={"do": "wait", "number": "2", "unit": "hours", "since": "entry"})
    desk.post(f"{there(automation)}/steps", data={"do": "send", "template": letter.public_id, "on_failure": "exit"})
    desk.post(f"{there(automation)}/steps", data={"do": "add_tag", "tag": " Greeted  well "})
    assert [step["do"] for step in automation.draft["steps"]] == ["wait", "send", "add_tag"]
    assert automation.draft["steps"][0] | {"id": ""} == {"id": "", "do": "wait", "seconds": 7200, "since": "entry"}
    assert automation.draft["steps"][1]["on_failure"] == "exit"
    assert automation.draft["steps"][2]["tag"] == "Greeted well"
    assert "Publish version 1" in desk.get(f"{there(automation)}/publication").text
    assert desk.post(f"{there(automation)}/publication").status_code == 303
    assert automation.version.number == 1 and automation.draft is None and len(automation.plan.nodes) == 3
    assert desk.post(f"{there(automation)}/activation", headers=htmx).headers["HX-Redirect"].endswith("/activation")
    assert 'role="switch"' in desk.post(f"{there(automation)}/activation", data={"sure": "1"}, headers=htmx).text
    assert automation.on


@pytest.mark.parametrize("start, kind", [("first_purchase", "nurture"), ("payment_failed", "churnsave"),
                                         ("upgrade_to_pro", "upsell"), ("winback", "winback")])
def test_beginnings_bring_their_words(desk, start, kind):
    for _ in range(2):
        desk.post("/playbooks", data={"start": start, "name": ""})
    first, second = db.session.scalars(select(Automation)).all()
    assert first.kind == kind and not first.on and first.plan.sells and second.plan.spec == first.plan.spec


def test_new_playbooks_need_a_name_and_a_start(desk):
    refused = desk.post("/playbooks", data={"start": "blank", "name": " ", "when": "moon.full"})
    assert refused.status_code == 422 and "Give it a name" in refused.text and "Choose what starts it" in refused.text
    refused = desk.post("/playbooks", data={"start": "blank", "name": "x", "when": "tenure.reached", "days": "soon"})
    assert refused.status_code == 422 and 'value="soon"' in refused.text


def test_steps_are_changed_moved_and_removed_in_the_draft_only(desk, rescue):
    published = list(step_ids(rescue))
    desk.post(f"{there(rescue)}/steps/hour", data={"number": "3", "unit": "days", "since": "before"})
    assert rescue.draft["steps"][1]["seconds"] == 3 * 86400 and rescue.plan.nodes["hour"].spec["seconds"] == 3600
    desk.post(f"{there(rescue)}/steps/mail/moves", data={"by": "up"})
    assert step_ids(rescue) == ["tag", "mail", "hour", "day", "last"]
    desk.post(f"{there(rescue)}/steps/tag/moves", data={"by": "up"})
    desk.post(f"{there(rescue)}/steps/day/removal")
    assert step_ids(rescue) == ["tag", "mail", "hour", "last"]
    desk.post(f"{there(rescue)}/steps", data={"do": "add_note", "body": "Look here.", "place": "after:tag"})
    assert [step["do"] for step in rescue.draft["steps"]][:2] == ["add_tag", "add_note"]
    assert [step["id"] for step in rescue.plan.spec["steps"]] == published
    assert "You have changes that are not published" in desk.get(there(rescue)).text
    desk.post(f"{there(rescue)}/draft/removal")
    assert rescue.draft is None and step_ids(rescue) == published


def test_putting_things_back_leaves_no_draft(desk, rescue):
    desk.post(f"{there(rescue)}/steps/mail/moves", data={"by": "up"})
    assert rescue.draft
    desk.post(f"{there(rescue)}/steps/mail/moves", data={"by": "down"})
    assert rescue.draft is None


@pytest.mark.parametrize("step, data, words, kept", [
    ("hour", {"number": "a while", "unit": "hours"}, "Say how long", 'value="a while"'),
    ("mail", {"template": "tpl_nothing"}, "Choose the message", "Hello"),
    ("tag", {"tag": "a|b"}, "Name the tag", 'value="a|b"')])
def test_a_step_that_cannot_work_is_told_at_the_field_and_nothing_is_lost(desk, rescue, step, data, words, kept):
    refused = desk.post(f"{there(rescue)}/steps/{step}", data=data)
    assert refused.status_code == 422 and words in refused.text and kept in refused.text
    assert rescue.draft is None


def test_a_branch_with_its_ways(desk, rescue):
    lines = {"c.match": "all", "c.0.field": "total_spent", "c.0.op": "gte", "c.0.value": "49.50",
             "c.1.match": "none", "c.1.0.field": "tags", "c.1.0.op": "has", "c.1.0.value": "VIP"}
    shown = desk.post(f"{there(rescue)}/steps", data={"do": "branch", "place": "", "add": "c.1", **lines})
    assert shown.status_code == 200 and 'name="c.1.1.field"' in shown.text and rescue.draft is None
    for wrong, words in (({"do": "branch"}, "Add at least one condition"),
                         ({"do": "branch", **lines, "c.0.value": "lots"}, "not a number")):
        refused = desk.post(f"{there(rescue)}/steps", data=wrong)
        assert refused.status_code == 422 and words in refused.text and 'href="#builder"' in refused.text
    desk.post(f"{there(rescue)}/steps", data={"do": "branch", "place": "", **lines})
    branch = rescue.draft["steps"][-1]
    assert branch["if"] == {"all": [{"field": "total_spent", "op": "gte", "value": 4950},
                                    {"not": {"any": [{"field": "tags", "op": "has", "value": "VIP"}]}}]}
    desk.post(f"{there(rescue)}/steps", data={"do": "add_tag", "tag": "Big", "place": f"yes:{branch['id']}"})
    desk.post(f"{there(rescue)}/steps", data={"do": "add_tag", "tag": "Small", "place": f"no:{branch['id']}"})
    shown = desk.get(there(rescue)).text
    assert "Tag as Big" in shown and "Tag as Small" in shown and "total spent is at least $49.50" in shown
    desk.post(f"{there(rescue)}/publication")
    assert rescue.plan.nodes[branch["id"]].yes and rescue.plan.nodes[branch["id"]].no
    form = desk.get(f"{there(rescue)}/steps/{branch['id']}").text
    assert 'value="49.50"' in form and 'name="c.1.match"' in form


def test_the_draft_that_cannot_be_published_says_where(desk, rescue, letter):
    spec = {**rescue.working, "steps": [{"id": "ok", "do": "wait", "seconds": 60},
                                        {"id": "bad", "do": "send", "template": "x"}]}
    rescue.redraft(spec)
    db.session.commit()
    shown = desk.get(there(rescue)).text
    assert "The draft is not finished" in shown and "Choose the message to send" in shown
    for answer in (desk.get(f"{there(rescue)}/publication"), desk.post(f"{there(rescue)}/publication")):
        assert answer.status_code == 422 and "Choose the message to send" in answer.text and 'id="wrong"' in answer.text
    assert rescue.version.number == 1 and rescue.draft == spec


@pytest.mark.parametrize("running, ends", [("finish", ("waiting", 1)), ("move", ("waiting", 2)),
                                           ("exit", ("exited", 1))])
def test_publishing_asks_what_becomes_of_those_inside(desk, rescue, running, ends):
    desk.post(f"{there(rescue)}/steps", data={"do": "add_tag", "tag": "New"})
    assert "1 person is inside" in desk.get(f"{there(rescue)}/publication").text
    desk.post(f"{there(rescue)}/publication", data={"running": running})
    enrollment = inside()
    assert (enrollment.state, enrollment.version.number) == ends and rescue.version.number == 2
    assert desk.post(f"{there(rescue)}/publication", data={"running": running}).status_code == 409


def test_the_start_with_its_audience_and_who_may_come_again(desk, rescue):
    told = {"when": "tenure.reached", "days": "30", "policy": "after_days", "again": "60", "c.match": "any",
            "c.0.field": "stage", "c.0.op": "is", "c.0.value": "member", "c.1.field": "last_active_at",
            "c.1.op": "not_in_last", "c.1.n": "2", "c.1.unit": "weeks"}
    assert desk.post(f"{there(rescue)}/start", data=told).status_code == 303
    assert rescue.draft["trigger"] == {"kind": "tenure.reached", "days": 30}
    assert rescue.draft["reentry"] == {"policy": "after_days", "days": 60}
    assert rescue.draft["audience"]["any"][1]["value"] == {"n": 2, "unit": "weeks"}
    assert "When somebody has been a member for 30 days" in desk.get(there(rescue)).text
    shown = desk.get(f"{there(rescue)}/start").text
    assert 'value="60"' in shown and 'name="c.1.unit"' in shown
    for wrong, words in (({"days": "0"}, "whole number of days"), ({"policy": "maybe"}, "who may enter again"),
                         ({"c.1.n": "two"}, "not a number")):
        refused = desk.post(f"{there(rescue)}/start", data={**told, **wrong})
        assert refused.status_code == 422 and words in refused.text, wrong


def test_the_end(desk, rescue):
    desk.post(f"{there(rescue)}/ending", data={"goal": "payment.succeeded", "exits": ["membership.canceled",
                                                                                      "payment.canceled", "moon.full"]})
    assert rescue.draft["goal"] == {"on": "payment.succeeded", "same": "payment"}
    assert rescue.draft["exits"] == [{"on": "membership.canceled"}, {"on": "payment.canceled", "same": "payment"}]
    desk.post(f"{there(rescue)}/ending", data={"goal": ""})
    assert rescue.draft["goal"] is None and rescue.draft["exits"] == []


def test_settings_count_at_once_and_the_offer_waits(desk, rescue):
    told = {"name": "Rescue 2", "about": "Saves.", "kind": "dunning", "hold_out": "25", "offer_link": "https://h.test/x",
            "discount": "20% off"}
    desk.post(f"{there(rescue)}/settings", data=told)
    assert (rescue.name, rescue.hold_out, rescue.kind) == ("Rescue 2", 25, "dunning")
    assert rescue.draft["settings"] == {"offer_link": "https://h.test/x", "discount": "20% off"}
    refused = desk.post(f"{there(rescue)}/settings", data={**told, "hold_out": "51", "name": "", "offer_link": "ftp://x"})
    assert refused.status_code == 422 and "0 to 50" in refused.text and "A link begins" in refused.text


def test_somebody_is_put_in_and_taken_out_by_hand(desk, rescue, bo):
    rescue.hold_out = 100
    db.session.commit()
    found = desk.get(f"{there(rescue)}/enrollments?person=bo").text
    assert "Bo Lind" in found and "Put in" in found
    assert desk.post(f"{there(rescue)}/enrollments", data={"person": bo.public_id}).status_code == 303
    mine = db.session.scalar(select(Enrollment).where(Enrollment.person_id == bo.id))
    assert mine.state == "active" and "Put in by Olu" in desk.get(f"{there(rescue)}/enrollments/{mine.public_id}").text
    assert desk.post(f"{there(rescue)}/enrollments/{mine.public_id}/removal").status_code == 303
    assert (mine.state, mine.reason) == ("exited", "by_hand")
    assert desk.post(f"{there(rescue)}/enrollments/{mine.public_id}/removal").status_code == 409
    rescue.switch_off()
    desk.post(f"{there(rescue)}/enrollments", data={"person": bo.public_id})
    assert db.session.scalars(select(Enrollment).where(Enrollment.person_id == bo.id)).all() == [mine]


def test_the_log_of_one_person_leads_to_the_message(desk, rescue, forward):
    forward(hours=1)
    drain()
    shown = desk.get(f"{there(rescue)}/enrollments/{inside().public_id}").text
    message = db.session.scalar(select(Message))
    assert f"/messages/{message.public_id}" in shown and "Wrote “Hello”" in shown and "Wait 1 hour" in shown


def test_put_away_and_brought_back(desk, rescue):
    desk.post(f"{there(rescue)}/archive")
    assert rescue.archived_at and not rescue.on and inside().reason == "archived"
    assert "Rescue" in desk.get("/playbooks?tab=away").text and "Rescue" not in desk.get("/playbooks").text
    assert desk.post(f"{there(rescue)}/steps/hour", data={"number": "1"}).status_code == 409
    desk.post(f"{there(rescue)}/archive")
    assert rescue.archived_at is None and not rescue.on


def test_rules_are_made_on_one_form(desk, ana, bo):
    told = {"name": "VIPs", "when": "person.tagged", "c.match": "all", "c.0.field": "stage", "c.0.op": "is",
            "c.0.value": "member", "do": "add_note", "tag": "", "body": "Call them."}
    assert desk.post("/playbooks/rules", data=told).status_code == 303
    rule = db.session.scalar(select(Automation))
    assert rule.kind == "rule" and rule.hold_out == 0 and "VIPs" in desk.get("/playbooks?tab=rules").text
    rule.switch_on()
    for person in (ana, bo):
        person.tag("One"), person.tag("Two")
    db.session.commit()
    drain()
    assert [note.body for note in ana.notes] == ["Call them."] * 2 and bo.notes == []
    assert "Call them." in desk.get(f"{there(rule)}/rule").text
    desk.post(f"{there(rule)}/rule", data={**told, "do": "add_tag", "tag": "Called"})
    assert rule.version.number == 2 and rule.plan.nodes["act"].do == "add_tag"
    asking = {**told, "add": "c"}
    shown = desk.post(f"{there(rule)}/rule", data=asking)
    assert shown.status_code == 200 and 'name="c.1.field"' in shown.text and rule.version.number == 2
    for wrong, words in (({"c.0.field": "moon"}, "no field called"), ({"name": ""}, "Give it a name"),
                         ({"do": "add_note", "body": ""}, "Write the note"),
                         ({"do": "dance"}, "Choose what to do"), ({"when": "moon.full"}, "Choose what starts it")):
        refused = desk.post("/playbooks/rules", data={**told, **wrong})
        assert refused.status_code == 422 and words in refused.text, wrong


def test_ready_made_rules_do_what_they_say(desk, ana):
    for key, tag in (("churned", "Churned"), ("new_member", "New Member")):
        assert f'value="{tag}"' in desk.get(f"/playbooks/rules/new?from={key}").text
    assert "A payment failed" in desk.get("/playbooks/rules/new?from=failed_note").text


def test_enter_in_a_field_saves_rather_than_pressing_the_builder(desk, rescue):
    for path in (f"{there(rescue)}/start", f"{there(rescue)}/steps/new?do=branch", "/playbooks/rules/new"):
        form = desk.get(path).text
        form = form[form.index('method="post"', form.index("<main")):]
        assert form.index('<button class="sr" type="submit"') < form.index('name="add"'), path


def test_foreign_and_absent_ids_are_the_same(desk, rescue, other_account):
    from app.spine.db import as_account
    with as_account(other_account.id):
        foreign = Automation.make("Theirs", "custom", {"trigger": {"kind": "person.created"}, "steps": [
            {"id": "a", "do": "add_tag", "tag": "x"}]})
        db.session.commit()
        address = there(foreign)
    mine = there(rescue)
    for path in (address, f"{mine}/steps/nothing", f"{mine}/enrollments/enr_x", f"{mine}/why/per_x"):
        assert desk.get(path).status_code == 404, path


def test_somebody_is_put_in_from_their_own_page(desk, playbook, ana):
    automation = playbook()
    here = f"/playbooks/people/{ana.public_id}"
    assert here in desk.get(f"/people/{ana.public_id}").text
    page = desk.get(here).text
    assert "Rescue" in page and "Put in" in page
    there = f"/playbooks/{automation.public_id}/enrollments"
    assert desk.post(there, data={"person": ana.public_id}).status_code == 303
    told = desk.get(f"/people/{ana.public_id}?group=playbooks").text
    assert f"{there}/enr_" in told       # the entry opens their way through it
    automation.switch_off()
    assert "No playbook is on" in desk.get(here).text
