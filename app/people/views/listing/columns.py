"""The columns a list of people may show: their order, their attribute, and how each is sorted and drawn."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """`attribute` is what it reads and sorts by, `cell` how the page draws it; `rank` 2 and 3 go first when narrow."""
    name: str
    label: str
    attribute: str | None = None
    cell: str = "text"
    rank: int = 2
    first: str = "-"                 # the order of the first click: falling or rising
    usual: bool = False

    @property
    def num(self) -> bool:
        return self.cell in ("money", "number")


COLUMNS = {one.name: one for one in (
    Column("email", "Email", "email", rank=3, first="", usual=True),
    Column("username", "Username", "username", rank=3, first=""),
    Column("phone", "Phone", "phone", rank=3, first=""),
    Column("plan", "Plan", "plan_name", "plan", first="", usual=True),
    Column("status", "Status", "membership_status", "status", first="", usual=True),
    Column("risk", "Risk", "risk_score", "risk", 1, usual=True),
    Column("tags", "Tags", None, "tags", 3, usual=True),
    Column("spent", "Paid so far", "total_spent", "money", 1, usual=True),
    Column("payments", "Payments", "payments_count", "number", 3),
    Column("joined", "Joined", "joined_at", "day", 3, usual=True),
    Column("seen", "Last seen", "last_active_at", "moment", usual=True),
    Column("engagement", "Engagement", "engagement_score", "number", 3),
    Column("last_payment", "Last payment", "last_payment_at", "day", 3),
    Column("renews", "Renewal", "renews_at", "day", 3),
    Column("canceled", "Canceled", "canceled_at", "day", 3),
    Column("lead_status", "Lead status", "lead_status", "word", 3, ""),
    Column("source", "Came from", "lead_source", "word", 3, ""),
    Column("country", "Country", "country", "text", 3, ""),
    Column("posts", "Posts", "forum_posts", "number", 3),
    Column("comments", "Comments", "forum_comments", "number", 3),
    Column("lessons", "Lessons", "lessons_completed", "number", 3),
    Column("added", "Added", "created_at", "day", 3),
)}


def columns_of(chosen: str | None) -> tuple[Column, ...]:
    """The columns an address names, in our order; the usual ones for none."""
    names = set((chosen or "").split(",")) & COLUMNS.keys()
    return tuple(one for one in COLUMNS.values() if one.name in names or (not names and one.usual))
