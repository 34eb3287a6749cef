"""An account with a row of everything in it, each text marked with one word that nobody else's pages may ever show."""
import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import JSON, BigInteger, Boolean, Date, DateTime, Integer, Numeric, String
from sqlalchemy.types import TypeDecorator

from app.accounts import Seat, User
from app.accounts.sign_in import ApiToken, SignInLink
from app.kit.crypto import seal
from app.spine.db import Base, Owned, as_account, db, token
from app.spine.jobs import Job

AT = datetime.now(UTC) - timedelta(days=3)
EVERYBODY = {"all": [{"field": "stage", "op": "is", "value": "member"}]}

# What has to be a word the code knows, so that pages show the row; all other texts carry the account's mark.
KNOWN = {
    "attempts": {"outcome": "paid"},
    "audits": {"action": "update", "object": "people", "actor": "command line"},
    "automations": {"kind": "custom", "trigger": "payment.failed", "archived_at": None, "preset": None},
    "connections": {"source": "whop", "state": "on", "origin": "own", "test_words": None, "halted_at": None,
                    "token_until": None, "renewing_until": None},
    "consents": {"purpose": "marketing", "state": "granted", "method": "hand"},
    "contents": {"source": "whop", "kind": "lesson"},
    "conversions": {"credit": "attributed", "kind": "recovered_payment", "currency": "USD"},
    "custom_fields": {"key": "shoe", "kind": "text", "choices": []},
    "deliveries": {"source": "whop", "kind": "payment.failed", "state": "processed", "retry_at": None},
    "discrepancies": {"noun": "membership"},
    "disputes": {"source": "whop", "status": "open"},
    "enrollments": {"state": "waiting", "step_id": "s1", "finished_at": None, "held_out": False, "subject": None},
    "events": {"kind": "note.added", "source": "app"},
    "fx_rates": {"currency": "EUR"},
    "identities": {"kind": "email", "source": "whop"},
    "membership_segments": {"status": "active", "currency": "USD", "interval": "month", "ends_at": None},
    "memberships": {"source": "whop", "status": "active", "currency": "USD", "interval": "month", "ended_at": None,
                    "period_end": AT + timedelta(days=30), "canceled_at": None},
    "merge_suggestions": {"state": "open"},
    "merges": {"undone_at": None, "moved": {}, "remembered": {}, "before": {}, "after": {}, "created_at": AT},
    "message_events": {"kind": "delivered", "source": "app"},
    "messages": {"channel": "email", "category": "lifecycle", "state": "held", "expires_at": None, "lease": None,
                 "lease_until": None, "due_at": AT + timedelta(days=40), "sent_at": None, "unsubscribed_at": None,
                 "attempted_at": None, "template_version": 1, "is_test": False, "channel_ref": None},
    "notes": {"removed_at": None},
    "movements": {"kind": "new", "amount": 490000, "signed": 490000, "before": 0, "after": 490000},
    "payment_aliases": {"source": "whop"},
    "payments": {"source": "whop", "status": "failed", "reached": "failed", "currency": "USD", "kind": "renewal",
                 "paid_at": None, "amount": 4900, "test": False, "failure_code": "card_declined"},
    "people": {"stage": "member", "membership_status": "active", "lead_status": None, "timezone": "UTC",
               "country": "PT", "locale": None, "merged_into_id": None, "erased_at": None, "staff": False,
               "risk_level": "LOW", "risk_method": "signals", "custom": {}, "phone": None,
               "address": {}, "conversion": {}, "converted_at": None},
    "plans": {"source": "whop", "currency": "USD", "interval": "month", "amount": 4900},
    "products": {"source": "whop"},
    "rate_locks": {"currency": "EUR"},
    "refunds": {"source": "whop"},
    "step_runs": {"step_id": "s1", "status": "waiting"},
    "suppressions": {"channel": "email", "scope": "promo", "cause": "hand"},
    "syncs": {"kind": "full", "state": "stopped", "place": 0, "cursor": None, "resume_at": None},
    "tag_removals": {"people": [], "shared": []},
    "tags": {"colour": "slate", "also": "|"},
    "tasks": {"done_at": None, "removed_at": None, "origin": "hand"},
    "templates": {"category": "lifecycle", "channel": "email", "archived_at": None},
    "touches": {"kind": "delivered", "channel": "email"},
}
LEFT = {"public_id", "token", "search_text", "folded", "told", "counted", "updated_at", "created_at", "drafted_at"}


