"""Settings, Exports: what left the house, and each of these files once more."""
from flask import Blueprint
from sqlalchemy import select

from app.kit.pages import page
from app.spine.db import db
from app.spine.policy import policy
from app.spine.slots import fills

from ..files.exports import sent
from ..files.models import Export

bp = Blueprint("exports", __name__, url_prefix="/settings/exports")
fills("settings.page", 32, label="Exports", icon="download", permission="data.export")("exports.index")
LISTED = 100


@bp.get("")
@policy("data.export")
def index():
    return page("exports/index.html", rows=db.session.scalars(
        select(Export).order_by(Export.id.desc()).limit(LISTED)).all())


@bp.get("/<export_id>/file")
@policy("data.export", fresh=True)
def file(export_id):
    """As the house stands now, under the same filter and with the same columns."""
    return sent(Export.find_or_404(export_id))


file._writes = True                 # its line in the audit trail
