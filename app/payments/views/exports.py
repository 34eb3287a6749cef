"""Payments as a file: amounts as they were and in the account's own currency."""
from collections.abc import Iterator

from flask import g, request
from sqlalchemy import select

from app.accounts import current_account
from app.connections import exports
from app.kit.money import to_major
from app.people import Person
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

from ..models import Payment
from .payments import TABS, bp, counted, criteria, matching

STRIDE = 1000
COLUMNS = {"payment": "payment", "name": "name", "email": "email", "status": "status", "amount": "amount",
           "refunded": "refunded", "currency": "currency", "net": "net in account currency", "opened": "opened",
           "paid": "paid", "failed": "failed", "attempts": "attempts", "why": "why it failed",
           "membership": "membership"}


class Payments:
    """What the list of payments gives out."""
    kind, usual = "payments", tuple(COLUMNS)

    @staticmethod
    def columns() -> dict[str, str]:
        return COLUMNS

    @staticmethod
    def find(args) -> tuple[str, dict, int]:
        tab, words = args.get("tab") or "all", (args.get("q") or "").strip()[:200]
        tab = tab if tab in TABS else "all"
        asked = {name: value for name, value in {"tab": tab if tab != "all" else "", "q": words}.items() if value}
        title = "payments" if tab == "all" else f"payments {TABS[tab][0]}"
        return title, asked, counted(matching(words))[tab]

    @staticmethod
    def lines(export) -> Iterator[tuple]:
        found, tab = matching(export.asked.get("q", "")), export.asked.get("tab", "all")
        found = found if tab == "all" else found.where(criteria()[tab])
        places = [list(COLUMNS).index(name) for name in export.columns]
        home = current_account().currency
        return (tuple(row[place] for place in places) for row in everything(found, home))


fills("export", 20)(Payments)


def everything(found, home: str) -> Iterator[tuple]:
    """Every column of every payment, read a thousand at a time."""
    last = 0
    columns = [Payment.id, Payment.external_id, Payment.person_id, Payment.status, Payment.amount, Payment.refunded,
               Payment.currency, Payment.account_net, Payment.opened_at, Payment.paid_at, Payment.failed_at,
               Payment.attempts_count, Payment.failure_code, Payment.membership_ref]
    while rows := db.session.execute(found.with_only_columns(*columns, maintain_column_froms=True).where(
            Payment.id > last).order_by(Payment.id).limit(STRIDE)).all():
        last = rows[-1][0]
        people = {one.id: one for one in db.session.execute(select(Person.id, Person.name, Person.email).where(
            Person.id.in_({row.person_id for row in rows})))}
        for _, name, person_id, status, amount, refunded, currency, net, *rest in rows:
            person = people.get(person_id)
            yield (name, person and person.name, person and person.email, status, to_major(amount, currency),
                   to_major(refunded, currency), currency, None if net is None else to_major(net, home), *rest)


@bp.get("/export.xlsx", endpoint="export_xlsx")
@bp.get("/export.csv")
@policy("data.export", fresh=True)
def export():
    """The payments of a tab, with every column."""
    return exports.sent(exports.order("payments", request.args, request.path.rpartition(".")[2], by=g.user))


export._writes = True               # its line in the audit trail
