"""What the catalog absorbs: products and plans as their source lists them, the newest word standing."""
from sqlalchemy import select

from app.spine.db import db
from app.spine.facts import PlanFact, ProductFact, absorbs
from app.spine.slots import filled

from .models import Plan, Product, found, plan_for

TOLD = ("name", "amount", "currency", "interval", "interval_count")


@absorbs(ProductFact)
def absorb_product(fact: ProductFact, source: str) -> str:
    """Keep its name; plans without one of their own go by it."""
    product, new = found(Product, source, fact.external_id)
    if not _newer(product, fact) or product.name == fact.name:
        return "created" if new else "known"
    product.name = fact.name
    for plan in db.session.scalars(select(Plan).where(Plan.product_id == product.id, Plan.name == "")):
        _rename(plan)
    return "created" if new else "updated"


@absorbs(PlanFact)
def absorb_plan(fact: PlanFact, source: str) -> str:
    """Keep its price and name, and which product it belongs to."""
    _, new = found(Plan, source, fact.external_id)
    plan = plan_for(fact.plan, source)
    before, label = [getattr(plan, name) for name in TOLD], plan.label
    if not _newer(plan, fact):
        return "known"
    for name in TOLD:
        value = getattr(fact.plan, name)
        if value is not None and (name != "interval_count" or fact.plan.interval):
            setattr(plan, name, value)
    if plan.label != label:
        _rename(plan)
    return "created" if new else "known" if before == [getattr(plan, name) for name in TOLD] else "updated"


def _newer(row, fact) -> bool:
    """Whether this is news; remembers how new."""
    if row.version is not None and fact.version < row.version:
        return False
    row.version = fact.version
    return True


def _rename(plan: Plan) -> None:
    """Tell those who keep a copy of its name."""
    db.session.flush()
    for copy, _traits in filled("plan.renamed"):
        copy(plan)
