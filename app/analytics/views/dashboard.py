"""Today: who needs the creator, what was earned, how things stand, what happened and what comes."""
from datetime import timedelta

from flask import Blueprint, g, url_for
from sqlalchemy import func, select, union_all

from app.connections import Connection
from app.kit.clock import now
from app.kit.dress import plural
from app.kit.pages import page
from app.memberships import Membership
from app.messaging import Message
from app.people import Person
from app.spine.db import db
from app.spine.events import CATALOGUE, Event
from app.spine.memory import remembered
from app.spine.policy import policy
from app.spine.slots import filled, menu_entry

from .. import keyfigures
from ..figures import WEEK, coming
from ..jobs import unconverted
from ..metrics import Span, mrr_series, proofs, total
from ..metrics.conversions import KINDS, by_kind, by_playbook
from ..needs import DRESS, exists, needs, waiting
from . import periods

bp = Blueprint("dashboard", __name__)
menu_entry("", "Today", "house", "dashboard.show", "analytics.read", order=0,
           count=lambda: remembered("waiting", None, waiting)[0])
SHOWN = 7
QUIET = timedelta(hours=24)
TOLD = ("membership", "payment")
TONES = {"failed": "bad", "disputed": "bad", "canceled": "warn", "past_due": "warn", "cancel_scheduled": "warn",
         "refunded": "warn", "succeeded": "good", "activated": "good", "recorded": "good", "cancel_withdrawn": "good"}
PATH = 7                             # days between two points of the growth line


@bp.get("/")
@policy("analytics.read")
def show():
    if db.session.scalar(select(Person.id).limit(1)) is None:
        return filled("dashboard.first")[0][0]()
    span = Span.of(periods.chosen())
    told, _ = remembered("today", span, lambda: told_of(span))
    return page("dashboard/show.html", days=span.days, span=span, segments=periods.segments(".show", span.days),
                now=now(), panels=[fill() for fill, _ in filled("dashboard.panel")], **told)


def told_of(span: Span) -> dict:
    """Everything the page says that is the same for whoever looks at it."""
    found = needs()
    return {"needs": found[:SHOWN], "more": len(found) - SHOWN, "waiting": len(found),
            "risk": sum(need.get("risk", 0) for need in found), "gain": sum(need.get("gain", 0) for need in found),
            "earned": earned(span), "figures": keyfigures.today(keyfigures.Course(span)), "growth": growth(span),
            "events": happened(), "coming": coming_week(), "brought": brought(span), "stale": stale(),
            "unconverted": unconverted_words()}


def earned(span: Span) -> dict:
    """The card of what playbooks brought: lines by kind, what is credited, and what would have come anyway."""
    kinds = by_kind(span)
    found = total(proofs(span), sum(one.value for one in kinds.values()))
    return {"total": found, "lines": [(KINDS[kind], DRESS.money(one.value, sums=True))
                                      for kind, one in kinds.items() if one.count],
            "unproven": found.credited - found.compared if found.extra is not None else 0}


def growth(span: Span) -> dict:
    """MRR at the end of each week for a year, and for the year before it; that one only where there is any."""
    last = span.last
    year = mrr_series(last - timedelta(days=52 * PATH), last)[::PATH]
    before = mrr_series(last - timedelta(days=2 * 52 * PATH), last - timedelta(days=52 * PATH))[::PATH]
    return {"labels": [f"{day:%b %y}" if number in (0, len(year) - 1) else f"{day:%b}"
                       for number, (day, _) in enumerate(year)],
            "line": [value for _, value in year], "first": year[0], "last": year[-1],
            "before": [value for _, value in before] if any(value for _, value in before) else [],
            "change": keyfigures.growth(year[-1][1], year[0][1])}


def happened(limit: int = 8) -> list[dict]:
    """The latest events about people and money."""
    kinds = [name for name, kind in CATALOGUE.items() if kind.group in TOLD or name == "lead.created"]
    latest = (Event.at.desc(), Event.id.desc())
    ids = union_all(*(select(select(Event.id).where(        # of each kind by itself: the index is in that order
        Event.account_id == g.account.id, Event.kind == kind, Event.person_id.is_not(None), Event.at <= now())
        .order_by(Event.at.desc(), Event.person_id.desc()).limit(limit).subquery()) for kind in kinds)).subquery()
    rows = db.session.execute(select(Event, Person).join(Person, Person.id == Event.person_id).join(
        ids, ids.c.id == Event.id).order_by(*latest).limit(limit)).all()
    return [{"at": event.at, "icon": event.described.icon, "tone": TONES.get(event.kind.rpartition(".")[2]),
             "who": person.label, "href": url_for("people.show", public_id=person.public_id),
             "what": _lower(event.sentence)} for event, person in rows]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def coming_week() -> list[dict]:
    """Renewals, trials and messages of the next seven days."""
    renewals, trials = coming(("active",), Membership.period_end), coming(("trialing",), Membership.trial_end)
    queued = db.session.scalar(select(func.count(Message.id)).where(
        Message.state.in_(("queued", "claimed")), Message.due_at < now() + WEEK))
    lines = [_line("Renewals", renewals, "renewals")] + ([_line("Trials that end", trials, "trials")] if trials else [])
    if queued:
        lines.append({"title": "Messages to go out", "href": url_for("messages.index", tab="waiting"),
                      "aside": DRESS.dressed(queued)})
    return lines


def brought(span: Span) -> list[dict]:
    """What each playbook is credited with, the largest first."""
    return [{"title": automation.name if automation else "Other messages",
             "href": url_for("playbooks.show", public_id=automation.public_id) if automation
             and exists("playbooks.show") else None,
             "note": plural(one.count, "payment", "payments"), "aside": DRESS.money(one.value, sums=True)}
            for automation, one in by_playbook(span)][:6]


def _line(title: str, rows: list, name: str) -> dict:
    return {"title": title, "href": url_for("figures.show", name=name), "note": plural(len(rows), "person", "people"),
            "aside": DRESS.money(sum(amount for _, amount in rows), sums=True)}


def stale() -> list[str]:
    """A sentence for each connection that has sent nothing for a day."""
    edge = now() - QUIET
    rows = db.session.scalars(select(Connection).where(Connection.state == "on")).all()
    return [f"{row.name} has sent nothing since {DRESS.ago(row.last_delivery_at)}." for row in rows
            if row.last_delivery_at is not None and row.last_delivery_at < edge]


def unconverted_words() -> str | None:
    missing = unconverted()
    return f"{plural(missing, 'member is', 'members are')} left out: no exchange rate is known for what they pay in." \
        if missing else None
