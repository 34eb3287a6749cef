"""What the people who are here say already: counted in one pass, each with the people behind it and the next step."""
import json
from dataclasses import dataclass

from sqlalchemy import select

from app.kit.dress import plural
from app.people import PERSON, Person, tally
from app.spine.db import db
from app.spine.memory import remembered

ACTIVE = {"field": "membership_status", "op": "in", "value": ["active", "trialing"]}
WORTH = 3                                # people an insight must be about, but for money that is due


@dataclass(frozen=True)
class Insight:
    """`words` with the number in them, why it matters, and the condition (JSON) its people answer."""
    key: str
    words: str
    why: str
    condition: str
    people: int


def _in(field: str, op: str, n: int) -> dict:
    return {"field": field, "op": op, "value": {"n": n, "unit": "days"}}


FAILED = {"field": "events", "op": "did", "value": {"event": "payment.failed", "within": {"n": 30, "unit": "days"}}}
NEVER_BOUGHT = {"all": [{"field": "stage", "op": "is", "value": "lead"},
                        {"field": "payments_count", "op": "is", "value": 0}]}
# key -> (the condition, what it serves, said of one and of many, why it matters)
QUESTIONS = {
    "late": ({"field": "membership_status", "op": "is", "value": "past_due"}, "rescue",
             "person pays late", "people pay late", "Most come back when they are asked within a day."),
    "failed": (FAILED, "rescue", "person had a failed payment this month", "people had a failed payment this month",
               "Rescue failed payments writes to them at the right moment."),
    "quiet": ({"all": [ACTIVE, _in("last_active_at", "not_in_last", 30)]}, "keep",
              "member pays and was not seen for 30 days", "members pay and were not seen for 30 days",
              "They are the ones who cancel next."),
    "leaving": ({"field": "membership_status", "op": "is", "value": "canceling"}, "keep",
                "member has cancelled and is still here", "members have cancelled and are still here",
                "There is time to ask why until their period ends."),
    "left": (_in("canceled_at", "in_last", 30), "keep", "person left in the last 30 days",
             "people left in the last 30 days", "Ask a few of them why; then win back the rest."),
    "leads": (NEVER_BOUGHT, "grow", "lead never bought", "leads never bought",
              "A short series of messages turns some of them into members."),
    "loyal": ({"all": [ACTIVE, {"field": "tenure_days", "op": "gte", "value": 180}]}, "grow",
              "member has been here for half a year", "members have been here for half a year",
              "They are the first to ask for more, or for a yearly plan."),
    "new": (_in("joined_at", "in_last", 30), "know", "person joined in the last 30 days",
            "people joined in the last 30 days", "Their first two weeks decide whether they stay."),
}


def insights(wants: str = "") -> list[Insight]:
    """The most telling first: those about what the creator wants, then by how many people."""
    counts, _ = remembered("insights", None, lambda: tally([PERSON.where(tree) for tree, *_ in QUESTIONS.values()]))
    found = [_insight(key, count) for key, count in zip(QUESTIONS, counts, strict=True)
             if count >= (1 if key in ("late", "failed", "leaving") else WORTH)]
    return sorted(found, key=lambda one: (QUESTIONS[one.key][1] != wants, -one.people))


def _insight(key: str, count: int) -> Insight:
    tree, _, one, many, why = QUESTIONS[key]
    return Insight(key, plural(count, one, many), why, json.dumps(tree), count)


def known() -> bool:
    """Whether anybody is here."""
    return db.session.scalar(select(Person.id).limit(1)) is not None
