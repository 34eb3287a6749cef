"""Everybody who may be there twice."""
from flask import request, url_for

from app.kit.pages import hx, page, redirect_to, toast
from app.merging.suggestions import dismiss, how_many, open_suggestions
from app.people import MergeSuggestion
from app.spine.db import db
from app.spine.policy import policy

from . import bp


def shown():
    return page("merging/suggestions.html", part="merging/_suggestions.html", suggestions=open_suggestions(),
                total=how_many())


@bp.get("/merge-suggestions")
@policy("data.merge")
def suggestions():
    return shown()


def marked(suggestion_id: str, state: str):
    row = MergeSuggestion.find_or_404(suggestion_id)
    dismiss(row, state)
    db.session.commit()
    if hx().is_partial and not request.form.get("from"):
        return shown()
    home = request.values.get("from", "")
    return redirect_to(url_for("people.show", public_id=home) if home else url_for(".suggestions"))


@bp.post("/merge-suggestions/<suggestion_id>/dismissal")
@policy("data.merge")
def dismissal(suggestion_id):
    answer = marked(suggestion_id, "dismissed")
    return toast(answer, "Kept as two people.", undo=url_for(".reopening", suggestion_id=suggestion_id,
                                                             **{"from": request.values.get("from") or None}))


@bp.post("/merge-suggestions/<suggestion_id>/dismissal/removal")
@policy("data.merge")
def reopening(suggestion_id):
    return marked(suggestion_id, "open")
