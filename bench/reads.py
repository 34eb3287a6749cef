"""Lists, segments, search, the dashboard, exports: everything that is looked at."""
import json
import re
import shutil
import sqlite3
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from . import books, neighbours
from . import memory as memories
from .load import Request, closed, open_loop, paired
from .rows import Result
from .stage import COMPANY, SLUG, Stage

PASSWORD, OWNER = "a-password-for-measuring", "owner@bench.example"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def leaf(field, op, value) -> dict:
    return {"field": field, "op": op, "value": value}


ACTIVE, VIP = leaf("membership_status", "is", "active"), leaf("tags", "has", "vip")
QUESTIONS = {
    "status is active": (ACTIVE, "status='active'"),
    "joined in 30 days": (leaf("joined_at", "after", "2026-10-01"), "joined_at>='2026-10-02'"),
    "at risk": ({"all": [ACTIVE, leaf("total_spent", "gte", 50000), leaf("last_active_at", "before", "2026-10-02")]},
                "status='active' AND total_revenue_cents>=50000 AND last_active_at<'2026-10-02'"),
    "three tags": ({"all": [VIP, leaf("tags", "has", "discord"), leaf("tags", "has_none", ["do-not-email"])]},
                   "{vip} AND {discord} AND NOT {do-not-email}"),
    "or of two groups": ({"any": [{"all": [ACTIVE, VIP]}, {"all": [
        leaf("joined_at", "after", "2026-08-02"), leaf("plan", "is", "plan_pro_m"),
        leaf("lessons_completed", "gt", 5)]}]},
        "(status='active' AND {vip} OR joined_at>='2026-08-03' AND plan_id='plan_pro_m' AND lessons_completed>5)"),
    "six conditions": ({"all": [ACTIVE, leaf("joined_at", "before", "2026-08-01"), leaf("total_spent", "gte", 20000),
                                leaf("lessons_completed", "gte", 3), leaf("tags", "has", "discord"),
                                leaf("engagement_score", "gte", 40)]},
                       "status='active' AND joined_at<'2026-08-01' AND total_revenue_cents>=20000 AND "
                       "lessons_completed>=3 AND {discord} AND engagement_score>=40"),
}
OR = QUESTIONS["or of two groups"][0]
COUNTS = """
import json, statistics, sys, time
from app import create_app
from app.accounts import Account
from app.people import Person, counted
from app.spine.db import across_accounts, db, serve
slug, questions = json.load(sys.stdin)
with create_app().app_context():
    with across_accounts():
        home = db.session.scalar(db.select(Account.id).where(Account.slug == slug))
    serve(home)
    told = {}
    for name, tree in questions.items():
        took = []
        for _ in range(15):
            began = time.perf_counter()
            found = counted(Person.matching(tree))
            took.append((time.perf_counter() - began) * 1000)
        told[name] = [statistics.median(took), found]
print(json.dumps(told))
"""


def by_hand(stage, where: str) -> str:
    """A question in SQL over the floor's tables, its tags as correlated EXISTS."""
    def has(tag):
        return f"EXISTS(SELECT 1 FROM floor_tags t WHERE t.member=m.id AND t.tag='{tag[1]}')"
    return (f"SELECT count(*) FROM floor_members m WHERE m.company_id='{COMPANY}' AND "
            + re.sub(r"\{([\w-]+)\}", has, where))


def floor_counts(stage) -> dict:
    """Each question by hand: (median ms, answer), in a process as bare as it can be."""
    import statistics
    told, connection = {}, stage.floor and sqlite3.connect(stage.folder / "floor.db")
    for name, (_, where) in QUESTIONS.items() if connection else ():
        took = []
        for _ in range(15):
            began = time.perf_counter()
            [found] = connection.execute(by_hand(stage, where)).fetchone()
            took.append((time.perf_counter() - began) * 1000)
        told[name] = statistics.median(took), found
    return told


def segments(stage) -> list[Result]:
    """The six questions in process, beside the same in SQL by hand with correlated EXISTS (SQLite alone)."""
    import subprocess
    import sys
    _ = stage.filled
    asked = subprocess.run([sys.executable, "-c", COUNTS], env=stage.env, text=True, check=True, capture_output=True,
                           input=json.dumps([SLUG, {name: tree for name, (tree, _) in QUESTIONS.items()}]))
    ours = json.loads(asked.stdout.splitlines()[-1])
    floors = {} if stage.database else floor_counts(stage)
    found = []
    for name, (ms, count) in ours.items():
        floor, expected = floors.get(name, (None, count))
        tagged = "{" in QUESTIONS[name][1]
        found.append(Result(f"segment count: {name}", ms, floor=floor, aim="≤ 0.5" if tagged else "",
                            ok=count == expected and (ms <= 0.5 * floor if tagged and floor else None),
                            note=f"{count:,} found" if count == expected else f"{count} found, by hand {expected}"))
    return found


