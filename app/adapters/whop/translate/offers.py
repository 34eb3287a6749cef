"""What is sold and what there is to read: products, plans, courses, lessons, forum posts."""
from app.connections import Envelope
from app.spine.facts import ActivityFact, ContentFact, PlanFact, PlanRef, ProductFact

from ...reading import id_of, moment, text
from ..fields import currency_of, interval_of, minor, own_id, times
from .activity import done


def product(envelope: Envelope) -> list[ProductFact]:
    """A product; one that is deleted keeps its name for those who bought it."""
    data = envelope.data
    name = text(data, "title", "name")
    return [ProductFact(own_id(data, "product"), name, times(envelope)[0])] if name else []


def plan(envelope: Envelope) -> list[PlanFact]:
    """A plan with its list price: what renews, or what a one-time plan costs."""
    data = envelope.data
    currency = currency_of(data, "initial_price_due")
    once = text(data, "plan_type") == "one_time"
    interval, count = ("one_time", 1) if once else interval_of(data.get("billing_period"))
    price = minor(data.get("initial_price" if once else "renewal_price"), currency)
    return [PlanFact(PlanRef(
        own_id(data, "plan"), name=text(data, "title"), product_id=id_of(data, "product"),
        product_name=text(data, "product.title"), amount=price, currency=currency, interval=interval,
        interval_count=count), times(envelope)[0])]


def content(data: dict, kind: str, seen, parent: str | None = None) -> list[ContentFact]:
    """A course, lesson or post by its title; the words of a post stay at Whop."""
    title = text(data, "title") or {"post": "Post"}.get(kind)
    at = moment(data.get("updated_at")) or moment(data.get("created_at")) or seen
    return [ContentFact(own_id(data, kind), kind, title[:200], at, parent)] if title else []


def written(envelope: Envelope, parent: str | None) -> list[ActivityFact]:
    """A post, or a comment on one; what the team writes is nobody's activity."""
    data = envelope.data
    if data.get("is_poster_admin") is True:
        return []
    return [done(envelope, data, "comment" if parent else "post", data.get("created_at"), content_id=parent,
                 title=text(data, "title"))]
