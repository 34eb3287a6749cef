"""People as a file: the button that gives the usual columns, and the page on which columns and format are chosen."""
from collections.abc import Iterator
from functools import cache

from flask import g, request, url_for
from sqlalchemy import select

from app.accounts import current_account
from app.connections import exports
from app.kit.money import to_major
from app.kit.pages import page, redirect_to
from app.people.models import CustomField, Person
from app.people.views.listing import STRIDE, Listing, TagNames
from app.spine.db import db, is_postgres
from app.spine.policy import policy
from app.spine.slots import fills

from . import bp

OWN = "custom."
FIXED = {"id": ("RevenueAngel id", "public_id"), "name": ("name", "name"), "email": ("email", "email"),
         "username": ("username", "username"), "phone": ("phone", "phone"), "country": ("country", "country"),
         "stage": ("stage", "stage"), "status": ("status", "membership_status"),
         "lead_status": ("lead status", "lead_status"), "plan": ("plan", "plan_name"),
         "revenue": ("revenue", "total_spent"), "payments": ("payments", "payments_count"),
         "joined": ("joined", "joined_at"), "canceled": ("canceled", "canceled_at"),
         "last_active": ("last active", "last_active_at"), "last_payment": ("last payment", "last_payment_at"),
         "renews": ("renews", "renews_at"), "engagement": ("engagement score", "engagement_score"),
         "risk": ("risk score", "risk_score"), "lead_source": ("where from", "lead_source"), "tags": ("tags", "tagged")}
USUAL = ("name", "email", "username", "status", "plan", "revenue", "joined", "last_active", "tags")


class People:
    """What the list of people gives out."""
    kind, usual = "people", USUAL

    @staticmethod
    def columns() -> dict[str, str]:
        """Name -> heading; fields of the creator's own come last."""
        own = db.session.execute(select(CustomField.key, CustomField.label).order_by(CustomField.key)).tuples()
        fixed = {name: heading for name, (heading, _) in FIXED.items()}
        return {**fixed, **{f"{OWN}{key}": label for key, label in own}}

    @staticmethod
    def find(args) -> tuple[str, dict, int]:
        listing = Listing.of(args)
        return listing.title, listing.args(columns=None, sort=None), listing.size()

    @staticmethod
    def lines(export) -> Iterator[tuple]:
        listing, currency = Listing.of(export.asked), current_account().currency
        if tuple(export.columns) == USUAL:
            return listing.rows(currency)
        return chosen(listing.people, export.columns, currency)


fills("export", 10)(People)


def chosen(people, columns: list[str], currency: str) -> Iterator[tuple]:
    """Every person as these columns, read a thousand at a time."""
    last, spent, names = 0, cache(lambda minor: to_major(minor, currency)), TagNames()
    asked = [Person.custom if name.startswith(OWN) else getattr(Person, FIXED[name][1]) for name in columns]
    while found := db.session.execute(people.with_only_columns(Person.id, Person.plan_id, Person.tagged, *asked).where(
            Person.id > last).order_by(Person.id).limit(STRIDE)).all():
        last = found[-1][0]
        held = names.held([row[0] for row in found]) if "tags" in columns and is_postgres() else None
        for key, plan_id, tagged, *values in found:
            tags = tagged if held is None else held.get(key, "")
            told = {"revenue": spent, "tags": lambda _, tags=tags: names.told(tags),
                    "plan": lambda value, plan=plan_id: value or plan}
            yield tuple([(value or {}).get(name.removeprefix(OWN)) if name.startswith(OWN) else
                         told[name](value) if name in told else value
                         for name, value in zip(columns, values, strict=True)])


@bp.get("/export.xlsx", endpoint="export_xlsx")
@bp.get("/export.csv")
@policy("data.export", fresh=True)
def export():
    """The usual columns at once."""
    return exports.sent(exports.order("people", request.args, request.path.rpartition(".")[2], by=g.user))


export._writes = True               # its line in the audit trail


@bp.get("/exports/new")
@policy("data.export")
def new_export(error=None):
    title, asked, rows = People.find(request.args)
    return page("people/export.html", status=422 if error else 200, title=title, asked=asked, rows=rows, error=error,
                columns=People.columns(), usual=USUAL, formats=exports.FORMATS,
                back=url_for("people.index", **asked))


@bp.post("/exports")
@policy("data.export")
def create_export():
    if not request.form.getlist("columns"):
        return new_export("Choose at least one column.")
    try:
        one = exports.order("people", request.args, request.form.get("format", "csv"),
                            request.form.getlist("columns"), g.user)
    except exports.BadOrder as error:
        return new_export(str(error))
    db.session.commit()
    return redirect_to(url_for("exports.file", export_id=one.public_id))

