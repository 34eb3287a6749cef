"""The second half of account scoping: statements that the narrowing in `db` cannot reach are refused, not trusted.

Refused while an account is served, or none is: `text()`, plain tables (`Model.__table__`), bulk updates by a list of
dicts, and an `account_id` that is not the one being served. `across_accounts()` lifts it.
"""
from functools import cache

from sqlalchemy import Alias, Join, Select, Table, TextClause, UpdateBase, event
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from app.spine.db import ANY, Base, NoAccount, Owned, WrongAccount


class NotFenced(RuntimeError):
    """A statement that could touch any account's rows."""


@cache
def owned_tables() -> frozenset[str]:
    """Names of the tables whose rows belong to accounts; asked first when every model is known."""
    return frozenset(mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned))


@event.listens_for(Session, "do_orm_execute")
def refuse_the_unfenced(state) -> None:
    account_id = state.session.info.get("account_id")
    if account_id is ANY:
        return
    statement = state.statement
    if isinstance(statement, TextClause):
        raise NotFenced("text() knows no account")
    if state.is_insert or state.is_update:
        _check_values(statement, state, account_id)
    if not state.is_orm_statement and any(map(_unfenced, _statements(statement))):
        raise NotFenced("a plain table knows no account: select from the model")


def _statements(whole):
    """The statement and those inside it."""
    return (part for part in visitors.iterate(whole) if isinstance(part, Select | UpdateBase))


def _unfenced(element) -> bool:
    """Whether this part of a statement reads or writes an owned table without its model."""
    if getattr(element, "_propagate_attrs", {}).get("compile_state_plugin") == "orm":
        return False
    sources = element.get_final_froms() if isinstance(element, Select) else [getattr(element, "table", None)]
    return any(_plain(source) for source in sources)


def _plain(source) -> bool:
    """An owned table as it is, joined or under another name."""
    if isinstance(source, Join):
        return _plain(source.left) or _plain(source.right)
    if isinstance(source, Alias):
        return _plain(source.element)
    return isinstance(source, Table) and source.name in owned_tables()


def _check_values(statement, state, account_id) -> None:
    """What an INSERT or UPDATE would write as `account_id` has to be the account being served."""
    if statement.table.name not in owned_tables():
        return
    rows = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    if state.is_update and isinstance(state.parameters, list):
        raise NotFenced("a bulk update by primary keys knows no account")
    if account_id is None:
        raise NoAccount(f"{statement.table.name} written before an account was named")
    for row in (*rows, *_written(statement)):
        if row.get("account_id", account_id) != account_id:
            raise WrongAccount(f"{statement.table.name} of account {row['account_id']} written for {account_id}")


def _written(statement):
    """The values that stand in the statement itself, by column name and in clear."""
    single = statement._values or {}
    several = [row for rows in statement._multi_values for row in rows] if statement.is_insert else []
    for row in (single, *several):
        found = {getattr(key, "key", key): getattr(value, "value", value) for key, value in row.items()}
        if "account_id" in found:
            yield found
