"""Fill a fresh database with a small demo; prints ways in and the address of its webhook as one JSON line."""
import json

from app import create_app
from app.accounts import account_by_slug, link_for
from app.bulk import BulkAction, Selection, carry
from app.connections import Connection
from app.demo.commands import OWNER, SECRET, build
from app.segments import Segment, watch
from app.spine.db import db, serve

app = create_app()
with app.app_context():
    db.create_all()
    build(14, 7)
    serve(account_by_slug("demo").id)
    db.session.add(Segment(name="Paying", condition={"all": [{"field": "total_spent", "op": "gt", "value": 0}]}))
    stage = {"field": "stage", "op": "is", "value": "lead"}
    watched = Segment(name="Watched", condition={"all": [stage]}, colour="sky")
    db.session.add(watched)
    watch(watched)
    done = BulkAction.make("add_tag", {"tag": "Seen"}, Selection(tree={**stage, "value": "member"}))
    done.start(at_once=True)
    db.session.commit()
    carry(done.id)
    links = [link_for(OWNER) for _ in range(2)]
    connection = db.session.scalar(db.select(Connection).where(Connection.source == "whop"))
    db.session.commit()
    print(json.dumps({"links": links, "hook": connection.webhook_path, "secret": SECRET}))
