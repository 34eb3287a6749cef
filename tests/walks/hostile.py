"""An account with fifty payloads in every text column, planted into a seeded house; prints the way in as JSON."""
import json

from app import create_app
from app.accounts import Account, Seat, User, link_for
from app.spine.db import across_accounts, db, serve
from tests.attacks.payloads import ALL
from tests.attacks.seed import plant

app = create_app()
with app.app_context():
    hostile = Account(slug="hostile", name="Hostile")
    with across_accounts():
        db.session.add(hostile)
        db.session.flush()
        db.session.add(User(email="zoe@hostile.test", name="Zoe", seats=[
            Seat(account_id=hostile.id, role="company_owner")]))
        db.session.commit()
    serve(hostile.id)
    planted = plant(hostile, " ".join(ALL))
    planted["accounts"] = hostile
    told = {"link": link_for("zoe@hostile.test"), "ids": {table: planted.id(table) for table in planted.ids()}}
    db.session.commit()
    print(json.dumps(told))
