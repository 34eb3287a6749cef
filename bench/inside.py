"""Run by the stage in a process of its own, on the product's database: make rules, read what they did."""
import json
import sys

from sqlalchemy import func, select

from app import create_app
from app.automations import Automation, Enrollment
from app.connections import Delivery
from app.connections.connection_commands import the_account
from app.people import Identity, Note
from app.spine.db import db
from bench.stage import SLUG

KINDS = ("payment.succeeded", "membership.activated")


def rules(number: str) -> None:
    """Switch on so many; the first of each kind writes a note for everybody, the others ask for what nobody has."""
    for old in db.session.scalars(select(Automation)):
        old.switch_off()
    for place in range(max(2, int(number))):
        kind, matches = KINDS[place % 2], place < 2
        plan = {"trigger": {"kind": kind, "condition": {"all": [
                    {"field": "event.source", "op": "is_not", "value": "nowhere"}]}}, "reentry": {"policy": "always"},
                "audience": {"all": [{"field": "total_spent", "op": "gte", "value": 0 if matches else 10**9 + place},
                                     {"field": "stage", "op": "in", "value": ["lead", "member"]}]},
                "steps": [{"id": "note", "do": "add_note", "body": "Say hello."} if matches else
                          {"id": "tag", "do": "add_tag", "tag": f"Tag {place}"}]}
        Automation.make(f"Rule {place}", "rule", plan).switch_on()
    db.session.commit()


def figures() -> None:
    """How many times the rules acted, seconds from webhook to action in the order of arrival."""
    people = dict(db.session.execute(select(Identity.value, Identity.person_id).where(
        Identity.kind == "whop_user")).all())
    acted = {}
    for person_id, finished in db.session.execute(select(Enrollment.person_id, Enrollment.finished_at).where(
            Enrollment.state == "completed").order_by(Enrollment.id)):
        acted.setdefault(person_id, []).append(finished)
    lags = []
    for received, outcome in db.session.execute(select(Delivery.received_at, Delivery.outcome).where(
            Delivery.state == "processed").order_by(Delivery.id)):
        mine = acted.get(people.get(outcome["facts"][0]["who"].get("whop_user")))
        if mine:
            lags.append((mine.pop(0) - received).total_seconds())
    print(json.dumps({"actions": db.session.scalar(select(func.count()).select_from(Note)), "lags": lags}))


if __name__ == "__main__":
    with create_app().app_context():
        the_account(SLUG)
        {"rules": rules, "figures": figures}[sys.argv[1]](*sys.argv[2:])
