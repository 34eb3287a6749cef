"""Whop's lists, page by page. A cursor is what is still to be read: lists with their place, those inside others first.

Pages are asked for 100 rows and taken as they come. The end is a page that says so, one without a cursor, or one that
leads back to itself. Nothing is ever concluded from what a list leaves out: a missing permission looks like that too.
"""
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.connections import Envelope
from app.kit.clock import iso, now
from app.spine.facts import MembershipFact, PaymentFact, PersonFact, PlanFact, ProductFact
from app.spine.sources import Item, Odd, Page, Step

from ..reading import first, moment, rows, text
from .client import wire
from .translate import offers, translate

PAGE = 100
LATE_MONEY = timedelta(days=33)          # a failed payment is retried for weeks
STEPS = (Step("products", "Products", "access_pass:basic:read", ProductFact),
         Step("plans", "Plans", "plan:basic:read", PlanFact),
         Step("members", "Members", "member:basic:read", PersonFact),
         Step("memberships", "Memberships", "member:basic:read", MembershipFact),
         Step("payments", "Payments", "payment:basic:read", PaymentFact, windowed=True),
         Step("refunds", "Refunds", "payment:basic:read"),
         Step("disputes", "Disputes", "payment:dispute:read"),
         Step("courses", "Courses and lessons", "courses:read", nightly=False),
         Step("forums", "Forum posts and comments", "forum:read"),
         Step("chat", "Chat messages", "chat:read", first_days=7))
OLDEST_FIRST = (("order", "created_at"), ("direction", "asc"))


@dataclass(frozen=True)
class List:
    """One of Whop's lists: its address, what to ask, how a row becomes facts, and which lists a row opens."""
    path: str
    read: Callable
    ask: Callable = lambda place, since: ()
    opens: Callable = lambda row, place, since: ()
    instead: str | None = None
    newest_first: bool = False


def page(held, step: str, cursor: dict | None, since: datetime | None) -> Page:
    """One call; see `Source` in app/connections/sync/source.py."""
    place, *later = cursor["todo"] if cursor else [{"of": step}]
    wanted, seen = LISTS[place["of"]], now()
    answer = asked(wire(held), wanted, place, held.external_account, since)
    found = rows(answer, "data")
    fresh = [row for row in found if not wanted.newest_first or newer(row, since)]
    opened = [inner for row in found for inner in wanted.opens(row, place, since)]
    ended = wanted.newest_first and since is not None and found and not any(
        newer(row, since) for row in found if row.get("is_pinned") is not True)
    todo = [*opened, *([] if ended else following(place, answer, found)), *later]
    return Page([item(wanted.read, row, place, seen) for row in fresh], {"todo": todo} if todo else None,
                hidden(step, found))


def asked(way, wanted: List, place: dict, account: str | None, since) -> dict:
    """The page; where a list has an older name too, that one is tried when Whop does not know the newer."""
    query = [*(pair if pair[1] != "account" else (pair[0], account) for pair in wanted.ask(place, since)),
             ("first", PAGE), ("after", place.get("after"))]
    try:
        return way.ask("GET", wanted.path, query=query)
    except Odd as trouble:
        if trouble.status != 404 or not wanted.instead:
            raise
        return way.ask("GET", wanted.instead, query=query)


def following(place: dict, answer: dict, found: list) -> list[dict]:
    """Where this list goes on; nowhere after its last page."""
    end = text(answer, "page_info.end_cursor")
    more = first(answer, "page_info.has_next_page")
    if more is False or end is None or end == place.get("after") or (more is None and not found):
        return []
    return [{**place, "after": end}]


def newer(row: dict, since: datetime | None) -> bool:
    at = moment(row.get("updated_at")) or moment(row.get("created_at"))
    return since is None or at is None or at >= since


def item(read: Callable, row: dict, place: dict, seen: datetime) -> Item:
    """A row as facts, or why not; one strange row stops no page."""
    try:
        return Item(list(read(row, place, seen)))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        words = str(error) if type(error).__module__.startswith("app.") else f"it has an unknown shape ({error})"
        return Item([], f"{text(row, 'id') or 'A row without an id'}: {words}")


