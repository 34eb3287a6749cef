"""The list of people, and what is done to several of them."""
from flask import abort, request, url_for
from sqlalchemy import select

from app.accounts import can
from app.kit.pages import page
from app.kit.paging import BadCursor
from app.people.models import COLOURS, STAGES, Person, SavedView, Tag
from app.people.models.counting import by_stage
from app.people.views.listing import COLUMNS, FILTERS, SINGLE, Listing, tags_of
from app.spine.db import db
from app.spine.memory import remembered
from app.spine.policy import policy
from app.spine.slots import filled

from . import bp

TABS = {"": "All", "member": "Members", "lead": "Leads", "former": "Former"}
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
    columns = [one for one in listing.columns if one.name != "risk" or any(
        person.risk_score is not None for person in found.rows)]
    total = listing.size() if listing.narrowed else counts[listing.stage]
    return page("people/index.html", part="people/_rows.html", listing=listing, found=found, columns=columns,
                heads=_heads(listing, columns), total=total, counts=counts, tabs=_tabs(listing, counts),
                tags=tags_of([person.id for person in found.rows]), paints=COLOURS,
                near=_near(listing, total), **_panel(listing),
                all_tags=db.session.scalars(select(Tag).order_by(Tag.key).limit(200)).all(),
                acts=[act for act, _ in filled("bulk.act") if can(act.permission)])


def _panel(listing: Listing) -> dict:
    """What the row above the list shows; the choices of every filter only when they are asked for."""
    panel = request.args.get("panel")
    filters = [{"filter": one, "choices": one.choices(), "values": listing.filters.get(name, [])}
               for name, one in FILTERS.items()] if panel == "filters" else []
    return {"panel": panel, "filters": filters, "every_column": COLUMNS.values(), "views": SavedView.all(),
            "single": SINGLE}


def _near(listing: Listing, total: int) -> list[Person]:
    """Whom one may have meant when nobody is written like that."""
    return Person.near(listing.words, FOUND) if listing.words and not total else []


def stage_counts() -> dict[str, int]:
    """How many there are of each stage; `""` for all."""
    counts, _ = remembered("stages", None, lambda: by_stage(Person.everyone()))
    return {**{stage: counts.get(stage, 0) for stage in STAGES}, "": sum(counts.values())}


def _heads(listing: Listing, columns) -> list[dict]:
    """The table's headings; sortable ones lead to the same list in that order."""
    sort, falling = listing.sort.removeprefix("-"), listing.sort.startswith("-")

    def head(label, attribute, first, **traits):
        if attribute is None:
            return {"label": label, **traits}
        turned = ("" if falling else "-") if sort == attribute else first
        return {"label": label, "sort": url_for("people.index", **listing.args(sort=f"{turned}{attribute}")),
                "sorted": ("descending" if falling else "ascending") if sort == attribute else None, **traits}
    return [head("Person", "name", ""), *(head(one.label, one.attribute, one.first, num=one.num,
                                               rank=one.rank if one.rank > 1 else None) for one in columns)]


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
    near = Person.near(words, FOUND) if words and not people else []
    return page("people/_found.html", people=people, near=near, words=words)


