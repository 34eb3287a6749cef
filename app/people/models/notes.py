"""What a team writes down about a person."""
import re
from datetime import datetime
from typing import TYPE_CHECKING

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts import User
from app.kit.clock import now
from app.spine.db import Owned, Public, Row, Utc
from app.spine.keeping import keeps
from app.spine.privacy import tells

if TYPE_CHECKING:
    from .person import Person

KEPT, EXCERPT = 30, 160              # days a deleted note can be brought back; letters of an excerpt
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
ALLOWED = {"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "code", "pre", "blockquote", "h1", "h2", "h3",
           "h4", "hr", "table", "thead", "tbody", "tr", "th", "td"}


@tells(erase="delete")
class Note(Owned, Public, Row):
    """Markdown, kept as it was written; `html` is what a page shows."""
    __tablename__ = "notes"
    PREFIX = "note"
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("people.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="SET NULL"))
    body: Mapped[str]
    pinned: Mapped[bool] = mapped_column(default=False)
    edited_at: Mapped[datetime | None] = mapped_column(Utc)
    removed_at: Mapped[datetime | None] = mapped_column(Utc)      # deleted, until the nightly broom lets it go
    person: Mapped["Person"] = relationship()
    author: Mapped[User | None] = relationship()
    __table_args__ = (Index("ix_notes_person", "account_id", "person_id", "created_at"),)

    @property
    def html(self) -> Markup:
        """The note rendered, with everything taken out that could act."""
        clean = nh3.clean(MARKDOWN.render(self.body), tags=ALLOWED, attributes={"a": {"href"}}, attribute_filter=_web,
                          url_schemes={"http", "https", "mailto"}, link_rel="nofollow noopener noreferrer")
        return Markup(clean)  # noqa: S704 - nh3 has cleaned it

    def rewrite(self, body: str) -> None:
        """Change the words; an empty note raises ValueError."""
        self.body, self.edited_at = checked(body), now()


    @property
    def excerpt(self) -> str:
        """Its first words, without marks."""
        words = " ".join(re.sub(r"[*_`#>|~\[\]]+", " ", self.body).split())
        return words if len(words) <= EXCERPT else words[:EXCERPT].rsplit(" ", 1)[0] + " …"

    def remove(self) -> None:
        """Take it away; for some weeks it can be brought back."""
        self.removed_at = self.removed_at or now()

    def bring_back(self) -> None:
        self.removed_at = None


keeps("Deleted notes", Note, "removed_at", KEPT)


def checked(body: str) -> str:
    """The words of a note without outer space; raises ValueError when there are none or too many."""
    body = (body or "").strip()
    if not body or len(body) > 20_000:
        raise ValueError("A note has 1 to 20,000 characters.")
    return body


def _web(_tag, _attribute, value: str) -> str | None:
    """Only whole addresses: `//evil` would lead outside without saying so."""
    return value if value.startswith(("https://", "http://", "mailto:")) else None
