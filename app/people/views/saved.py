"""Saved views of the list of people."""
from flask import g, request, url_for

from app.kit.pages import redirect_to, toast
from app.people.models import SavedView
from app.people.views.listing import Listing
from app.spine.db import db
from app.spine.policy import policy

from . import bp


@bp.post("/views")
@policy("people.write")
def save_view():
    """Keep the list that the address describes under a name."""
    listing = Listing.of(request.args)
    try:
        view = SavedView.keep(request.form.get("name", ""), listing.args(), g.user)
    except ValueError as error:
        db.session.rollback()
        return toast(redirect_to(url_for(".index", **listing.args())), str(error))
    db.session.commit()
    return toast(redirect_to(url_for(".index", **view.args)), f"{view.name} is saved")


@bp.post("/views/<view_id>/removal")
@policy("people.write")
def drop_view(view_id):
    view = SavedView.find_or_404(view_id)
    db.session.delete(view)
    db.session.commit()
    return toast(redirect_to(url_for(".index")), f"{view.name} is deleted. The people stay.")
