"""Changes of people: over the API, and as Whop tells them."""
import json
import time
import urllib.request

from .load import Request, closed, open_loop
from .rows import Result
from .whop import delivery, membership

MINUTE = 10_000


def over_the_api(stage) -> Result:
    """PATCH, one person at a time, over eight connections."""
    _ = stage.filled
    auth = {"Authorization": f"Bearer {stage.token}", "Content-Type": "application/json"}
    listing = urllib.request.Request(f"{stage.url}/api/v1/people?limit=200", headers=auth)
    ids = [one["id"] for one in json.load(urllib.request.urlopen(listing, timeout=30))["data"]]
    tally = closed(Request(stage.url, "PATCH", auth, path=lambda number: f"/api/v1/people/{ids[number % len(ids)]}",
                           make=lambda number: ({}, json.dumps({"name": f"Runner {number}"}).encode())), 800, 8)
    return Result("people changed over the API, a minute", tally.rate * 60, "", aim=f">= {MINUTE:,}",
                  ok=not tally.errors and tally.rate * 60 >= MINUTE, more={"errors": tally.errors})


def as_whop_tells(stage) -> Result:
    """membership.updated as fast as they are taken, until the last is settled."""
    stage.settle()
    number, began = 1000, time.perf_counter()
    open_loop(Request(stage.url + stage.hook, "POST", make=lambda n: delivery(
        *membership(500_000 + n, "past_due"), f"u{n}")), 200, number / 200)
    for _ in range(60):
        if not stage.waiting():
            break
        time.sleep(0.5)
    rate = number / (time.perf_counter() - began) * 60
    return Result("memberships changed by webhooks, a minute", rate, "", aim=f">= {MINUTE:,}", ok=rate >= MINUTE)


ROWS = [over_the_api, as_whop_tells]
