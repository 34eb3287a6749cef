"""The webhook door: signature, dedupe, insert, commit; the worker absorbs what comes in meanwhile, as in life."""
import hashlib
import hmac
import json

from .load import Request, closed, open_loop
from .rows import Result
from .whop import delivery, payment

FLOOR_SECRET = b"floor-secret"
SECONDS, ROUNDS = 4, 3


def ours(stage) -> Request:
    return Request(stage.url + stage.hook, "POST", make=lambda number: delivery(*payment(number), f"h{number}"))


def floor(stage, path: str) -> Request | None:
    def make(number):
        body = json.dumps({"id": f"evt_{number}", **payment(number)[1]} | {"id": f"evt_{number}"}).encode()
        return {"Content-Type": "application/json",
                "X-Signature": hmac.new(FLOOR_SECRET, body, hashlib.sha256).hexdigest()}, body
    return Request(stage.floor + path, "POST", make=make) if stage.floor else None


def _at(stage, rate: int) -> Result:
    """Open loop by turns; the middle of the rounds' p95 on each side."""
    sides = [(ours(stage), []), (floor(stage, "/hook-signed"), [])]
    errors, worst = {}, 0.0
    for turn in range(ROUNDS):
        for request, found in sides[::1 if turn % 2 else -1]:
            if request is None:
                continue
            tally = open_loop(request, rate, SECONDS)
            found.append(tally.at(95))
            if found is sides[0][1]:
                errors, worst = {**errors, **tally.errors}, max(worst, tally.at(100))
    mine, theirs = (sorted(found)[len(found) // 2] if found else None for _, found in sides)
    return Result(f"webhook kept, {rate}/s, p95", mine, floor=theirs, aim="<= 2 x floor", note=f"max {worst:.0f} ms",
                  ok=not errors and (theirs is None or mine <= 2 * theirs), more={"errors": errors})


def at_100(stage) -> Result:
    return _at(stage, 100)


def at_400(stage) -> Result:
    return _at(stage, 400)


def saturation(stage) -> Result:
    """As many as it takes; the floor without a signature."""
    mine = closed(ours(stage), 2000, 16).rate
    theirs = closed(floor(stage, "/hook"), 2000, 16).rate if stage.floor else None
    return Result("webhooks kept a second, at most", mine, "/s", theirs, ">= 0.5 x floor",
                  theirs is None or mine >= theirs / 2)


ROWS = [at_100, at_400, saturation]
