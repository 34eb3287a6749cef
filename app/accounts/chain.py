"""What keeps the audit trail whole: triggers against changing it, a sealed tip against cutting it off, and the one way
to take a person out of it."""
import hmac
import re
from contextlib import contextmanager

from sqlalchemy import DDL, delete, event, select
from sqlalchemy.orm import Session

from app.kit.crypto import digests
from app.spine.db import is_postgres, upsert_row
from app.spine.installation import Mark

from .audit import GENESIS, Audit

ALLOWED = "EXISTS (SELECT 1 FROM marks WHERE name = 'audit rewriting')"
WORDS = "the audit trail is only added to"
ERASED = "[erased]"


@contextmanager
def rewriting(session):
    """Inside the block, and in this transaction alone, the triggers let the trail be changed."""
    session.add(Mark(name="audit rewriting", value={}))
    session.flush()
    yield
    session.flush()
    session.execute(delete(Mark).where(Mark.name == "audit rewriting"))


def tip_of(account_id: int) -> str:
    return f"audit tip {account_id}"


def seal_tip(session, account_id: int, last: str) -> None:
    """Keep which hash the trail ends with, under a key the database does not hold."""
    value = {"hash": last, "seal": digests(last, tip_of(account_id))[0]}
    upsert_row(session.connection(), Mark, ("name",), {"name": tip_of(account_id), "value": value}, ("value",))


@event.listens_for(Session, "after_flush")
def _move_tip(session, _context):
    lines = sorted((row for row in session.new if isinstance(row, Audit)), key=lambda row: row.id)
    for account_id, last in {row.account_id: row.hash for row in lines}.items():
        seal_tip(session, account_id, last)


def verify(session, account_id: int) -> list[str]:
    """Walk the chain: the public ids of lines that do not follow from the one before, and what is wrong at its end."""
    broken, prev = [], GENESIS
    for row in lines_of(session, account_id):
        if row.prev != prev or row.hash != row.computed():
            broken.append(row.public_id)
        prev = row.hash
    tip = session.scalar(select(Mark.value).where(Mark.name == tip_of(account_id)))
    if tip is None:
        return broken + (["the end: nothing says where it was"] if prev != GENESIS else [])
    if not any(hmac.compare_digest(tip["seal"], good) for good in digests(tip["hash"], tip_of(account_id))):
        broken.append("the end: sealed with another SECRET_KEY")
    elif tip["hash"] != prev:
        broken.append("the end: lines are missing")
    return broken


def lines_of(session, account_id: int, batch: int = 500):
    """Every line of an account, oldest first, without holding them all."""
    after = 0
    while rows := session.scalars(select(Audit).where(Audit.account_id == account_id, Audit.id > after)
                                  .order_by(Audit.id).limit(batch)).all():
        after = rows[-1].id
        yield from rows


def forget(session, account_id: int, person_id: int, public_id: str, said: re.Pattern) -> int:
    """Blank what the trail says of a person and chain it anew from there on. How many lines told of them."""
    blanked, prev = 0, GENESIS
    with rewriting(session):
        for row in lines_of(session, account_id):
            if tells_of(row, person_id, public_id, said):
                row.before, row.after = dict.fromkeys(row.before, ERASED), dict.fromkeys(row.after, ERASED)
                blanked += 1
            if blanked:
                row.prev, row.hash = prev, row.computed_after(prev)
            prev = row.hash
        if blanked:
            session.flush()
            seal_tip(session, account_id, prev)
    session.info.pop("audit_tip", None)
    return blanked


def tells_of(row: Audit, person_id: int, public_id: str, said: re.Pattern) -> bool:
    """Whether a line is about this person: by id, or because it says what points to them alone."""
    if row.object_id == public_id or person_id in (row.before.get("person_id"), row.after.get("person_id")):
        return True
    return said.search(f"{row.before}{row.after}") is not None


def _guard(table, connection, **_more):
    """The triggers, for tables made from the models; migration 0002 makes the same."""
    if is_postgres():
        connection.execute(DDL(
            f"CREATE OR REPLACE FUNCTION audits_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NOT {ALLOWED} THEN RAISE EXCEPTION '{WORDS}'; END IF; RETURN COALESCE(NEW, OLD); END $$"))
        connection.execute(DDL("CREATE TRIGGER audits_are_kept BEFORE UPDATE OR DELETE ON audits "
                               "FOR EACH ROW EXECUTE FUNCTION audits_are_kept()"))
        return
    for act in ("update", "delete"):
        connection.execute(DDL(f"CREATE TRIGGER audits_are_kept_{act} BEFORE {act} ON audits WHEN NOT {ALLOWED} "
                               f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"))


event.listen(Audit.__table__, "after_create", _guard)