def owned_models() -> dict[str, type]:
    """Every model whose rows belong to accounts, by table, in an order that rows can be made in."""
    found = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers
             if issubclass(mapper.class_, Owned)}
    return {table.name: found[table.name] for table in Base.metadata.sorted_tables if table.name in found}


class Planted(dict):
    """Table name -> row of one account; also its user, invitation, API token and job."""

    def __init__(self, account, mark: str):
        self.account, self.mark = account, mark

    def id(self, table: str) -> str:
        return self[table].public_id

    def ids(self) -> dict[str, str]:
        """Every public id of the account, by table."""
        return {table: row.public_id for table, row in self.items() if hasattr(row, "public_id")}


def plant(account, mark: str) -> Planted:
    """Fill an account with a row of every owned model and of the tables beside them."""
    made = Planted(account, mark)
    account.name, account.settings = f"{mark} Club", {"messaging": {"sender_name": mark}}
    db.session.commit()
    with as_account(account.id):
        beside(made)
        for name, model in owned_models().items():
            made[name] = row = row_of(model, made)
            db.session.add(row)
            db.session.flush()
        made["automations"].version_id = made["automation_versions"].id
        db.session.commit()
        made.ids()                                   # loaded while the account is served
        for row in made.values():
            db.session.refresh(row)
            db.session.expunge(row)
    return made


def beside(made: Planted) -> None:
    """Rows that hang on an account without being scoped by the session: a colleague, an invitation, a token, a job."""
    home, mark = made.account, made.mark
    made["users"] = User(email=f"{mark}@colleague.test".lower(), name=f"{mark} Colleague",
                         seats=[Seat(account_id=home.id, role="company_user", department=mark)])
    SignInLink.make(f"{mark}-invited@colleague.test", account_id=home.id, role="support")
    made["api_tokens"], made.secret = ApiToken.make(home, "company_owner", f"{mark} token")
    made["jobs"] = Job(account_id=home.id, name=f"{mark}.job", state="dead", error=f"{mark} broke", run_at=AT)
    db.session.add_all([made["users"], made["jobs"]])
    db.session.flush()


def row_of(model, made: Planted):
    """A row with every column filled that can be: known words, keys to the account's other rows, the mark elsewhere."""
    table, values = model.__table__, {"account_id": made.account.id}
    known = {**KNOWN.get(table.name, {}), **special(table.name, made)}
    for column in table.columns:
        if column.name in known:
            values[column.name] = known[column.name]
        elif not (column.primary_key or column.name in LEFT or column.name == "account_id"):
            values[column.name] = value_of(column, table, made)
    if table.name == "connections":
        values["public_id"] = f"con_{token()}"
    row = model(**values)
    if table.name == "connections":
        row.keep(webhook_secret=f"ws_{made.mark}", api_key=f"{made.mark}_key")
    return row