class Desk:
    """A signed-in browser and a program with a token."""

    def __init__(self, stage):
        _ = stage.filled
        self.stage, self.url = stage, stage.url
        stage.flask("user", "create", OWNER, "--account", SLUG, "--role", "company_owner", "--password", PASSWORD)
        self.api = {"Authorization": f"Bearer {stage.token}"}
        self.cookies: dict = {}
        page = self.look("/sign-in")
        form = urlencode({"email": OWNER, "password": PASSWORD, "csrf_token": self.csrf(page)})
        self.look("/sign-in", "POST", form.encode())
        self.token = self.csrf(self.look("/people"))

    @staticmethod
    def csrf(page: str) -> str:
        return re.search(r'"X-CSRFToken":\s*"([^"]+)"', page)[1]

    def look(self, path: str, method="GET", body=b"") -> str:
        import http.client
        where = urlsplit(self.url)
        line = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
        line.request(method, path, body, {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"})
        answer = line.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return answer.read().decode()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def page(self, path: str, part=False, **more) -> Request:
        return Request(self.url + path, headers={"Cookie": self.cookie, **(HTMX if part else {})}, **more)

    def call(self, path: str, **more) -> Request:
        return Request(self.url + "/api/v1" + path, headers=self.api, **more)


def desk(stage) -> Desk:
    if not hasattr(stage, "desk"):
        stage.desk = Desk(stage)
    return stage.desk


def beside(stage, name: str, ours: Request, floor_path: str, aim: float | None, limit: float | None = None, number=12,
           rounds=5) -> Result:
    """One address beside the floor's, by turns; `limit` is the p95 in ms that was promised."""
    if stage.floor is None:
        mine, his = closed(ours, number * rounds), None
    else:
        mine, his = paired(ours, Request(stage.floor + floor_path), number, rounds)
    floor = his.at(50) if his else None
    kept = (aim is None or floor is None or mine.at(50) <= aim * floor) and (limit is None or mine.at(95) <= limit)
    aims = ([f"≤ {aim}"] if aim is not None else []) + ([f"p95 < {limit} ms"] if limit is not None else [])
    return Result(name, mine.at(50), floor=floor, aim=", ".join(aims), ok=kept and not mine.errors,
                  note=f"p95 {mine.at(95):.0f} ms" + (f", {mine.errors}" if mine.errors else ""))


def lists(stage) -> list[Result]:
    """Lists of people, the first page and a far one."""
    home = desk(stage)
    members = home.page("/people?stage=member"), home.page("/people?stage=member", part=True)
    found = [beside(stage, "list: members, 50 and their count", members[0], "/members", 2.5, 2000),
             beside(stage, "list: the part htmx asks for", members[1], "/members", 2.5),
             beside(stage, "list: API, 50 and their count", home.call("/people?stage=member&count=1"), "/members", 2.5,
                    500)]
    far, path = "", "/people?limit=200"
    for _ in range(125):                             # 25,000 rows on: page 500 of fifty each
        cursor = json.loads(closed(home.call(path), 1, warm=0).answer)["next_cursor"]
        if cursor is None:
            break
        far, path = cursor, f"/people?limit=200&cursor={cursor}"
    first, last = paired(home.call("/people?limit=50"), home.call(f"/people?limit=50&cursor={far}"), 12)
    found.append(Result("list: page 500 beside page 1", last.at(50), floor=first.at(50), aim="≤ 1.3",
                        ok=last.at(50) <= 1.3 * first.at(50)))
    return found


def search(stage) -> list[Result]:
    """What the top bar asks while somebody types, and the API's search with its count."""
    home = desk(stage)
    cases = {"part of a name": "okaf", "two letters": "ok", "two rare letters": "zq", "nobody": "zzqqx",
             "a common word": "gmail"}
    found = [beside(stage, f"search: {name}", home.page(f"/people/found?q={word}", part=True), f"/search?q={word}",
                    0.25, 300, 8, 4) for name, word in cases.items()]
    return [*found, beside(stage, "search: API, 20 and their count", home.call("/people?q=okaf&limit=20&count=1"),
                           "/search?q=okaf", 0.25, 300, 8, 4)]


def preview(stage) -> list[Result]:
    """The OR of two groups over HTTP: count, sentence, branches and a sample."""
    home = desk(stage)
    asked = json.dumps({"condition": OR}).encode()
    form = {"c.match": "any", "c.0.match": "all", "c.1.match": "all"}
    for group, parts in enumerate(part["all"] for part in OR["any"]):
        for number, one in enumerate(parts):
            form |= {f"c.{group}.{number}.{key}": one[key] for key in ("field", "op", "value")}
            form[f"c.{group}.{number}.was"] = one["field"]
    body = urlencode({**form, "csrf_token": home.token}).encode()
    kinds = {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}
    program = home.call("/segments/preview", method="POST", make=lambda _: (kinds[0], asked))
    browser = home.page("/segments/preview", part=True, method="POST", make=lambda _: (kinds[1], body))
    return [beside(stage, "preview: API", program, "/segment-count", 1.0, 500),
            beside(stage, "preview: the builder's part", browser, "/segment-count", 1.0, 500)]


def dashboard(stage) -> list[Result]:
    """The figures, see `books`, and a person's page."""
    home = desk(stage)
    person = json.loads(closed(home.call("/people?limit=1"), 1, warm=0).answer)["data"][0]["id"]
    return [*books.dashboard(stage, home), beside(stage, "person page", home.page(f"/people/{person}"), "/hello", None,
                                                  1000)]


def exports(stage) -> list[Result]:
    """Some and everybody as CSV, and what it costs the server in memory."""
    home, found = desk(stage), []
    some = json.loads(closed(home.call("/people?stage=former&count=1&limit=1"), 1, warm=0).answer)["total"]
    for many, ours, floor, aim in ((some, "?stage=former", f"?limit={some}", None), (stage.people, "", "", 1.5)):
        before = memory(stage)
        found.append(beside(stage, f"CSV of {many:,}", home.page(f"/people/export.csv{ours}"), f"/export.csv{floor}",
                            aim, None, 1, 4))
        grown = memory(stage) - before
        found.append(Result(f"CSV of {many:,}: growth of the web processes", grown, "MB", aim="< 20 MB each",
                            ok=grown < 40))
    return found


def at_rest(stage) -> list[Result]:
    """Web and worker, just started."""
    fresh = Stage(stage.kit or Path("none"), 0, stage.database, stage.redis)
    try:
        _ = fresh.url
        time.sleep(8)                                # the worker's first look around
        return memories.at_rest(fresh)
    finally:
        fresh.close()
        shutil.rmtree(fresh.folder, ignore_errors=True)


def in_company(stage) -> list[Result]:
    """See `neighbours`."""
    home = desk(stage)
    asked = json.dumps({"condition": OR}).encode()
    return neighbours.neighbours(stage, {
        "list of members": home.call("/people?stage=member"), "search": home.call("/people?q=okaf&limit=20"),
        "segment preview": home.call("/segments/preview", method="POST",
                                     make=lambda _: ({"Content-Type": "application/json"}, asked))})


def memory(stage) -> float:
    """Megabytes that the web workers hold for themselves, mapped files left out."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if int(told["PPid"]) == stage.web.pid and "RssAnon" in told:
                total += int(told["RssAnon"].split()[0]) / 1024
        except (OSError, KeyError, ValueError):
            continue
    return total


def crowd(stage) -> list[Result]:
    """A thousand people who each read a page: spread over ten seconds, then all at once."""
    home = desk(stage)
    ours = open_loop(home.page("/people?stage=member", part=True), 100, 10, lines=200)
    floor = open_loop(Request(stage.floor + "/members"), 100, 10, lines=200) if stage.floor else None
    at_once = open_loop(home.page("/people/found?q=okaf", part=True), 1000, 1, lines=1000)
    kept = not ours.errors and (floor is None or ours.at(95) <= 3 * floor.at(95))
    return [Result("1,000 users over 10 s, p95", ours.at(95), floor=floor.at(95) if floor else None, aim="≤ 3", ok=kept,
                   note=str(ours.errors or "")),
            Result("1,000 users at once, slowest", max(at_once.ms, default=0) / 1000, "s", aim="no error",
                   ok=not at_once.errors, note=str(at_once.errors or ""))]


ROWS = [at_rest, segments, lists, search, preview, dashboard, exports, crowd, in_company]
