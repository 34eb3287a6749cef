"""Files: imports that are brought, tried, taken in and taken back; exports that are ordered and fetched."""
from flask import Blueprint, request
from sqlalchemy import select

from app.api import dress, shapes
from app.api.door import answers, problem
from app.api.lists import found_or_problem, listed
from app.connections import Export, Import, exports, wizard
from app.kit.csv import LARGEST
from app.spine.db import db
from app.spine.policy import policy

bp = Blueprint("api_files", __name__, url_prefix="/api/v1")


@answers(bp, "/imports", "GET", "data.import", shapes.Listed, query=shapes.ListQuery, tags=["imports"])
def imports_index():
    """What came in by a file, the newest first."""
    return listed(select(Import), lambda rows: [dress.imported(row) for row in rows],
                  {"created_at": Import.created_at}, "-created_at", Import)


@answers(bp, "/imports/<row_id>", "GET", "data.import", shapes.Row, tags=["imports"])
def imports_show(row_id):
    return dress.imported(found_or_problem(Import, row_id))


@answers(bp, "/imports", "POST", "data.import", shapes.Row, 201, query=shapes.ImportQuery, tags=["imports"])
def imports_create():
    """Send the file as `text/csv`, or as `file` of a form. With `source` it is tried (`dry_run=1`) or taken in at once,
    by the mapping it was recognised with; without, it waits for its mapping."""
    given = {**request.args.to_dict(), **(request.form.to_dict() if request.mimetype != "text/csv" else {})}
    file = request.files.get("file") if request.mimetype != "text/csv" else None
    if given.get("kind") and given["kind"] not in wizard.offered():
        problem(422, f"kind is one of {', '.join(wizard.offered())}.", "kind")
    try:
        one = wizard.begin(file.stream if file else request.stream, file.filename if file else
                           given.get("file_name", "api.csv"), kind=given.get("kind"))
    except wizard.BadFile as refused:
        problem(422, str(refused), "file")
    if given.get("source"):
        _decided(one, {"source": given["source"], "consent": given.get("consent", ""),
                       "dry_run": given.get("dry_run") == "1"})
    return dress.imported(one), 201


imports_create._takes = LARGEST


@answers(bp, "/imports/<row_id>/mapping", "POST", "data.import", shapes.Row, 201, json=shapes.ImportMapping,
         tags=["imports"])
def imports_map(row_id):
    """Say where each column goes, and try it or take it in."""
    one = found_or_problem(Import, row_id)
    _decided(one, request.get_json(silent=True) or {})
    return dress.imported(one), 201


def _decided(one: Import, told: dict) -> None:
    try:
        wizard.decide(one, {**one.mapping, **(told.get("mapping") or {})}, told.get("dates") or one.dates,
                      told.get("source") or one.origin, told.get("consent") or "")
        wizard.start(one, wizard.CHECKING if told.get("dry_run") else wizard.RUNNING)
    except wizard.BadStep as error:
        db.session.rollback()
        problem(422, str(error), {"origin": "source"}.get(error.field, error.field))
    db.session.commit()


def _step(row_id: str, verb, *words):
    one = found_or_problem(Import, row_id)
    try:
        verb(one, *words)
    except wizard.BadStep as error:
        problem(409, str(error))
    db.session.commit()
    return dress.imported(one), 201


@answers(bp, "/imports/<row_id>/runs", "POST", "data.import", shapes.Row, 201, tags=["imports"])
def imports_run(row_id):
    """Take in what was tried."""
    return _step(row_id, wizard.start, wizard.RUNNING)


@answers(bp, "/imports/<row_id>/cancellations", "POST", "data.import", shapes.Row, 201, tags=["imports"])
def imports_cancel(row_id):
    """Stop it; what is in by then stays until it is taken back."""
    return _step(row_id, wizard.stop)


@answers(bp, "/imports/<row_id>/reversals", "POST", "data.import", shapes.Row, 201, tags=["imports"])
def imports_reverse(row_id):
    """Take all of it back, within 30 days; `remaining` tells what could not be, and why."""
    return _step(row_id, wizard.start, wizard.REVERSING)


@answers(bp, "/exports", "GET", "data.export", shapes.Listed, query=shapes.ListQuery, tags=["exports"])
def exports_index():
    """What left the house as a file, the newest first."""
    return listed(select(Export), lambda rows: [dress.exported(row) for row in rows],
                  {"created_at": Export.created_at}, "-created_at", Export)


@answers(bp, "/exports", "POST", "data.export", shapes.Row, 201, json=shapes.NewExport, tags=["exports"])
def exports_create():
    """Order a file; fetch it from its `file`."""
    told = request.get_json(silent=True) or {}
    asked = {name: told[name] for name in ("stage", "segment", "tag", "q", "tab") if told.get(name)}
    try:
        one = exports.order(told.get("kind", "people"), asked, told.get("format", "csv"), told.get("columns"))
    except exports.BadOrder as error:
        problem(422, str(error), error.field)
    db.session.commit()
    return dress.exported(one), 201


@bp.get("/exports/<row_id>/file")
@policy("data.export")
def exports_file(row_id):
    """The file as the house stands now; streamed."""
    return exports.sent(found_or_problem(Export, row_id))


exports_file._writes = True             # its line in the audit trail
