"""The first screen: what to do, three questions, and what the numbers say already."""
from zoneinfo import available_timezones

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import select

from app.accounts import Account, Seat, can
from app.kit.money import BadMoney, currency
from app.kit.pages import page, redirect_to, toast
from app.onboarding.insights import insights, known
from app.onboarding.settings import WANTS, FirstRun
from app.onboarding.steps import checklist
from app.segments import Segment, starts
from app.spine.db import across_accounts, db
from app.spine.memory import remembered
from app.spine.policy import SIGNED_IN, policy
from app.spine.slots import fills

bp = Blueprint("onboarding", __name__, url_prefix="/welcome")
SAMPLES = ("active", "at-risk", "high-value")
SHOWN = 4


@bp.get("")
@policy("analytics.read")
def show():
    return shown()


def shown(status: int = 200, errors=None, values=None):
    run = FirstRun.of(g.account)
    held = values or {"timezone": g.account.timezone, "currency": g.account.currency, "wants": run.wants}
    return page("onboarding/show.html", part="onboarding/_insights.html", status=status, steps=checklist(run),
                values=held, errors=errors or {}, wants=WANTS, zones=sorted(available_timezones()), run=run,
                found=insights(run.wants)[:SHOWN] if known() else [], demo=demo())


@bp.post("/answers")
@policy("settings.write")
def answer():
    """Time zone, currency and what matters first; sample segments come with them."""
    form, errors = request.form, {}
    if form.get("timezone") not in available_timezones():
        errors["timezone"] = "Choose a time zone from the list."
    try:
        code = currency(form.get("currency", ""))
    except BadMoney:
        errors["currency"] = "Write a three-letter code such as USD."
    if form.get("wants") not in WANTS:
        errors["wants"] = "Choose what matters first. You can change it later."
    if errors:
        return shown(422, errors, form)
    g.account.timezone, g.account.currency = form["timezone"], code
    run = FirstRun.of(g.account)
    run.wants = form["wants"]
    run.keep(g.account)
    add_samples(code)
    db.session.commit()
    return redirect_to(url_for(".show"))


def add_samples(code: str) -> None:
    """A few segments to look at, unless there are some already."""
    if db.session.scalar(select(Segment.id).limit(1)) is None:
        for key in SAMPLES:
            name, condition = starts(code)[key]
            db.session.add(Segment(name=name, condition=condition, description="One of the samples to begin with."))


@bp.post("/hidden")
@policy("settings.write")
def hide():
    run = FirstRun.of(g.account)
    run.hidden = True
    run.keep(g.account)
    db.session.commit()
    return redirect_to(url_for("dashboard.show"))


def demo() -> Account | None:
    """The account with a story in it, where somebody may look around first."""
    with across_accounts():
        return db.session.scalar(select(Account).where(Account.demo, Account.id != g.account.id))


@bp.post("/demo")
@policy(SIGNED_IN)
def look_around():
    """A seat at the demo account, to look and touch nothing."""
    account = demo() or abort(404)
    if g.user.seat_at(account.id) is None:
        g.user.seats.append(Seat(account_id=account.id, role="company_user"))
        db.session.commit()
    return toast(redirect_to(url_for("dashboard.show")), f"{account.name} is in the list of your accounts now")


@fills("dashboard.first")
def first():
    """Where Today leads while nobody is known."""
    return redirect(url_for("onboarding.show"))


@fills("dashboard.panel", 1)
def panel() -> Markup | None:
    """What is left to do, on Today, until it is done or put away."""
    run = FirstRun.of(g.account)
    if run.hidden or g.account.demo or not can("settings.write"):
        return None
    left, _ = remembered("setup", None, lambda: sum(not step["done"] for step in checklist(run)))
    return Markup(render_template("onboarding/_panel.html", left=left)) if left else None  # noqa: S704 - our own
