"""Conversions of a span, credited or not, by kind and by playbook: `metrics.md` section 11."""
from dataclasses import dataclass

from sqlalchemy import func, select

from app.automations import Automation
from app.spine.db import db

from ..models import Conversion
from .span import Span

KINDS = {"recovered_payment": "Failed payments rescued", "upgrade": "Upgrades", "first_purchase": "First purchases",
         "reactivation": "Came back"}


@dataclass(frozen=True)
class Sum:
    """How many, and their value in minor units of the account's currency."""
    count: int = 0
    value: int = 0


def inside(span: Span) -> tuple:
    return Conversion.at >= span.begins, Conversion.at < span.ends


def by(column, span: Span, *conditions) -> dict:
    """Sums by a column of Conversion."""
    rows = db.session.execute(select(column, func.count(), func.sum(Conversion.account_value)).where(
        *inside(span), *conditions).group_by(column))
    return {key: Sum(count, int(value)) for key, count, value in rows}


def by_credit(span: Span) -> dict[str, Sum]:
    """attributed, influenced, none, held_out -> sum. All together they are every paid conversion once."""
    found = by(Conversion.credit, span)
    return {credit: found.get(credit, Sum()) for credit in ("attributed", "influenced", "none", "held_out")}


def by_kind(span: Span) -> dict[str, Sum]:
    """What is credited, by kind, in the order of KINDS."""
    found = by(Conversion.kind, span, Conversion.credit == "attributed")
    return {kind: found.get(kind, Sum()) for kind in KINDS}


def by_playbook(span: Span) -> list[tuple[Automation | None, Sum]]:
    """What is credited, by playbook (None: sent by hand or by another tool), the largest first."""
    found = by(Conversion.automation_id, span, Conversion.credit == "attributed")
    known = {one.id: one for one in db.session.scalars(select(Automation).where(
        Automation.id.in_([key for key in found if key])))}
    return sorted(((known.get(key), total) for key, total in found.items()), key=lambda pair: -pair[1].value)
