"""What is kept, how long, and whether it is copied: the page that answers a data question."""
from app.kit.clock import parse_time
from app.kit.pages import page
from app.spine.keeping import KEPT, last_copy, nightly
from app.spine.policy import policy
from app.spine.slots import fills

from .settings import bp

fills("settings.page", 75, label="Data", icon="download", permission="settings.read")("settings.data")
ALWAYS = [("People, notes, tags, segments", "until you erase the person or delete them"),
          ("Payments, refunds, memberships", "always; without a name once the person is erased"),
          ("What happened to people", "as long as the person"),
          ("Messages", "as long as the person; the words go when they are erased"),
          ("Audit trail", "always; what it says of an erased person is blanked")]


@bp.get("/data")
@policy("settings.read")
def data():
    terms = [(kept.label, f"after {kept.days} day{'s' * (kept.days > 1)}")
             for kept in sorted(KEPT, key=lambda kept: (kept.days, kept.label))]
    held = last_copy()
    return page("accounts/data.html", always=ALWAYS, terms=terms, nightly=nightly(),
                copied=parse_time(held["at"]) if held else None, how=held.get("how"))
