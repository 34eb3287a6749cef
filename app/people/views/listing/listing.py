"""A list of people as an address describes it: stage, words, filters, order, columns."""
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.kit.money import to_major
from app.kit.paging import Page, keyset
from app.people.models import STAGES, Person, Tag, Tagging
from app.people.models.counting import counted
from app.people.questions import PERSON
from app.spine.db import db, is_postgres, while_served
from app.spine.memory import remembered

from .columns import Column, columns_of
from .filters import FILTERS, several

SORT = "-last_active_at"
EXPORTED = ("name", "email", "username", "status", "plan", "revenue", "joined", "last active", "tags")
SHOWN = ("public_id", "name", "username", "email", "phone", "plan_name", "plan_id", "membership_status", "lead_status",
         "stage")
STRIDE, MOST = 1000, 1000
TITLES = {"": "people", "member": "members", "lead": "leads", "former": "former members"}


@dataclass
class Listing:
    """Which people, in which order; every field may be empty. `filters`: name -> values, see FILTERS."""
    stage: str = ""
    words: str = ""
    filters: dict[str, list[str]] = field(default_factory=dict)
    sort: str = SORT
    columns: tuple[Column, ...] = ()
    ids: tuple[str, ...] = ()                    # only these, of all that the rest finds

    @classmethod
    def of(cls, args) -> "Listing":
        """From the query of an address; what it does not know is left out, foreign ids are 404."""
        stage, sort = args.get("stage", ""), args.get("sort") or SORT
        return cls(stage=stage if stage in STAGES else "", words=args.get("q", "").strip()[:200],
                   filters={name: values for name, one in FILTERS.items() if (values := one.read(args))},
                   sort=sort if sort.removeprefix("-") in Person.sortable() else SORT,
                   columns=columns_of(ticked(args)), ids=tuple(several(args, "ids"))[:MOST])

    @property
    def tree(self) -> dict:
        """Stage and filters as a condition; the words of a search are no part of it."""
        parts = [{"field": "stage", "op": "is", "value": self.stage}] if self.stage else []
        parts += [FILTERS[name].leaf(values) for name, values in self.filters.items()]
        return {"all": parts} if parts else {}

    @property
    def people(self):
        """All of them, as a select without order."""
        found = Person.search(self.words) if self.words else Person.everyone()
        if self.stage:
            found = found.where(Person.stage == self.stage)
        if self.ids:
            found = found.where(Person.public_id.in_(self.ids))
        for name, values in self.filters.items():
            found = found.where(_tagged(values) if name == "tag" else PERSON.where(FILTERS[name].leaf(values)))
        return found

    def page(self, cursor: str | None, limit: int = 50) -> Page:
        """One page; raises BadCursor."""
        name = self.sort.removeprefix("-")
        shown = {*SHOWN, *(one.attribute for one in self.columns if one.attribute)}
        people = self.people.options(load_only(*(getattr(Person, name) for name in sorted(shown)), raiseload=True))
        return keyset(db.session, people, Person.sortable()[name], Person.id,
                      descending=self.sort.startswith("-"), cursor=cursor, limit=limit)

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.filters or self.ids)

    @property
    def title(self) -> str:
        """What to call its people: the one filter they have in common, or their stage."""
        if len(self.filters) == 1 and not self.stage and not self.words:
            [(name, values)] = self.filters.items()
            return FILTERS[name].said(values)
        return TITLES[self.stage]

    def args(self, **other) -> dict:
        """The query that leads here, with some of it changed; None takes a part away."""
        known = {"stage": self.stage, "q": self.words, **self.filters, "ids": list(self.ids),
                 "sort": self.sort if self.sort != SORT else None,
                 "columns": ",".join(one.name for one in self.columns) if self.columns != columns_of(None) else None}
        return {name: value for name, value in {**known, **other}.items() if value}

    def chips(self) -> list[dict]:
        """Every filter in words, with the query that takes it away: {label, said, args}."""
        return [{"label": FILTERS[name].label, "said": FILTERS[name].said(values), "args": self.args(**{name: None})}
                for name, values in self.filters.items()]

    def size(self) -> int:
        asked = tuple((name, tuple(value) if isinstance(value, list) else value)
                      for name, value in self.args(sort=None, columns=None).items())
        return remembered("list", asked, lambda: counted(self.people))[0]

    def rows(self, currency: str) -> Iterator[tuple]:
        """Every person as a line of the exported file, read a thousand at a time while it is sent."""
        return while_served(_lines(self.people, currency))


def ticked(args) -> str | None:
    """The columns an address names, in one word or, as a form sends them, one by one."""
    return ",".join(several(args, "column")) or args.get("columns")


def _tagged(public_ids: list[str]):
    """Under one of these tags; a page of a list finds its people soonest by the tags themselves."""
    tags = select(Tag.id).where(Tag.public_id.in_(public_ids))
    return Person.id.in_(select(Tagging.person_id).where(Tagging.tag_id.in_(db.session.scalars(tags).all())))


def _lines(people, currency: str) -> Iterator[tuple]:
    last, spent, names = 0, cache(lambda minor: to_major(minor, currency)), TagNames()
    columns = (Person.id, Person.name, Person.email, Person.username, Person.membership_status, Person.plan_name,
               Person.plan_id, Person.total_spent, Person.joined_at, Person.last_active_at, Person.tagged)
    while found := db.session.execute(people.with_only_columns(*columns).where(Person.id > last).order_by(
            Person.id).limit(STRIDE)).all():
        last = found[-1][0]
        held = names.held([row[0] for row in found]) if is_postgres() else {}
        for key, name, email, username, status, plan, plan_id, total, joined, active, tagged in found:
            yield (name, email, username, status, plan or plan_id, spent(total), joined, active,
                   names.told(held.get(key, "") if held else tagged))


class TagNames:
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
    """Person id -> their tags by name, rows with `name`, `public_id` and `colour`, for a page of people."""
    tags: dict[int, list] = {}
    for row in db.session.execute(select(Tagging.person_id, Tag.name, Tag.public_id, Tag.colour).join(
            Tag, Tag.id == Tagging.tag_id).where(Tagging.person_id.in_(person_ids)).order_by(Tag.key)):
        tags.setdefault(row.person_id, []).append(row)
    return tags
