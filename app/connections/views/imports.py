"""Settings, Import: bring a file, say what its columns are, try it, take it in, take it back."""
import io

from flask import Blueprint, Response, abort, g, request, stream_with_context, url_for
from sqlalchemy import select

from app.accounts import current_account
from app.kit import tables
from app.kit.csv import LARGEST, BadFile
from app.kit.pages import hx, page, redirect_to
from app.kit.reading import ORDERS
from app.spine.db import db, while_served
from app.spine.policy import policy
from app.spine.slots import fills

from ..files.imports import columns, wizard
from ..files.imports.mapping import order_in
from ..files.imports.pieces import pieces
from ..files.imports.undoing import remaining, waiting
from ..files.imports.wizard import BadStep
from ..files.models import AT_WORK, CHECKING, REVERSING, RUNNING, Import
from ..importing import KINDS

bp = Blueprint("imports", __name__, url_prefix="/settings/imports")
fills("settings.page", 31, label="Import", icon="upload", permission="data.import")("imports.index")
fills("add", 12, label="People from a file", icon="upload", permission="data.import")("imports.new")
LISTED = 50
STATES = {"mapping": ("Waiting for you", "warn"), "checking": ("Being checked", "info"),
          "checked": ("Checked, not taken in", "warn"), "running": ("Being taken in", "info"),
          "done": ("Taken in", "good"),
          "canceled": ("Stopped", ""), "failed": ("Failed", "bad"), "reversing": ("Being undone", "info"),
          "reversed": ("Undone", "")}


@bp.get("")
@policy("data.import")
def index():
    rows = db.session.scalars(select(Import).order_by(Import.id.desc()).limit(LISTED)).all()
    return page("imports/index.html", rows=rows, states=STATES, kinds=KINDS)


@bp.get("/new")
@policy("data.import")
def new(error=None, pasted=""):
    return page("imports/new.html", status=422 if error else 200, error=error, pasted=pasted)


@bp.post("")
@policy("data.import")
def create():
    file, pasted = request.files.get("file"), request.form.get("pasted", "")
    try:
        if file and file.filename:
            one = wizard.begin(file.stream, file.filename, g.user)
        elif pasted.strip():
            one = wizard.begin(io.BytesIO(pasted.encode()), "pasted.csv", g.user)
        else:
            return new("Choose a file, or paste some rows.")
    except BadFile as refused:
        return new(str(refused), pasted[:100_000])
    return redirect_to(url_for(".show", import_id=one.public_id))


create._takes = LARGEST


@bp.get("/<import_id>")
@policy("data.import")
def show(import_id):
    one = Import.find_or_404(import_id)
    if hx().is_partial and one.state not in AT_WORK:
        return redirect_to(url_for(".show", import_id=import_id))
    return screen(one)


def screen(one: Import, error: BadStep | None = None):
    """The step this import is at; `?columns=1` leads back to its columns."""
    data = {"one": one, "states": STATES, "kind": KINDS[one.kind], "error": error}
    if one.state == "mapping" or (one.state == "checked" and "columns" in request.args) or error:
        return page("imports/mapping.html", status=422 if error else 200, choices=wizard.choices(KINDS[one.kind]),
                    kinds=[(name, kind.label) for name, kind in columns.offered().items()], orders=ORDERS,
                    encodings=tables.ENCODINGS, delimiters=tables.DELIMITERS,
                    order=order_in(one.shape, KINDS[one.kind], one.mapping), consents=wizard.CONSENTS,
                    home=current_account().currency, **data)
    if one.state in AT_WORK:
        return page("imports/working.html", part="imports/_working.html", waiting=waiting(one), **data)
    return page("imports/checked.html" if one.state == "checked" else "imports/result.html",
                remaining=remaining(one) if one.state == "reversed" else [], **data)


@bp.post("/<import_id>/mapping")
@policy("data.import")
def map_columns(import_id):
    """Keep what the form says; with other letters, another sign or kind the file is looked at again first."""
    one, form = Import.find_or_404(import_id), request.form
    try:
        told = (form.get("kind", one.kind), form.get("encoding", one.table["encoding"]),
                form.get("delimiter", one.table["delimiter"]))
        if told != (one.kind, one.table["encoding"], one.table["delimiter"]):
            wizard.read_again(one, *told)
            db.session.commit()
            return redirect_to(url_for(".show", import_id=import_id))
        mapping = {name: form.get(f"to-{place}", "leave") for place, name in enumerate(one.table["names"])}
        wizard.decide(one, mapping, form.get("dates", one.dates), form.get("origin", ""), form.get("consent", "?"))
        wizard.start(one, CHECKING)
    except BadStep as error:
        db.session.rollback()
        if one.state in ("mapping", "checked"):
            return screen(one, error)
        abort(409, str(error))
    db.session.commit()
    return redirect_to(url_for(".show", import_id=import_id))


def act(import_id, verb, *words):
    """One verb on an import, then its page."""
    one = Import.find_or_404(import_id)
    try:
        verb(one, *words)
    except BadStep as error:
        abort(409, str(error))
    db.session.commit()
    return redirect_to(url_for(".show", import_id=import_id))


@bp.post("/<import_id>/run")
@policy("data.import")
def run(import_id):
    return act(import_id, wizard.start, RUNNING)


@bp.post("/<import_id>/cancellation")
@policy("data.import")
def cancel(import_id):
    return act(import_id, wizard.stop)


@bp.post("/<import_id>/reversal")
@policy("data.import")
def reverse(import_id):
    return act(import_id, wizard.start, REVERSING)


@bp.get("/<import_id>/refused.csv")
@policy("data.import")
def refused(import_id):
    """The rows that stayed out, each with its reason, to be mended and brought again."""
    one = Import.find_or_404(import_id)
    name = f"refused-{one.public_id}.csv"
    return Response(stream_with_context(while_served(pieces(one, "refused"))), mimetype="text/csv", headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})