def special(table: str, made: Planted) -> dict:
    """Values that only make sense beside the account's other rows."""
    mark = made.mark
    return {
        "automation_versions": lambda: {"number": 1, "spec": plan(mark, 3600)},
        "automations": lambda: {"draft": plan(mark, 7200)},
        "people": lambda: {"email": f"{mark}@member.test".lower(), "plan_id": f"{mark} plan"},
        "segments": lambda: {"condition": {"all": [{"field": "name", "op": "contains", "value": mark[:500]}]}},
        "bulk_actions": lambda: {"act": "add_tag", "state": "done", "params": {"tag": mark[:50]},
                                 "selection": {"q": mark}},
        "saved_views": lambda: {"args": {"q": mark}},
        "connections": lambda: {"key": token(32), "credentials": ""},
        "deliveries": lambda: {"body": f'{{"type": "payment.failed", "data": {{"id": "{mark}"}}}}',
                               "outcome": {"facts": [], "words": [mark]}, "headers": {}, "error": mark},
        "messages": lambda: {"address": f"{mark}@member.test", "automation_id": made["automations"].id,
                             "automation_ref": made["automations"].public_id},
        "syncs": lambda: {"steps": [{"name": "members", "label": "Members", "state": "done", "seen": 1, "created": 1,
                                     "updated": 0, "unchanged": 0, "failed": 0, "note": mark}]},
        "conversions": lambda: {"enrollment_id": None},
        "enrollments": lambda: {"due_at": AT + timedelta(days=40), "context": {}, "chain": None},
        "merge_suggestions": lambda: {"other_id": second_person(made)},
        "merges": lambda: {"gone_id": second_person(made)},
        "tag_removals": lambda: {"tag": {"public_id": f"tag_{token()}", "name": mark[:50], "key": f"{mark[:50]} gone",
                                         "colour": "slate", "also": "|"}},
        "idempotent_calls": lambda: {"actor": made["api_tokens"].public_id, "status": 200},
        "templates": lambda: {name: plain(f"{mark} templates {name}")[:most]      # the model takes nothing else
                              for name, most in (("name", 120), ("subject", 200), ("body", 9000))},
        "events": lambda: {"data": {"note": mark, "tag": mark}, "cause": None},
        "mail_servers": lambda: sealed(mark, made.account.id),
        "imports": lambda: {"kind": "people", "state": "done", "mapping": {mark: "keep"}, "counts": {"created": 1},
                            "checked": {"created": 1}, "reasons": [{"row": 2, "reason": mark}], "foreign": None,
                            "table": {"encoding": "utf-8", "delimiter": ",",
                                      "names": [mark], "samples": [[mark]], "notes": [mark]}},
        "import_pieces": lambda: {"name": "refused", "body": zlib.compress(f"{mark}\r\n".encode())},
        "imported_rows": lambda: {"about": "people", "outcome": "changed", "row_id": made["people"].id, "kept": mark},
        "exports": lambda: {"kind": "people", "format": "csv", "asked": {}, "columns": ["name"]},
    }.get(table, dict)()


def plain(words: str) -> str:
    """One line without the braces of a variable."""
    return " ".join(words.split()).replace("{", "(").replace("}", ")")


def plan(mark: str, seconds: int) -> dict:
    return {"trigger": {"kind": "payment.failed"}, "audience": EVERYBODY, "exits": [{"on": "payment.succeeded"}],
            "settings": {"discount": mark}, "steps": [
                {"id": "s1", "do": "wait", "seconds": seconds}, {"id": "s2", "do": "add_tag", "tag": mark[:50]},
                {"id": "s3", "do": "branch", "if": EVERYBODY, "yes": [], "no": []}]}


def sealed(mark: str, account_id: int) -> dict:
    public_id = f"mls_{token()}"
    return {"public_id": public_id,
            "credentials": seal(f"smtp://{mark}@mail.test", "mail_servers.credentials", public_id, account_id)}


def second_person(made: Planted) -> int:
    from app.people import Person
    twin = Person(name=f"{made.mark} Twin", email=f"{made.mark}.twin@member.test".lower(), stage="lead")
    db.session.add(twin)
    db.session.flush()
    return twin.id


def value_of(column, table, made: Planted):
    """A value of the column's kind; TypeError for a kind nobody has thought of, so that a new one is planted too."""
    for key in column.foreign_keys:
        parent = key.column.table.name
        if parent != table.name and parent in made:
            return made[parent].id
        return None
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    for known, value in ((Boolean, True), (DateTime, AT), (Date, date.today() - timedelta(days=3)),
                         (Numeric, Decimal(1)), (JSON, {made.mark: made.mark}), ((BigInteger, Integer), 1),
                         (String, f"{made.mark} {table.name} {column.name}")):
        if isinstance(kind, known):
            return value
    raise TypeError(f"{table.name}.{column.name}: nobody plants a {column.type}")
