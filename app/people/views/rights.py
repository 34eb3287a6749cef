"""What a person may ask of whoever keeps their data: a copy of everything, and to be forgotten."""
from flask import Response, flash, redirect, url_for

from app.accounts import audited
from app.kit.pages import page
from app.people.dossier import copied, dossier, held
from app.people.erasing import erase
from app.people.models import Person
from app.spine.db import db
from app.spine.policy import policy

from . import bp


@bp.get("/<public_id>/everything.zip")
@policy("data.export", fresh=True)
def everything(public_id):
    person = Person.find_or_404(public_id)
    packed = dossier(person)
    audited(db.session, "export", "people", person.public_id)
    db.session.commit()
    return Response(packed, mimetype="application/zip", headers={
        "Content-Disposition": f'attachment; filename="{person.public_id}.zip"'})


everything._writes = True                    # the copy leaves a line in the audit trail


@bp.get("/<public_id>/everything.json")
@policy("data.export", fresh=True)
def everything_as_json(public_id):
    person = Person.find_or_404(public_id)
    text = copied(person)
    audited(db.session, "export", "people", person.public_id)
    db.session.commit()
    return Response(text, mimetype="application/json", headers={
        "Content-Disposition": f'attachment; filename="{person.public_id}.json"', "Cache-Control": "no-store"})


everything_as_json._writes = True


@bp.get("/<public_id>/erasure")
@policy("data.erase")
def erasure(public_id):
    person = Person.find_or_404(public_id)
    rows = [(name.replace("_", " ").capitalize(), len(lines)) for name, lines in held(person).items()]
    return page("people/erasure.html", person=person, rows=rows)


@bp.post("/<public_id>/erasure")
@policy("data.erase", fresh=True)
def forget(public_id):
    erase(Person.find_or_404(public_id))
    db.session.commit()
    flash("Forgotten. Payments stay in the books without a name.")
    return redirect(url_for("people.index"), 303)
