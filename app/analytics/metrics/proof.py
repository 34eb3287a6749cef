"""What playbooks earned beyond what would have come anyway: those treated beside those left alone.

Both groups are judged alike, by whether a conversion the playbook is after came within the window after entering.
extra = (share of the treated who paid - share of those left alone who paid) x treated x mean value, at most what is
credited; anyway = credited - extra. With all that the treated paid credited, anyway = treated x share of those left
alone x mean value. The interval is Newcombe's 95 % one for the difference of the shares, turned into money.
"""
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

from sqlalchemy import func, select

from app.automations import Automation, Enrollment
from app.kit.money import ratio
from app.spine.db import db

from ..crediting import GOALS
from ..models import Conversion
from ..windows import window
from .span import Span

ENOUGH = 10
Z = 1.959964


@dataclass
class Proof:
    """One playbook, or all of them, in a span. Money in minor units of the account's currency."""
    treated: int = 0
    treated_paid: int = 0
    treated_value: int = 0
    held_out: int = 0
    held_out_paid: int = 0
    held_out_value: int = 0
    credited: int = 0
    conversions: int = 0

    @property
    def enough(self) -> bool:
        return self.held_out >= ENOUGH and self.treated > 0

    @property
    def why_not(self) -> str | None:
        """Why there is no comparison, in words."""
        if self.enough:
            return None
        if not self.treated:
            return "Nobody entered in this time."
        return f"Too few to tell: {self.held_out} of the {ENOUGH} people left alone that a comparison needs."

    @property
    def mean(self) -> Decimal:
        paid, value = ((self.treated_paid, self.treated_value) if self.treated_paid
                       else (self.held_out_paid, self.held_out_value))
        return Decimal(value) / paid if paid else Decimal(0)

    @property
    def rates(self) -> tuple:
        return ratio(self.treated_paid, self.treated), ratio(self.held_out_paid, self.held_out)

    @property
    def extra(self) -> int | None:
        """More than would have come anyway; None below ten people left alone."""
        if not self.enough:
            return None
        difference = Decimal(self.treated_paid) / self.treated - Decimal(self.held_out_paid) / self.held_out
        return self._money(difference)

    @property
    def anyway(self) -> int | None:
        return None if self.extra is None else self.credited - self.extra

    @property
    def interval(self) -> tuple[int, int] | None:
        """Between what and what the extra lies, 95 times in 100."""
        if not self.enough:
            return None
        low, high = newcombe(self.treated_paid, self.treated, self.held_out_paid, self.held_out)
        return self._money(Decimal(low)), self._money(Decimal(high))

    def _money(self, difference: Decimal) -> int:
        return min(self.credited, int((difference * self.treated * self.mean).quantize(Decimal(1), ROUND_HALF_UP)))


def wilson(part: int, whole: int) -> tuple[float, float]:
    share, square = part / whole, Z * Z
    middle, spread = share + square / (2 * whole), Z * sqrt(share * (1 - share) / whole + square / (4 * whole ** 2))
    return (middle - spread) / (1 + square / whole), (middle + spread) / (1 + square / whole)


def newcombe(a: int, of_a: int, b: int, of_b: int) -> tuple[float, float]:
    """The 95 % interval of a/of_a - b/of_b (`metrics.md` section 16)."""
    share_a, share_b = a / of_a, b / of_b
    (low_a, high_a), (low_b, high_b) = wilson(a, of_a), wilson(b, of_b)
    difference = share_a - share_b
    return (difference - sqrt((share_a - low_a) ** 2 + (high_b - share_b) ** 2),
            difference + sqrt((high_a - share_a) ** 2 + (share_b - low_b) ** 2))


def proofs(span: Span) -> dict[int, Proof]:
    """Automation id -> its proof, for every playbook that somebody entered or that is credited in the span."""
    found: dict[int, Proof] = defaultdict(Proof)
    _judge(found, span)
    for automation_id, count, value in db.session.execute(
            select(Conversion.automation_id, func.count(), func.sum(Conversion.account_value)).where(
                Conversion.credit == "attributed", Conversion.automation_id.is_not(None),
                Conversion.at >= span.begins, Conversion.at < span.ends).group_by(Conversion.automation_id)):
        found[automation_id].conversions, found[automation_id].credited = count, int(value)
    return dict(found)


def _judge(found: dict, span: Span) -> None:
    entered = db.session.execute(
        select(Enrollment.automation_id, Enrollment.person_id, Enrollment.held_out, Enrollment.subject,
               Enrollment.entered_at).where(
            Enrollment.entered_at >= span.begins, Enrollment.entered_at < span.ends,
            Enrollment.reason.is_distinct_from("loop_guard")).order_by(Enrollment.entered_at.desc())).all()
    goals = {one.id: GOALS.get(one.plan.goal, ()) for one in db.session.scalars(select(Automation).where(
        Automation.id.in_({row.automation_id for row in entered})))}
    paid = _conversions(span)
    limit, used = window(), set()
    for row in entered:
        proof = found[row.automation_id]
        about = row.subject if (row.subject or "").startswith("pay_") else None
        hit = next((one for one in paid[row.person_id] if one.kind in goals[row.automation_id]
                    and timedelta(0) <= one.at - row.entered_at <= limit and about in (None, one.payment)
                    and (row.automation_id, one.payment) not in used), None)
        if hit is not None:
            used.add((row.automation_id, hit.payment))
        group, value = ("held_out" if row.held_out else "treated"), hit.account_value if hit else 0
        setattr(proof, group, getattr(proof, group) + 1)
        setattr(proof, f"{group}_paid", getattr(proof, f"{group}_paid") + (hit is not None))
        setattr(proof, f"{group}_value", getattr(proof, f"{group}_value") + value)


def _conversions(span: Span) -> dict:
    from app.payments import Payment
    rows = db.session.execute(
        select(Conversion.person_id, Conversion.kind, Conversion.at, Conversion.account_value,
               Payment.public_id.label("payment")).join(Payment, Payment.id == Conversion.payment_id).where(
            Conversion.at >= span.begins, Conversion.at < span.ends + window()).order_by(Conversion.at)).all()
    people = defaultdict(list)
    for row in rows:
        people[row.person_id].append(row)
    return people


@dataclass
class Total:
    """All playbooks together: only what could be compared enters `extra`; `credited` is everything."""
    credited: int
    compared: int                       # credited to the playbooks that could be compared
    extra: int | None
    interval: tuple[int, int] | None
    held_out: int

    @property
    def anyway(self) -> int | None:
        return None if self.extra is None else self.compared - self.extra


def total(found: dict[int, Proof], credited: int) -> Total:
    """Sum up; intervals add by their squares, since playbooks are independent."""
    told = [proof for proof in found.values() if proof.enough]
    held_out = sum(proof.held_out for proof in found.values())
    if not told:
        return Total(credited, 0, None, None, held_out)
    extra = sum(proof.extra for proof in told)
    down = sqrt(sum((proof.extra - proof.interval[0]) ** 2 for proof in told))
    up = sqrt(sum((proof.interval[1] - proof.extra) ** 2 for proof in told))
    return Total(credited, sum(proof.credited for proof in told), extra, (round(extra - down), round(extra + up)),
                 held_out)
