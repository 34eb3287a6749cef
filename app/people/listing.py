"""A list of people as an address describes it: stage, words, tag, segment, order."""
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from app.kit.money import to_major
from app.kit.paging import Page, keyset
from app.spine.db import db, while_served

from .models import STAGES, Person, Segment, Tag, Tagging

TABS = {"": "All", "member": "Members", "lead": "Leads", "former": "Former"}
SORT = "-last_active_at"
EXPORTED = ("name", "email", "username", "status", "plan", "revenue", "joined", "last active", "tags")
STRIDE = 1000


@dataclass
class Listing:
    """Which people, in which order; every field may be empty."""
    stage: str = ""
    words: str = ""
    tag: Tag | None = None
    segment: Segment | None = None
    sort: str = SORT

    @classmethod
    def of(cls, args) -> "Listing":
        """From the query of an address; what it does not know is left out, foreign ids are 404."""
        stage, sort = args.get("stage", ""), args.get("sort") or SORT
        return cls(stage=stage if stage in STAGES else "", words=args.get("q", "").strip()[:200],
                   tag=Tag.find_or_404(args["tag"]) if args.get("tag") else None,
                   segment=Segment.find_or_404(args["segment"]) if args.get("segment") else None,
                   sort=sort if sort.removeprefix("-") in Person.sortable() else SORT)

    @property
    def people(self):
        """All of them, as a select without order."""
        found = Person.search(self.words) if self.words else Person.everyone()
        if self.stage:
            found = found.where(Person.stage == self.stage)
        if self.tag:
            found = found.where(Person.id.in_(select(Tagging.person_id).where(Tagging.tag_id == self.tag.id)))
        if self.segment:
            found = found.where(self.segment.criterion)
        return found

    def page(self, cursor: str | None, limit: int = 50) -> Page:
        """One page; raises BadCursor."""
        name = self.sort.removeprefix("-")
        return keyset(db.session, self.people, Person.sortable()[name], Person.id,
                      descending=self.sort.startswith("-"), cursor=cursor, limit=limit)

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.tag or self.segment)

    def args(self, **other) -> dict:
        """The query that leads here, with some of it changed; None takes a part away."""
        known = {"stage": self.stage, "q": self.words, "tag": self.tag and self.tag.public_id,
                 "segment": self.segment and self.segment.public_id, "sort": self.sort if self.sort != SORT else None}
        return {name: value for name, value in {**known, **other}.items() if value}

    def sorted_by(self, name: str, first: str = "-") -> dict:
        """A column heading's link and mark; `first` is the way it sorts when it is clicked first."""
        now = self.sort.removeprefix("-") == name
        falling = self.sort.startswith("-")
        turned = ("" if falling else "-") if now else first
        return {"args": self.args(sort=f"{turned}{name}"),
                "sorted": ("descending" if falling else "ascending") if now else None}

    def rows(self, currency: str) -> Iterator[tuple]:
        """Every person as a line of the exported file, read a thousand at a time while it is sent."""
        return while_served(_lines(self.people, currency))


def _lines(people, currency: str) -> Iterator[tuple]:
    last = 0
    columns = (Person.id, Person.name, Person.email, Person.username, Person.membership_status, Person.plan_name,
               Person.plan_id, Person.total_spent, Person.joined_at, Person.last_active_at)
    while found := db.session.execute(people.with_only_columns(*columns).where(Person.id > last).order_by(
            Person.id).limit(STRIDE)).all():
        last = found[-1][0]
        tags = tags_of([row[0] for row in found])
        for key, name, email, username, status, plan, plan_id, spent, joined, active in found:
            yield (name, email, username, status, plan or plan_id, to_major(spent, currency), joined, active,
                   "|".join(tag.name for tag in tags.get(key, ())))


def tags_of(person_ids) -> dict[int, list[Tag]]:
    """Person id -> tags by name, for a page of people."""
    tags: dict[int, list[Tag]] = {}
    for person_id, tag in db.session.execute(select(Tagging.person_id, Tag).join(Tag, Tag.id == Tagging.tag_id).where(
            Tagging.person_id.in_(person_ids)).order_by(Tag.key)):
        tags.setdefault(person_id, []).append(tag)
    return tags


def stage_counts() -> dict[str, int]:
    """How many there are of each stage; `""` for all."""
    counts = dict(db.session.execute(select(Person.stage, func.count()).where(Person.present())
                                     .group_by(Person.stage)).tuples().all())
    return {**{stage: counts.get(stage, 0) for stage in STAGES}, "": sum(counts.values())}
