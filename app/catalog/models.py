"""Products and their plans."""
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.spine.db import Owned, Public, Row, Utc, add_once, db
from app.spine.facts import PlanRef
from app.spine.holding import lasting
from app.spine.prepared import Prepared, one

INTERVALS = ("day", "week", "month", "year", "one_time")


@lasting
class Product(Public, Owned, Row):
    """Something one can be a member of."""
    __tablename__ = "products"
    PREFIX = "prd"
    source: Mapped[str]
    external_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    version: Mapped[datetime | None] = mapped_column(Utc)        # as of when its source listed it
    __table_args__ = (UniqueConstraint("account_id", "source", "external_id"),)


@lasting
class Plan(Public, Owned, Row):
    """A price for a product: so much per `interval_count` intervals, in minor units."""
    __tablename__ = "plans"
    PREFIX = "pln"
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    source: Mapped[str]
    external_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    interval: Mapped[str | None]
    interval_count: Mapped[int] = mapped_column(default=1)
    version: Mapped[datetime | None] = mapped_column(Utc)
    product: Mapped[Product | None] = relationship()
    __table_args__ = (UniqueConstraint("account_id", "source", "external_id"),)

    @property
    def label(self) -> str:
        """What to call it on a page."""
        return self.name or (self.product.name if self.product else "") or self.external_id


def plan_for(ref: PlanRef | None, source: str) -> Plan | None:
    """The plan a fact names, made or filled in as needed; None when it names none."""
    if ref is None or not ref.external_id:
        return None
    plan = _met(Plan, source, ref.external_id)
    for name in ("amount", "currency", "interval"):
        if getattr(plan, name) is None and getattr(ref, name) is not None:
            setattr(plan, name, getattr(ref, name))
            plan.interval_count = ref.interval_count if name == "interval" else plan.interval_count
    if ref.name and not plan.name:
        plan.name = ref.name
    if ref.product_id and plan.product is None:
        plan.product = _met(Product, source, ref.product_id)
    if plan.product is not None and ref.product_name and not plan.product.name:
        plan.product.name = ref.product_name
    return plan


def found(model, source: str, external_id: str):
    """The product or plan of this name, and whether it was made just now."""
    known = KNOWN[model](source=source, name=external_id).scalar()
    return (db.session.get(model, known), False) if known else (_met(model, source, external_id), True)


def _met(model, source: str, external_id: str):
    known = KNOWN[model](source=source, name=external_id).scalar()
    if known is None:
        made = add_once(model, ("account_id", "source", "external_id"), source=source, external_id=external_id)
        if made is not None:
            return made
        known = KNOWN[model](source=source, name=external_id).scalar()
    return db.session.get(model, known)


KNOWN = {model: Prepared(lambda model=model: select(model.id).where(
    model.source == one("source"), model.external_id == one("name"))) for model in (Plan, Product)}
