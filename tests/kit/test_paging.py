"""Keyset pages over people with gaps in the sort column."""
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.kit.paging import BadCursor, keyset
from app.people import Person
from app.spine.db import db

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def crowd(account):
    for i in range(23):
        db.session.add(Person(name=f"P{i}", last_active_at=None if i % 4 == 0 else START + timedelta(days=i % 5),
                              total_spent=i % 3))
    db.session.flush()


def walk(column, descending, limit=5):
    pages, cursor = [], None
    while True:
        page = keyset(db.session, select(Person), column, Person.id, descending=descending, cursor=cursor, limit=limit)
        pages.append(page)
        cursor = page.next_cursor
        if cursor is None:
            return pages


@pytest.mark.parametrize("name", ["last_active_at", "total_spent", "name"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_give_every_row_once_in_order(crowd, name, descending):
    people = [person for page in walk(getattr(Person, name), descending) for person in page.rows]
    known = sorted((p for p in people if getattr(p, name) is not None), key=lambda p: (getattr(p, name), p.id),
                   reverse=descending)
    unknown = sorted((p for p in people if getattr(p, name) is None), key=lambda p: p.id, reverse=descending)
    assert people == known + unknown and len({p.id for p in people}) == 23


@pytest.mark.parametrize("descending", [False, True])
def test_the_way_back_is_the_way_there(crowd, descending):
    pages = walk(Person.last_active_at, descending)
    assert pages[0].previous_cursor is None
    cursor, seen = pages[-1].previous_cursor, []
    while cursor:
        page = keyset(db.session, select(Person), Person.last_active_at, Person.id, descending=descending,
                      cursor=cursor, limit=5)
        seen.append([p.id for p in page.rows])
        assert page.next_cursor
        cursor = page.previous_cursor
    assert seen == [[p.id for p in page.rows] for page in reversed(pages[:-1])]


def test_tuples_stay_tuples(crowd):
    page = keyset(db.session, select(Person.name, Person.total_spent), Person.total_spent, Person.id, limit=2)
    assert page.rows == [("P0", 0), ("P3", 0)]


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "é", "bnVsbA", "WyJuYW1lIiwgMSwgMSwgMF0", "W10",
                                    "WyJuYW1lIixudWxsLC0xLDBd"])
def test_strange_cursors_are_refused(crowd, cursor):
    """Among them one with a number where the column holds text."""
    if not cursor:
        assert keyset(db.session, select(Person), Person.name, Person.id, cursor=cursor).rows
        return
    with pytest.raises(BadCursor):
        keyset(db.session, select(Person), Person.name, Person.id, cursor=cursor)


def test_a_cursor_belongs_to_its_order(crowd):
    cursor = keyset(db.session, select(Person), Person.name, Person.id, limit=3).next_cursor
    with pytest.raises(BadCursor, match="another order"):
        keyset(db.session, select(Person), Person.total_spent, Person.id, cursor=cursor)
