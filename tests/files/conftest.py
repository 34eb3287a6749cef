"""The wizard, gone through by its forms."""
import io
import re

import pytest
from sqlalchemy import inspect, select

from app.connections import Import
from app.spine.db import across_accounts, db
from app.spine.jobs import drain

LEFT = {"imports", "import_pieces", "jobs", "audits", "sign_ins", "exports", "marks", "buckets", "stale_books"}


class Wizard:
    """Olu at the wizard: each step is the form she would send."""

    def __init__(self, desk):
        self.desk, self.address = desk, None

    def bring(self, text, name="people.csv"):
        body = text if isinstance(text, bytes) else text.encode()
        answer = self.desk.post("/settings/imports", data={"file": (io.BytesIO(body), name)},
                                content_type="multipart/form-data")
        self.address = answer.location
        return answer

    @property
    def one(self) -> Import:
        db.session.expire_all()
        return db.session.scalar(select(Import).where(Import.public_id == self.address.rsplit("/", 1)[1]))

    def form(self, **told) -> dict:
        """What the page of columns would send, some of it changed."""
        one = self.one
        form = {f"to-{place}": one.mapping.get(name) for place, name in enumerate(one.table["names"])}
        return {**form, "dates": one.dates, "origin": "A friend's list", "consent": "", **told}

    def check(self, **told):
        answer = self.desk.post(f"{self.address}/mapping", data=self.form(**told))
        if answer.status_code == 303:
            drain()
        return answer

    def run(self):
        answer = self.desk.post(f"{self.address}/run")
        drain()
        return answer

    def take(self, text, name="people.csv", **told) -> dict:
        """All of it; the counts it ends with, which are those the dry run promised."""
        assert self.bring(text, name).status_code == 303
        assert self.check(**told).status_code == 303
        promised = self.one.checked
        assert self.one.state == "checked", self.one.error
        assert self.run().status_code == 303
        assert self.one.state == "done" and self.one.counts == promised
        return self.one.counts

    def undo(self):
        answer = self.desk.post(f"{self.address}/reversal")
        drain()
        return answer

    @property
    def page(self) -> str:
        return re.sub(r"\s+", " ", self.desk.get(self.address).text)


@pytest.fixture
def wizard(desk):
    return Wizard(desk)


@pytest.fixture
def tables(app):
    """All tables as they are now, but for those that only say what was done."""
    def read() -> dict:
        db.session.commit()
        with across_accounts():
            found = {}
            for mapper in db.Model.registry.mappers:
                name = mapper.local_table.name
                if name not in LEFT:
                    columns = [column for column in inspect(mapper.class_).column_attrs if column.key != "updated_at"]
                    rows = db.session.execute(select(*(getattr(mapper.class_, one.key) for one in columns))).tuples()
                    found[name] = sorted(map(repr, rows))
            return found
    return read
