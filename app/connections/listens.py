"""How long webhooks are kept: their words 30 days (jobs.forget_bodies), that they came a year, for late repeats."""
from sqlalchemy import delete, select

from app.spine.db import db
from app.spine.events import hears
from app.spine.keeping import keeps

from .files.models import OPEN, Import, Piece
from .models import Delivery

keeps("Webhooks, without their words after 30 days", Delivery, "received_at", 365, Delivery.state != "waiting")


@hears("person.erased")
def forget_files(_event) -> None:
    """Rows of imports that are over may tell of them: what stayed out is let go, for everybody."""
    over = select(Import.id).where(Import.state.not_in(OPEN))
    db.session.execute(delete(Piece).where(Piece.import_id.in_(over)).execution_options(synchronize_session=False))