def hidden(step: str, found: list) -> str | None:
    """What Whop left empty because the key may not see it."""
    people = [row for row in found if isinstance(row.get("user"), dict)]
    if step == "members" and people and not any(text(row, "email") for row in people):
        return "Whop hides email addresses from this key. Add the permission member:email:read to see them."
    return None


def like(kind: str, stands: bool = False) -> Callable:
    """Read a row as the webhook of this kind would be, as of its own last change, or (`stands`) as of now."""
    def read(row, place, seen):
        at = None if stands else moment(row.get("updated_at")) or moment(row.get("created_at"))
        return [looked(fact) for fact in translate(Envelope(text(row, "id") or "", kind, at or seen, row))]
    return read


def looked(fact):
    return replace(fact, look=True) if isinstance(fact, MembershipFact | PaymentFact) else fact


def post(row, place, seen):
    parent = place.get("parent")
    made = [] if parent else offers.content(row, "post", seen, place["experience"])
    return [*made, *offers.written(Envelope(text(row, "id") or "", "forum_post.created", seen, row), parent)]


def message(row, place, seen):
    data = {"message": row, "channel": {"id": place["channel"]}}
    return translate(Envelope(text(row, "id") or "", "chat.message.created", seen, data))


def money_since(place, since) -> tuple:
    start = iso(since - LATE_MONEY) if since else None
    return (("account_id", "account"), *OLDEST_FIRST, ("created_after", start))


def comments_of(row, place, since):
    if row.get("comment_count") and newer(row, since) and text(row, "id"):
        yield {"of": "comments", "experience": place["experience"], "parent": text(row, "id")}


def rooms(of: str, name: str) -> Callable:
    """Forums and channels hold posts and messages: each row opens the list inside it."""
    path = "experience.id" if name == "experience" else "id"
    return lambda row, place, since: [{"of": of, name: text(row, path)}] if text(row, path) else []


def inside_course(row, place, since):
    course = text(row, "id")
    return [{"of": "lessons", "course": course}, {"of": "interactions", "course": course}] if course else []


def mine(place, since):
    return (("account_id", "account"),)


def mine_in_order(place, since):
    return (("account_id", "account"), *OLDEST_FIRST)


def nothing(row, place, seen):
    return ()


LISTS = {
    "products": List("/products", like("product.updated"), mine),
    "plans": List("/variants", like("plan.updated"), mine_in_order, instead="/plans"),
    "members": List("/members", like("member.updated", stands=True), mine_in_order),
    "memberships": List("/memberships", like("membership.updated"), mine_in_order),
    "payments": List("/payments", like("payment.updated"), money_since),
    "refunds": List("/refunds", like("refund.updated"), money_since),
    "disputes": List("/disputes", like("dispute.updated"), mine_in_order),
    "courses": List("/courses", lambda row, place, seen: offers.content(row, "course", seen), mine,
                    inside_course),
    "lessons": List("/course_lessons", lambda row, place, seen: offers.content(row, "lesson", seen, place["course"]),
                    lambda place, since: (("course_id", place["course"]),)),
    "interactions": List("/course_lesson_interactions", like("course_lesson_interaction.completed"),
                         lambda place, since: (("course_id", place["course"]), ("completed", "true"))),
    "forums": List("/forums", nothing, mine, rooms("posts", "experience")),
    "posts": List("/forum_posts", post, lambda place, since: (("experience_id", place["experience"]),),
                  comments_of, newest_first=True),
    "comments": List("/forum_posts", post, lambda place, since: (("experience_id", place["experience"]),
                                                                 ("parent_id", place["parent"]))),
    "chat": List("/chat_channels", nothing, mine, rooms("messages", "channel")),
    "messages": List("/messages", message, lambda place, since: (("channel_id", place["channel"]),
                                                                 ("direction", "desc")), newest_first=True),
}
