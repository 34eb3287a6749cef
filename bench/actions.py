"""From a webhook to what a playbook does about it: one action per event, and how long it took."""
import json

from .load import Request, open_loop
from .rows import Result
from .whop import delivery, membership, payment

RATE, SECONDS = 100, 30


def switch_on(stage, rules: int) -> None:
    """So many rules on what will be sent, each with a condition; two of them match, one for each kind of event."""
    stage.python(f"import runpy, sys; sys.argv[1:] = ['rules', '{rules}'];"
                 "runpy.run_module('bench.inside', run_name='__main__')")


def figures(stage) -> dict:
    """What the database says once everything is through: see `bench.inside`."""
    stage.settle()
    return json.loads(stage.python("import runpy, sys; sys.argv[1:] = ['figures'];"
                                   "runpy.run_module('bench.inside', run_name='__main__')"))


def _send(stage, start: int, rate: int, seconds: int):
    def make(number):
        serial = start + number
        return delivery(*(payment if serial % 2 else membership)(serial), f"a{serial}")
    return open_loop(Request(stage.url + stage.hook, "POST", make=make), rate, seconds)


def webhook_to_action(stage) -> list[Result]:
    """With a hundred rules on: half the aim's traffic, then all of it."""
    _ = stage.hook, stage.url
    switch_on(stage, 100)
    stage.settle()
    _send(stage, 600_000, 20, 3)
    warm = figures(stage)["actions"]
    half, warm = _measured(stage, 700_000, RATE // 2, warm)
    whole, _ = _measured(stage, 800_000, RATE, warm)
    return half + whole


def _measured(stage, start: int, rate: int, warm: int) -> tuple[list[Result], int]:
    """So many a second for half a minute, and how many actions there are afterwards."""
    _send(stage, start, rate, SECONDS)
    found = figures(stage)
    done = found["actions"] - warm
    lags = sorted(found["lags"][-done:])
    p95, most = lags[int(len(lags) * .95)] * 1000, lags[-1] * 1000
    return [Result(f"webhook to action, {rate}/s, 100 rules, p95", p95, aim="<= 500 ms", ok=p95 <= 500),
            Result(f"webhook to action, {rate}/s, 100 rules, max", most, aim="<= 2,000 ms", ok=most <= 2000),
            Result(f"actions of distinct events at {rate}/s", done, "", rate * SECONDS, "1.00", done == rate * SECONDS)
            ], found["actions"]


ROWS = [webhook_to_action]
