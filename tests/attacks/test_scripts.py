"""Scripts from outside stay words: fifty payloads in every text, on every page, part, file, letter and answer."""
import copy
import csv
import io
import json
import re
from collections import Counter

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.accounts.sign_in import ApiToken
from app.connections import Delivery
from app.messaging import Message, Template
from app.messaging.letters import compose, pack, write
from app.messaging.models import Link
from app.people import Person
from app.spine.db import as_account, db, serve
from app.spine.jobs import drain
from tests.adapters.test_whop_samples import SAMPLES
from tests.conftest import sign_in
from tests.wire.stripe_events import OPEN, charge, checkout, event, invoice, subscription

from .page import Page
from .payloads import ALL, EVERYTHING, GROUPS, MARKS
from .seed import plant
from .test_forms import TYPED, collected, screens
from .test_tenants import PLAIN, address, ids_for, routes

FORMULA = re.compile(r"[=+\-@\t\r]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
MORE = ("/people?q=<img src=x onerror=alive=1>", "/nowhere/<script>alive=1</script>?a=\"onload=alive=1",
        "/sign-in/confirmation?next=javascript:alive=1", "/segments/new?from=\"><svg onload=alive=1>",
        "/people?sort=\"><script>alive=1</script>&tag=<b>", "/settings/audit?from=<svg>&action=\"onclick=alive=1")


def faults(answer, usual: set | None = None) -> list:
    """What of an answer of ours could act: a page by its elements, a file by its cells, all by their headers."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff", answer.request.path
    found = [] if "default-src 'none'" in answer.headers["Content-Security-Policy"] else ["no policy"]
    if answer.mimetype == "text/html":
        page = Page(answer.text)
        return found + page.wrong + (page.foreign(usual) if usual is not None else [])
    if answer.mimetype == "text/csv":
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        return found + [cell for cell in cells if FORMULA.match(cell) and not NUMBER.fullmatch(cell)]
    attached = answer.headers.get("Content-Disposition", "").startswith("attachment")
    safe = answer.is_json or attached or answer.mimetype in ("text/plain", "image/gif", "application/x-ndjson")
    return found if safe else [*found, f"{answer.mimetype} of {answer.request.path}"]


def look(browser, paths, htmx) -> dict:
    """(path, page or part) -> answer."""
    return {(path, kind): browser.get(path, headers=headers, follow_redirects=True)
            for path in paths for kind, headers in (("page", {}), ("part", htmx))}


USUAL: set = set()                                 # asked once in a test process: the pages are the same for all


@pytest.fixture
def usual(app, other_account, htmx) -> set:
    """The elements that our pages and parts are made of when all words are long and harmless."""
    if not USUAL:
        planted = plant(other_account, "Harmless " * 45)
        planted["accounts"] = other_account
        browser = sign_in(app, other_account, "company_owner", "rita@rival.example.com")
        answers = [*look(browser, [path for _, path in screens(app, planted)], htmx).values(),
                   *(answer for _, answer in crawl(app, browser))]
        USUAL.update(*(Page(answer.text).shapes for answer in answers if answer.mimetype == "text/html"))
        USUAL.add(("a", "hx-trigger"))              # "Load older", below more events than are planted
    return USUAL


def worst(account, mark: str):
    """The account full of them."""
    planted = plant(account, mark)
    planted["accounts"] = account
    return planted


@pytest.fixture
def quiet(app, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)


@pytest.mark.parametrize("group", GROUPS)
def test_planted_in_every_column_they_stay_words_on_every_page(app, account, usual, quiet, htmx, group):
    serve(account.id)
    planted = worst(account, MARKS[group])
    browser = sign_in(app, account, "company_owner", "olu@harbor.test")
    wrong, shown = [], 0
    for (path, kind), answer in look(browser, [path for _, path in screens(app, planted)], htmx).items():
        assert answer.status_code < 500, f"{path} answered {answer.status_code}"
        wrong += [(path, kind, fault) for fault in faults(answer, usual)]
        shown += answer.mimetype == "text/html" and "alive" in answer.text
    assert wrong == [] and shown > 60, f"{shown} pages showed them"
    for path, answer in look(browser, MORE, htmx).items():
        assert faults(answer) == [] and answer.status_code < 500, path


def test_programs_get_them_as_json(app, account, quiet):
    planted = worst(account, EVERYTHING)
    _, secret = ApiToken.make(account, "company_owner", EVERYTHING)
    db.session.commit()
    client, told = app.test_client(), 0
    for rule, method, _ in routes(app):
        if method == "GET" and rule.rule.startswith("/api/"):
            path = address(rule, {**PLAIN, **ids_for(rule, planted)})
            answer = client.get(path, headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code < 500 and faults(answer) == [], path
            assert answer.mimetype in ("application/json", "application/problem+json", "text/csv"), path
            told += "alive" in answer.text
    assert told > 15


def crawl(app, browser, most=3):
    """Every page that links lead to from Today, at most so many of each route, as (path, answer)."""
    adapter, waiting, seen, routes_seen = app.url_map.bind("localhost"), ["/", "/settings"], set(), Counter()
    while waiting:
        path = waiting.pop()
        rule = adapter.test(path.partition("?")[0], "GET") and adapter.match(path.partition("?")[0])[0]
        if path in seen or not rule or rule.startswith("static") or routes_seen[rule] == most:
            continue
        seen.add(path)
        routes_seen[rule] += 1
        answer = browser.get(path, follow_redirects=True)
        waiting += Page(answer.text).links if answer.mimetype == "text/html" else []
        yield path, answer


def all_clean(app, browser, usual, least: int) -> int:
    """How many pages that links lead to show a payload; none of them may have come to life."""
    shown, wrong, number = 0, [], 0
    for path, answer in crawl(app, browser):
        assert answer.status_code < 500, path
        wrong += [(path, fault) for fault in faults(answer, usual)]
        shown, number = shown + (b"alive" in answer.data), number + 1
    assert wrong == [] and number > least
    return shown


SPLIT = "<scr\x00ipt>alive=1</scr\x00ipt>"                    # a script once the NUL has gone
SHORT = "'\"><img src=x onerror=alive=1>"


def test_typed_into_every_form_they_are_refused_or_kept_as_words(app, account, desk, usual, quiet, request):
    serve(account.id)
    planted = plant(account, "Harborside")
    planted["accounts"] = account
    wrong, reflected, found = [], 0, collected(app, desk, planted)
    long = request.config.getoption("--long")
    texts = [EVERYTHING, SHORT, SPLIT, *([*ALL, f"{SHORT}@evil.test", "javascript:alive=1//https://x"] if long else [])]
    for (rule, name), (action, fields) in found.items():
        if rule.startswith(("sign_in.", "settings.begin_closing")) or rule.endswith((".archive", "removal")):
            continue
        rest = [(other, value) for other, value, kind in fields
                if other not in (name, "csrf_token") and kind in TYPED]
        for text in texts:
            answer = desk.post(action, data=MultiDict([*rest, (name, text)]))
            assert answer.status_code < 500 and (answer.location or "/").startswith("/"), (rule, name)
            wrong += [(rule, name, fault) for fault in faults(answer)]
            reflected += "alive=1" in answer.text
    assert wrong == [] and reflected > 50
    assert all_clean(app, desk, usual, 60) > 15


SPOKEN = set("""name username title label plan_title product_title failure_message manage_url message content reason
cancellation_reason cancel_option feedback_option display_name route
brand recovery_url logo_url decline_code customer_phone
phone_number profile_picture url nickname description hosted_invoice_url customer_name phone product city line1
""".split())


def spoiled(told, text: str, key: str = ""):
    """What a vendor tells, with the payload wherever its customers or staff can write words, pictures and addresses."""
    if isinstance(told, dict):
        return {name: spoiled(value, text, name) for name, value in told.items()}
    if isinstance(told, list):
        return [spoiled(one, text, key) for one in told]
    return text if key in SPOKEN and (told is None or isinstance(told, str)) else told


def test_told_by_vendors_they_stay_words(app, account, desk, usual, quiet, whop, stripe, knock, knock_stripe):
    told = ["javascript:alive=1//" + EVERYTHING, "data:text/html,<script>alive=1</script>", SHORT, EVERYTHING]
    for number, text in enumerate(told):
        for name, body in SAMPLES.items():
            raw = json.dumps(body).replace("Harbor00", f"Harbor{number}0").replace("mira@", f"mira{number}@")
            body = json.loads(raw)
            assert knock(whop, spoiled(body, text), f"msg_{number}_{name}").status_code == 202
        late = invoice(paid=False, **{**OPEN, "id": f"in_{number}"})
        for made in (event("invoice.payment_failed", late, id=f"evt_a{number}"),
                     event("customer.subscription.updated", subscription(), id=f"evt_b{number}"),
                     event("charge.failed", charge(status="failed"), id=f"evt_c{number}"),
                     event("checkout.session.completed", checkout(), id=f"evt_d{number}")):
            assert knock_stripe(stripe, spoiled(copy.deepcopy(made), text)).status_code == 202
    drain()
    with as_account(account.id):
        states = Counter(db.session.scalars(select(Delivery.state)))
    assert set(states) == {"processed", "unused"} and states["processed"] > 100, states
    assert all_clean(app, desk, usual, 60) > 15


def test_read_from_files_they_stay_words(app, account, desk, usual, quiet, tmp_path):
    header = ["member_id", "email", "name", "username", "status", "tags", "country", SHORT, "=HYPERLINK(1)"]
    rows = [[f"mem_{n}", f"p{n}@member.test", text, text, "active", text, text[:2], text, text]
            for n, text in enumerate([*ALL, EVERYTHING])]
    path = tmp_path / "people.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    db.session.commit()
    done = app.test_cli_runner().invoke(args=["import", "people", str(path), "--account", account.slug])
    assert done.exit_code == 0 and json.loads(done.stdout)["created"] > 40
    assert all_clean(app, desk, usual, 60) > 5
    file = desk.get("/people/export.csv")
    assert faults(file) == [] and "alive=1" in file.text


def test_sent_by_programs_they_stay_words(app, account, desk, usual, quiet):
    _, secret = ApiToken.make(account, "company_owner", SHORT)
    db.session.commit()
    program = app.test_client()

    def send(path, body):
        answer = program.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code < 500 and faults(answer) == [], answer.text
        return answer
    kept = 0
    for number, text in enumerate([*ALL, EVERYTHING]):
        made = send("/people", {"email": f"p{number}@member.test", "name": text, "username": text})
        answers = [made, *(send(f"/people/{made.json['id']}/{noun}", body) for noun, body in (
            ("tags", {"name": text}), ("notes", {"body": text})) if made.status_code == 201),
            send("/segments", {"name": text, "condition": {
                "all": [{"field": "name", "op": "contains", "value": text}]}}),
            send("/automations", {"name": text, "plan": {"trigger": {"kind": "payment.failed"}, "steps": []}})]
        kept += sum(answer.status_code in (200, 201) for answer in answers)
    assert kept > 120
    assert all_clean(app, desk, usual, 60) > 20


LETTER = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "h1", "h2", "h3", "blockquote", "code", "pre", "hr"}


def test_letters_carry_them_as_words(app, account):
    serve(account.id)
    for number, payload in enumerate([*ALL, EVERYTHING]):
        a_letter(app, payload, str(number))


def a_letter(app, payload: str, key: str) -> None:
    """Ana calls herself so, and so are her plan and her payment page; the creator writes it around them."""
    ana = Person(name=payload, email=f"ana{key}@member.test", stage="member", plan_name=payload,
                 custom={"shoe": payload})
    body = ("{{first_name|you}} {{name|you}} {{plan_name|x}} {{custom.shoe|x}} [Pay]({{pay_link|x}}) {{pay_link|x}}\n\n"
            + payload.replace("{{", "{").replace("}}", "}"))
    template = Template(name="Hello", subject="{{first_name|you}}, {{name|you}}", body=body, channel="email")
    db.session.add_all([ana, template])
    db.session.flush()
    message = Message(person_id=ana.id, template_id=template.id, template_version=1, channel="email", state="claimed",
                      category="lifecycle", address=ana.email, dedupe_key=key, due_at=ana.created_at,
                      variables={"pay_link": payload})
    db.session.add(message)
    db.session.flush()
    parcel = compose(message, ana)
    db.session.commit()
    fragment, whole = Page(message.body_html), Page(parcel.html)
    assert fragment.wrong == [] and {tag for tag, _ in fragment.shapes} <= LETTER
    assert {name for _, name in fragment.shapes} <= {None, "href", "class"}
    plain = Page(pack(message, write("Hi", "Hello [you](https://club.example)", ana)).html)
    assert whole.foreign(plain.shapes) == []
    assert "\n" not in parcel.subject and not any("\n" in value for value in parcel.headers.values())
    urls = db.session.scalars(select(Link.url)).all()
    assert all(re.match(r"https?://", url) for url in urls)
    assert faults(app.test_client().get(f"/u/{message.token}")) == []
