"""Rows point only at rows of their own account, whatever the code above forgets.

Beside every foreign key between two owned tables stands one that includes the account. The plain key deletes or
empties; this one only refuses, at the end of the transaction, so that the order of the two never matters.
"""
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import configure_mappers


def put_up(metadata) -> None:
    """Add the fences to the tables. After the mappers: relationships follow the plain keys alone."""
    configure_mappers()
    for table in metadata.tables.values():
        for key in list(table.foreign_key_constraints):
            if len(key.elements) == 1 and owned(table) and owned(key.referred_table):
                fence(table, key.elements[0])


def owned(table) -> bool:
    """Whether every row of it belongs to an account."""
    return "account_id" in table.c and not table.c.account_id.nullable


def fence(table, key) -> None:
    name = f"fk_{table.name}_{key.parent.name}_account"
    if any(constraint.name == name for constraint in table.constraints):
        return
    parent = key.column.table
    unique = f"uq_{parent.name}_account_id_id"
    if not any(constraint.name == unique for constraint in parent.constraints):
        parent.append_constraint(UniqueConstraint("account_id", "id", name=unique))
    table.append_constraint(ForeignKeyConstraint(
        ["account_id", key.parent.name], [parent.c.account_id, parent.c.id], name=name,
        deferrable=True, initially="DEFERRED"))
