"""The shapes of version 1. Money is integer minor units and a currency; times end in Z; ids are random strings."""
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Problem(Open):
    """RFC 9457."""
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[dict] = []


class Money(Shape):
    amount: int
    currency: str


class Risk(Shape):
    score: int | None
    level: str | None
    method: str | None


class Person(Shape):
    id: str
    email: str | None
    name: str | None
    username: str | None
    phone: str | None
    stage: Literal["lead", "member", "former"]
    lead_status: str | None
    membership_status: str | None
    plan: str | None
    joined_at: str | None
    canceled_at: str | None
    last_active_at: str | None
    total_spent: Money
    payments_count: int
    engagement_score: int | None
    risk: Risk
    country: str | None
    timezone: str | None
    address: dict[str, str]
    tags: list[str]
    custom: dict[str, Any]
    assigned_to: str | None
    lead_source: str | None
    lead_value: Money
    converted_at: str | None
    converted_payment: str | None
    converted_value: Money | None


class Listed(Open):
    """A page of any list."""
    data: list[dict]
    next_cursor: str | None
    total: int | None = None


class People(Shape):
    data: list[Person]
    next_cursor: str | None
    total: int | None = None


class ListQuery(Shape):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=1000)
    sort: str | None = Field(None, max_length=40)
    q: str | None = Field(None, max_length=200)
    count: Literal["0", "1"] = "0"


class PeopleQuery(ListQuery):
    segment: str | None = Field(None, max_length=60)
    stage: Literal["lead", "member", "former"] | None = None


class StateQuery(ListQuery):
    state: str | None = Field(None, max_length=20)


class AuditQuery(ListQuery):
    action: str | None = Field(None, max_length=20)
    object: str | None = Field(None, max_length=60)
    object_id: str | None = Field(None, max_length=60)
    actor: str | None = Field(None, max_length=60)
    since: str | None = Field(None, alias="from", max_length=10)
    until: str | None = Field(None, alias="to", max_length=10)


class NewPerson(Shape):
    email: str | None = Field(None, max_length=254)
    name: str | None = Field(None, max_length=200)
    username: str | None = Field(None, max_length=100)
    phone: str | None = Field(None, max_length=40)
    country: str | None = Field(None, max_length=2)
    timezone: str | None = Field(None, max_length=60)
    address: dict[Literal["street", "city", "region", "postcode"], str | None] | None = None
    custom: dict[str, Any] | None = None


class PersonChange(NewPerson):
    lead_status: str | None = Field(None, max_length=20)
    assigned_to: str | None = Field(None, max_length=60)


class TagName(Shape):
    name: str = Field(min_length=1, max_length=60)


class NoteBody(Shape):
    body: str = Field(min_length=1, max_length=20_000)


class NoteChange(Shape):
    body: str | None = Field(None, min_length=1, max_length=20_000)
    pinned: bool | None = None


class NewTag(TagName):
    colour: str | None = Field(None, max_length=20)


class TagChange(Shape):
    name: str | None = Field(None, min_length=1, max_length=60)
    colour: str | None = Field(None, max_length=20)


class TagMerge(Shape):
    into: str = Field(max_length=60)


class TaskChange(Shape):
    title: str | None = Field(None, max_length=200)
    due: str | None = Field(None, max_length=10)
    assignee: str | None = Field(None, max_length=60)
    done: bool | None = None


class NewTask(Shape):
    person: str = Field(max_length=60)
    title: str = Field(max_length=200)
    due: str | None = Field(None, max_length=10)
    assignee: str | None = Field(None, max_length=60)


class TaskQuery(ListQuery):
    state: Literal["open", "done"] | None = None
    person: str | None = Field(None, max_length=60)
    assignee: str | None = Field(None, max_length=60)


class NewMerge(Shape):
    other: str = Field(max_length=60)
    choices: dict[str, Literal["kept", "gone"]] = {}


class NewField(Shape):
    label: str = Field(min_length=1, max_length=60)
    kind: Literal["text", "number", "date", "bool", "choice"] = "text"
    choices: list[str] = Field([], max_length=100)


class FieldChange(Shape):
    label: str | None = Field(None, min_length=1, max_length=60)
    kind: Literal["text", "number", "date", "bool", "choice"] | None = None
    choices: list[str] | None = Field(None, max_length=100)


class Condition(Shape):
    condition: dict


class Branch(Shape):
    sentence: str
    count: int


class Preview(Shape):
    count: int
    sentence: str
    sample: list[Person]
    branches: list[Branch]


class Count(Shape):
    count: int


class NewSegment(Shape):
    name: str = Field(min_length=1, max_length=80)
    condition: dict


class Row(Open):
    id: str


class AutomationChange(Shape):
    name: str | None = Field(None, min_length=1, max_length=120)
    about: str | None = Field(None, max_length=500)
    hold_out: int | None = Field(None, ge=0, le=50)
    plan: dict | None = None


class TestSend(Shape):
    email: str = Field(min_length=3, max_length=254)


class Sent(Shape):
    messages: int
    to: str


class NewAutomation(Shape):
    name: str = Field(min_length=1, max_length=120)
    kind: str = "custom"
    plan: dict


class RangeQuery(Shape):
    since: str | None = Field(None, alias="from", max_length=10)
    until: str | None = Field(None, alias="to", max_length=10)
    by: Literal["month"] = "month"


class Months(Shape):
    data: list[dict]


class Dashboard(Open):
    period: dict


class ImportQuery(Shape):
    kind: str | None = Field(None, max_length=40)
    source: str | None = Field(None, max_length=500)
    consent: Literal["granted", "withdrawn", ""] = ""
    dry_run: Literal["0", "1"] = "0"
    file_name: str | None = Field(None, max_length=200)


class ImportMapping(Shape):
    mapping: dict[str, str] | None = None
    dates: Literal["dmy", "mdy"] | None = None
    source: str = Field(min_length=1, max_length=500)
    consent: Literal["granted", "withdrawn", ""] = ""
    dry_run: bool = True


class NewExport(Shape):
    kind: Literal["people", "payments"] = "people"
    format: Literal["csv", "xlsx"] = "csv"
    columns: list[str] | None = Field(None, min_length=1, max_length=200)
    segment: str | None = Field(None, max_length=60)
    stage: Literal["lead", "member", "former"] | None = None
    tag: str | None = Field(None, max_length=60)
    tab: str | None = Field(None, max_length=20)
    q: str | None = Field(None, max_length=200)
