"""The list of people, and what is done to several of them."""
from flask import abort, request, url_for
from sqlalchemy import select

from app.kit.pages import page, redirect_to, toast
from app.kit.paging import BadCursor
from app.people.listing import Listing, tags_of
from app.people.models import STAGES, Person, Segment, Tag
from app.people.models.counting import by_stage
from app.spine.db import db
from app.spine.memory import remembered
from app.spine.policy import policy

from . import bp

TABS = {"": "All", "member": "Members", "lead": "Leads", "former": "Former"}
MOST = 200
FOUND = 7


@bp.get("")
@policy("people.read")
def index():
    listing = Listing.of(request.args)
    try:
        found = listing.page(request.args.get("cursor"))
    except BadCursor as error:
        abort(400, str(error))
    counts = stage_counts()
    scored = any(person.risk_score is not None for person in found.rows)
    columns = [column for column in _columns(listing) if scored or column["label"] != "Risk"]
    return page("people/index.html", part="people/_rows.html", listing=listing, found=found,
                columns=columns, scored=scored, total=listing.size() if listing.narrowed else None,
                tags=tags_of([person.id for person in found.rows]), counts=counts, tabs=_tabs(listing, counts),
                all_tags=db.session.scalars(select(Tag).order_by(Tag.key).limit(200)).all(),
                segments=db.session.scalars(select(Segment).order_by(Segment.key).limit(200)).all())


def stage_counts() -> dict[str, int]:
    """How many there are of each stage; `""` for all."""
    counts, _ = remembered("stages", None, lambda: by_stage(Person.everyone()))
    return {**{stage: counts.get(stage, 0) for stage in STAGES}, "": sum(counts.values())}


def _columns(listing: Listing) -> list[dict]:
    """The table's columns; sortable ones lead to the same list in that order, `first` falling or rising."""
    sort, falling = listing.sort.removeprefix("-"), listing.sort.startswith("-")

    def by(name, first="-", **traits):
        turned = ("" if falling else "-") if sort == name else first
        return {"sort": url_for("people.index", **listing.args(sort=f"{turned}{name}")),
                "sorted": ("descending" if falling else "ascending") if sort == name else None, **traits}
    return [by("name", "", label="Person"), {"label": "Plan", "rank": 2}, {"label": "Status", "rank": 2},
            by("risk_score", label="Risk"), {"label": "Tags", "rank": 3},
            by("total_spent", label="Paid so far", num=True), by("joined_at", label="Joined", rank=3),
            by("last_active_at", label="Last seen", rank=2)]


def _tabs(listing: Listing, counts: dict) -> list[dict]:
    return [{"label": label, "count": counts[stage], "current": listing.stage == stage,
             "href": url_for("people.index", **listing.args(stage=stage))} for stage, label in TABS.items()]


@bp.get("/found")
@policy("people.read")
def found():
    """Rows for the search in the top bar; without scripts its form leads to the list itself."""
    words = request.args.get("q", "").strip()[:200]
    people = db.session.scalars(Person.search(words).order_by(Person.last_active_at.desc().nulls_last(), Person.id)
                                .limit(FOUND)).all() if words else []
    return page("people/_found.html", people=people, words=words)


@bp.post("/tags")
@policy("people.write")
def tag_many():
    """Put a tag on the chosen people or take it off."""
    listing, name = Listing.of(request.args), request.form.get("name", "").strip()
    ids = request.form.getlist("ids")[:MOST]
    people = db.session.scalars(Person.everyone().where(Person.public_id.in_(ids))).all()
    back = redirect_to(url_for("people.index", **listing.args()))
    try:
        if not people:
            raise ValueError("Choose somebody first.")
        off = request.form.get("act") == "remove"
        changed = sum((person.untag if off else person.tag)(name) for person in people)
        Tag.named(name)
    except ValueError as error:
        db.session.rollback()
        return toast(back, str(error))
    db.session.commit()
    return toast(back, f"{name} taken off {changed} people" if off else f"{changed} people tagged {name}")
