"""The database: one base class, account scoping that cannot be forgotten, types both databases agree on.

A statement that touches an `Owned` model is narrowed to the session's account. No account named: `NoAccount`.
What that hook cannot reach (`Model.__table__`, `text()`, bulk updates by a list of dicts) is refused in `scope`.
"""
import secrets
import string
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache

from flask import abort
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Integer, MetaData, event, inspect, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, with_loader_criteria
from sqlalchemy.types import TypeDecorator

from app.kit.clock import now
from app.spine.compiled import run

NAMING = {"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
          "ck": "ck_%(table_name)s_%(constraint_name)s", "fk": "fk_%(table_name)s_%(column_0_N_name)s",
          "pk": "pk_%(table_name)s"}
ALPHABET = string.ascii_letters + string.digits
ANY = "any account"
PREFIXES: dict[str, type] = {}       # table name -> the class that names its rows
BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})


class NoAccount(RuntimeError):
    """A query or a write ran before anybody said for which account."""


class WrongAccount(RuntimeError):
    """A row of one account was about to be written while serving another."""


class Utc(TypeDecorator):
    """An instant. Refuses naive values, stores UTC, gives back aware UTC on both databases."""
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is not None and value.tzinfo is None:
            raise ValueError("naive time: say which zone it is in")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def token(length=20) -> str:
    """Random letters and digits, about 6 bits each."""
    return "".join(Dice().choices(ALPHABET, k=length))


class Row(Base):
    """Every table: an integer key and the moment it was made."""
    __abstract__ = True
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Utc, default=now)


class Owned:
    """A row that belongs to an account. Put `account_id` first in every index and unique key."""
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=False)


class Public:
    """A row that outsiders may name: `public_id` is random and starts with the class's PREFIX."""
    PREFIX = "row"
    public_id: Mapped[str] = mapped_column(
        unique=True, default=lambda context: new_public_id(PREFIXES[context.current_column.table.name]))

    @classmethod
    def find(cls, public_id):
        """The account's row with this public id, or None; absent and foreign look alike."""
        return db.session.scalar(select(cls).where(cls.public_id == public_id))

    @classmethod
    def find_or_404(cls, public_id):
        return cls.find(public_id) or abort(404)


class Dice(secrets.SystemRandom):
    """The system's randomness, asked once for all letters of a name."""

    def choices(self, letters, *, k):
        found, even = [], 256 - 256 % len(letters)
        while len(found) < k:
            found += [letters[byte % len(letters)] for byte in secrets.token_bytes(k + 8) if byte < even]
        return found[:k]


dice = Dice()        # names rows; the demo loads it, so that the same story gives the same names


def new_public_id(model) -> str:
    return f"{model.PREFIX}_{''.join(dice.choices(ALPHABET, k=20))}"


@event.listens_for(Public, "instrument_class", propagate=True)
def _note_prefix(mapper, cls):
    PREFIXES[mapper.local_table.name] = cls


def current_account_id() -> int:
    """The account this session serves; raises NoAccount when nobody said."""
    account_id = db.session.info.get("account_id")
    if account_id is None or account_id is ANY:
        raise NoAccount("no account is being served here")
    return account_id


def serve(account_id) -> None:
    """From here on this session sees and writes only this account's rows."""
    if account_id not in (None, ANY):
        for row in list(db.session.identity_map.values()):
            if isinstance(row, Owned) and inspect(row).dict.get("account_id", account_id) != account_id:
                db.session.expunge(row)      # already loaded, it would escape the hook through session.get()
    db.session.info["account_id"] = account_id


@contextmanager
def as_account(account_id):
    """Serve one account inside the block, then what was served before."""
    before = db.session.info.get("account_id")
    if db.session.new or db.session.dirty:
        db.session.flush()
    serve(account_id)
    try:
        yield
    finally:
        if db.session.is_active and (db.session.new or db.session.dirty):
            db.session.flush()
        serve(before)


def while_served(rows):
    """The same rows, for a streamed answer: it is read after the request's session ended, so it names the account
    anew."""
    account_id = current_account_id()

    def read():
        serve(account_id)
        only_reading()
        yield from rows
    return read()


def across_accounts():
    """For the few places that serve everybody: claims, log-in, health. Grep for it."""
    return as_account(ANY)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state):
    account_id = state.session.info.get("account_id")
    if account_id is ANY:
        return
    if account_id is None:
        if any(issubclass(mapper.class_, Owned) for mapper in state.all_mappers):
            raise NoAccount("this query needs an account: use serve(), as_account() or across_accounts()")
        return
    state.statement = state.statement.options(_only(account_id))


