"""What a person's page says about merging: who else they may be, what was merged into them, and the way to merge."""
from flask import render_template, url_for

from app.merging.suggestions import around
from app.spine.slots import fills

MOST = 3


@fills("person.notice", 10)
def notices(person):
    """Suggestions with a way to merge or dismiss, and merges that can still be undone."""
    suggestions, merges = around(person)
    if not suggestions and not merges:
        return None
    return render_template("merging/_notices.html", person=person, suggestions=suggestions[:MOST], merges=merges[:MOST])


@fills("person.action", 30, label="Merge with somebody", icon="git-merge", permission="data.merge")
def merge_with(person) -> str:
    return url_for("merging.choose", public_id=person.public_id)
