"""Writers of SQLite queue: whoever waits comes next, nobody waits for ever, and a dead one holds nobody up."""
import os
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app.spine.engine import tune
from app.spine.turns import TwoTurns, long_work, wanted

HOLD = """
import sys, time
from sqlalchemy import create_engine, text
from app.spine.engine import tune
engine = create_engine(sys.argv[1])
tune(engine, 5)
with engine.begin() as connection:
    connection.execute(text("insert into t values (0)"))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def made(tmp_path):
    url = f"sqlite:///{tmp_path}/turns.db"
    engine = create_engine(url)
    tune(engine, 1)
    with engine.begin() as connection:
        connection.execute(text("create table t (n integer)"))
    yield engine, url
    engine.dispose()


def hold(url):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True,
                              env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert holder.stdout.readline().strip() == "held"
    return holder


def write(engine, number=1):
    with engine.begin() as connection:
        connection.execute(text("insert into t values (:n)"), {"n": number})


def test_nobody_waits_for_ever_and_a_dead_one_holds_nobody_up(made):
    engine, url = made
    holder = hold(url)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="database is locked"):
        write(engine)
    assert 0.9 < time.monotonic() - began < 5
    holder.kill()
    holder.wait()
    write(engine)
    with engine.connect() as connection:
        assert connection.execute(text("select n from t")).scalars().all() == [1]


def test_long_work_hears_that_somebody_waits_and_lets_all_of_them_in(made):
    engine, _url = made
    others = [threading.Thread(target=write, args=(engine, 2)) for _ in range(4)]

    def work():
        long_work()
        with engine.connect() as connection:
            transaction = connection.begin()
            connection.execute(text("insert into t values (1)"))
            assert not wanted()
            for other in others:
                other.start()
            end = time.monotonic() + 1
            while not wanted():
                assert time.monotonic() < end
            time.sleep(0.1)                      # by now all of them stand in line
            transaction.commit()
        write(engine, 3)

    lane = threading.Thread(target=work)
    lane.start()
    for thread in (lane, *others):
        thread.join(5)
    with engine.connect() as connection:
        assert connection.execute(text("select n from t order by rowid")).scalars().all() == [1, 2, 2, 2, 2, 3]


def test_a_thread_that_would_wait_for_itself_is_told(made):
    engine, _url = made
    with engine.begin() as connection:
        connection.execute(text("insert into t values (1)"))
        with pytest.raises(TwoTurns):
            write(engine)


def test_a_connection_that_is_anothers_by_now_is_not_mine(made):
    """This thread wrote through it, gave it back, and another thread writes through it when this one comes again."""
    engine, _url = made
    write(engine, 1)
    taken, may_end = threading.Event(), threading.Event()

    def other():
        with engine.begin() as connection:
            connection.execute(text("insert into t values (2)"))
            taken.set()
            may_end.wait(5)

    thread = threading.Thread(target=other)
    thread.start()
    assert taken.wait(5) and not wanted()
    threading.Timer(0.2, may_end.set).start()
    write(engine, 3)
    thread.join(5)
    with engine.connect() as connection:
        assert connection.execute(text("select n from t order by rowid")).scalars().all() == [1, 2, 3]
