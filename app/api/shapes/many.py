"""The shapes of what concerns many people: bulk actions, segments, filters of the list."""
from typing import Any, Literal

from pydantic import Field

from . import ListQuery, NewSegment, Open, PeopleQuery, Shape

MANY = Field(None, max_length=400)


class PeopleFilter(PeopleQuery):
    """Several values of one word are parted by commas."""
    status: str | None = MANY
    plan: str | None = MANY
    tag: str | None = Field(None, max_length=200, description="names of tags; any of them")
    lead_status: str | None = MANY
    source: str | None = MANY
    risk: str | None = MANY
    country: str | None = MANY
    assigned: str | None = Field(None, max_length=400, description="ids of users, or nobody")
    condition: str | None = Field(None, max_length=8000, description="a condition as JSON")


class Bulk(Shape):
    ids: list[str] | None = Field(None, max_length=10_000)
    condition: dict | None = None
    segment: str | None = Field(None, max_length=60)
    action: Literal["add_tag", "remove_tag", "assign", "add_note", "enrol", "erase"]
    params: dict[str, Any] = Field({}, description="name of a tag, user, body, or playbook")


class BulkDone(Shape):
    id: str
    matched: int
    changed: int
    failed: int
    failures: list[dict]


class BulkState(Open):
    id: str
    state: str


class SegmentBody(NewSegment):
    description: str | None = Field(None, max_length=300)
    colour: str | None = Field(None, max_length=20)


class SegmentChange(Shape):
    name: str | None = Field(None, min_length=1, max_length=80)
    description: str | None = Field(None, max_length=300)
    colour: str | None = Field(None, max_length=20)
    condition: dict | None = None


class Sentence(Shape):
    text: str = Field(min_length=1, max_length=4000)


class ReadSentence(Shape):
    condition: dict
    sentence: str
    parts: list[dict]
    not_understood: list[str]


class DaysQuery(ListQuery):
    days: int = Field(90, ge=1, le=400)