@lru_cache(maxsize=4096)
def _only(account_id: int):
    """The criterion of one account; made once, because it rides on every statement."""
    return with_loader_criteria(Owned, lambda cls: cls.account_id == account_id, include_aliases=True,
                                propagate_to_loaders=False)      # each load is narrowed on its own, once


def outermost(session) -> bool:
    """Whether an event of this session concerns its whole transaction, and not just a savepoint."""
    return not session.in_nested_transaction()


@event.listens_for(Session, "before_flush")
def _check_owner(session, context, instances):
    account_id = session.info.get("account_id")
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Public) and row.public_id is None:
            row.public_id = new_public_id(type(row))
        if not isinstance(row, Owned):
            continue
        if row.account_id is None and account_id not in (None, ANY):
            row.account_id = account_id
        if account_id is None:
            raise NoAccount(f"{type(row).__name__} written before an account was named")
        if account_id is not ANY and row.account_id != account_id:
            raise WrongAccount(f"{type(row).__name__} of account {row.account_id} written for {account_id}")


def is_postgres() -> bool:
    return db.engine.dialect.name == "postgresql"


def insert_once(model, keys, **values):
    """Insert unless the unique `keys` are taken. The new id, or None when the row was there before."""
    return _put(model, keys, _whole(model, values))


def add_once(model, keys, **values):
    """Like `insert_once`, but gives the new row itself, without reading it back. No `keys`: nothing can be taken."""
    whole = _whole(model, values)
    made = _put(model, keys, whole)
    if made is None:
        return None
    row = inspect(model).class_manager.new_instance()
    inspect(row).dict.update({**_defaults(model), **whole, "id": made})
    db.session.add(row)
    db.session()._register_persistent({inspect(row)})       # as a flush does when it has inserted
    return row


def _put(model, keys, whole: dict):
    """The most frequent writes of all: a statement made once, on the session's own connection."""
    if db.session.new and db.session.autoflush:
        db.session.flush()
    given = {name: value for name, value in whole.items() if value is not None}
    return run(db.session.connection(), _unless_taken(model, keys, is_postgres()), given).scalar()


def _whole(model, values: dict) -> dict:
    """The values with what every row needs; raises WrongAccount for a row of somebody else's."""
    values.setdefault("created_at", now())
    if issubclass(model, Owned):
        serving = db.session.info.get("account_id")
        if values.setdefault("account_id", serving) in (None, ANY):
            raise NoAccount(f"{model.__name__} written before an account was named")
        if serving is not ANY and values["account_id"] != serving:
            raise WrongAccount(f"{model.__name__} of account {values['account_id']} written for {serving}")
    if issubclass(model, Public):
        values.setdefault("public_id", new_public_id(model))
    return values


def _defaults(model) -> dict:
    """Every column but the key, with its default or None."""
    return {name: make(None) if callable(make) else make for name, make in _columns(model)}


@cache
def _columns(model) -> list:
    return [(column.key, column.default.arg if column.default is not None else None)
            for column in inspect(model).columns if column.key not in ("id", "public_id")]


@lru_cache(maxsize=512)
def _unless_taken(model, keys, _dialect):
    statement = _insert(model.__table__)
    if keys:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    return statement.returning(model.__table__.c.id)


def upsert(model, keys, values, update):
    """Insert, or update the columns named in `update` where the unique `keys` are taken. The row's id."""
    if db.session.new and db.session.autoflush:
        db.session.flush()
    return upsert_row(db.session.connection(), model, keys, _whole(model, values), update)


def upsert_row(bind, model, keys, values, update):
    """`upsert` on a session or, while one flushes, on its connection."""
    values.setdefault("created_at", now())
    return bind.execute(_or_update(model, keys, tuple(update), is_postgres()), [values]).scalar_one()


@lru_cache(maxsize=512)
def _or_update(model, keys, update, _dialect):
    statement = _insert(model)
    statement = statement.on_conflict_do_update(
        index_elements=[getattr(model, key) for key in keys],
        set_={name: statement.excluded[name] for name in update})
    return statement.returning(model.id)


def _insert(model):
    from sqlalchemy.dialects import postgresql, sqlite
    return (postgresql if is_postgres() else sqlite).insert(model)


def only_reading():
    """Mark this session's transaction as a read: it does not queue behind writers."""
    db.session.connection(execution_options={"reading": True})
