"""A list of people as an address describes it: stage, words, tag, segment, order."""
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.kit.money import to_major
from app.kit.paging import Page, keyset
from app.spine.db import db, is_postgres, while_served
from app.spine.memory import remembered

from .models import STAGES, Person, Segment, Tag, Tagging
from .models.counting import counted

SORT = "-last_active_at"
EXPORTED = ("name", "email", "username", "status", "plan", "revenue", "joined", "last active", "tags")
SHOWN = ("public_id", "name", "username", "email", "phone", "plan_name", "plan_id", "membership_status", "lead_status",
         "stage", "risk_score", "total_spent", "joined_at", "last_active_at")
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
        people = self.people.options(load_only(*(getattr(Person, name) for name in SHOWN), raiseload=True))
        return keyset(db.session, people, Person.sortable()[name], Person.id,
                      descending=self.sort.startswith("-"), cursor=cursor, limit=limit)

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.tag or self.segment)

    def args(self, **other) -> dict:
        """The query that leads here, with some of it changed; None takes a part away."""
        known = {"stage": self.stage, "q": self.words, "tag": self.tag and self.tag.public_id,
                 "segment": self.segment and self.segment.public_id, "sort": self.sort if self.sort != SORT else None}
        return {name: value for name, value in {**known, **other}.items() if value}

    def size(self) -> int:
        return remembered("list", tuple(self.args(sort=None).items()), lambda: counted(self.people))[0]

    def rows(self, currency: str) -> Iterator[tuple]:
        """Every person as a line of the exported file, read a thousand at a time while it is sent."""
        return while_served(_lines(self.people, currency))


def _lines(people, currency: str) -> Iterator[tuple]:
    last, spent, names = 0, cache(lambda minor: to_major(minor, currency)), _TagNames()
    columns = (Person.id, Person.name, Person.email, Person.username, Person.membership_status, Person.plan_name,
               Person.plan_id, Person.total_spent, Person.joined_at, Person.last_active_at, Person.tagged)
    while found := db.session.execute(people.with_only_columns(*columns).where(Person.id > last).order_by(
            Person.id).limit(STRIDE)).all():
        last = found[-1][0]
        held = names.held([row[0] for row in found]) if is_postgres() else {}
        for key, name, email, username, status, plan, plan_id, total, joined, active, tagged in found:
            yield (name, email, username, status, plan or plan_id, spent(total), joined, active,
                   names.told(held.get(key, "") if held else tagged))


class _TagNames:
    """What a copy of tags such as `,3,17,` says: the names, in their order."""

    def __init__(self):
        names = db.session.execute(select(Tag.id, Tag.name).order_by(Tag.key)).tuples().all()
        self.places = {str(key): (place, name) for place, (key, name) in enumerate(names)}
        self.told = lru_cache(maxsize=4096)(self._told)           # many people, few choices of tags

    def _told(self, tagged: str) -> str:
        return "|".join(name for _, name in sorted(self.places[key] for key in tagged.split(",") if key in self.places))

    @staticmethod
    def held(person_ids) -> dict[int, str]:
        """Person id -> the copy of tags that SQLite keeps."""
        held: dict[int, str] = {}
        for person_id, tag_id in db.session.execute(select(Tagging.person_id, Tagging.tag_id).where(
                Tagging.person_id.in_(person_ids))):
            held[person_id] = f"{held.get(person_id, '')},{tag_id}"
        return held


def tags_of(person_ids) -> dict[int, list]:
    """Person id -> their tags by name, rows with `name` and `public_id`, for a page of people."""
    tags: dict[int, list] = {}
    for row in db.session.execute(select(Tagging.person_id, Tag.name, Tag.public_id).join(
            Tag, Tag.id == Tagging.tag_id).where(Tagging.person_id.in_(person_ids)).order_by(Tag.key)):
        tags.setdefault(row.person_id, []).append(row)
    return tags
