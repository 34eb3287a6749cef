"""`messages.csv`: what another tool sent, so that limits, rates and credit know of it; and what people who came by a
file agreed to, as whoever brought it declared."""
from sqlalchemy import insert, select, update

from app.connections import BadRow, Chunk, Row, imports, reverses
from app.kit.clock import now
from app.people import members
from app.spine.db import current_account_id, db, token
from app.spine.slots import fills

from .models import Consent, Message, MessageEvent
from .models.template import CHANNEL_NAMES

KINDS = {"sent": "sent_at", "delivered": "delivered_at", "opened": "opened_at", "clicked": "clicked_at", "failed": None}
CHANNELS = {"whop": "push", "whop_push": "push", "mail": "email", "portal": "in_app"}
LEARNT = {"failed": (), "sent": ("sent_at",), "delivered": ("sent_at", "delivered_at"),
          "opened": ("sent_at", "delivered_at", "opened_at"), "clicked": ("sent_at", "delivered_at", "clicked_at")}
RANK = {"queued": 0, "failed": 1, "sent": 2, "delivered": 3}


@imports("messages", needs=("touch_id", "member_id", "channel", "kind", "at"),
         columns=("touch_id", "member_id", "playbook", "channel", "kind", "at", "is_test"))
def messages(chunk: Chunk) -> None:
    """One message per touch_id; further rows of the same touch add what became of it."""
    rows = list(_readable(chunk))
    people = members(row["member_id"] for row in rows)
    keys = {row["key"] for row in rows}
    held = {message.dedupe_key: message for message in db.session.scalars(
        select(Message).where(Message.dedupe_key.in_(keys)))}
    before = {key: _state(message) for key, message in held.items()}
    made = {}
    for row in rows:
        key = row["key"]
        state = before.get(key) or made.get(key)
        if state is None:
            made[key] = _fresh(row, people[row["member_id"]])
            chunk.count("created")
        else:
            chunk.count("updated" if _learn(state, row) else "unchanged")
    _write(made, {key: state for key, state in before.items() if state.pop("changed", False)}, held)
    _trace([row for row in rows if row["kind"] in ("opened", "clicked")])


def _readable(chunk: Chunk):
    for row in chunk.rows:
        try:
            yield _read(row)
        except BadRow as error:
            chunk.bad(row, error)


def _read(row: Row) -> dict:
    channel = (row.text("channel", needed=True) or "").lower()
    channel = CHANNELS.get(channel, channel)
    if channel not in CHANNEL_NAMES:
        raise BadRow(f"channel: {channel!r} is none of {', '.join(CHANNEL_NAMES)}")
    test = (row.text("is_test") or "").lower()
    if test not in ("", "0", "1", "true", "false", "yes", "no"):
        raise BadRow(f"is_test: {test!r} is neither true nor false")
    return {"key": f"import:{row.text('touch_id', needed=True)}", "member_id": row.text("member_id", needed=True),
            "playbook": row.text("playbook"), "channel": channel, "at": row.moment("at", needed=True),
            "kind": row.choice("kind", tuple(KINDS), needed=True), "is_test": test in ("1", "true", "yes")}


def _state(message: Message) -> dict:
    return {name: getattr(message, name) for name in ("state", *filter(None, KINDS.values()))}


def _fresh(row: dict, person_id: int) -> dict:
    values = {"dedupe_key": row["key"], "person_id": person_id, "channel": row["channel"], "category": "lifecycle",
              "playbook": row["playbook"], "is_test": row["is_test"], "due_at": row["at"], "created_at": row["at"],
              "attempted_at": row["at"], "attempt": 1, "state": "queued", "reason": "import", "priority": 50,
              "reason_words": "Sent by another tool and imported.", "variables": {}, "account_id": current_account_id(),
              "public_id": f"{Message.PREFIX}_{token()}", "token": token(24), "subject": row["playbook"],
              **dict.fromkeys(filter(None, KINDS.values()))}
    _learn(values, row)
    return values


def _learn(state: dict, row: dict) -> bool:
    """Take in one row about a message. Whatever came back about it, it was sent by then. True when that was news."""
    before = dict(state)
    kind, at = row["kind"], row["at"]
    reached = "failed" if kind == "failed" else "sent" if kind == "sent" else "delivered"
    if RANK.get(state["state"], 2) < RANK[reached]:
        state["state"] = reached
    for column in LEARNT[kind]:
        if state[column] is None or at < state[column]:
            state[column] = at
    state["changed"] = state.get("changed", False) or any(state[name] != before[name] for name in before)
    return state["changed"] and any(state[name] != before[name] for name in before if name != "changed")


def _write(made: dict, changed: dict, held: dict) -> None:
    for values in made.values():
        values.pop("changed", None)
    if made:
        db.session.execute(insert(Message), list(made.values()))
    for key, state in changed.items():
        db.session.execute(update(Message).where(Message.id == held[key].id).values(**state)
                           .execution_options(synchronize_session=False))


def _trace(rows: list[dict]) -> None:
    """Keep each open and click once, as if it had come back to us."""
    keyed = {f"{row['key']}:{row['kind']}:{row['at'].isoformat()}": row for row in rows}
    ids = dict(db.session.execute(select(Message.dedupe_key, Message.id).where(
        Message.dedupe_key.in_({row["key"] for row in rows}))).tuples().all())
    held = set(db.session.scalars(select(MessageEvent.provider_event_id).where(
        MessageEvent.source == "import", MessageEvent.provider_event_id.in_(keyed))))
    new = [{"message_id": ids[row["key"]], "kind": row["kind"], "source": "import", "provider_event_id": key,
            "at": row["at"], "created_at": row["at"], "machine": False, "account_id": current_account_id()}
           for key, row in keyed.items() if key not in held]
    if new:
        db.session.execute(insert(MessageEvent), new)


@fills("people.imported")
def agreed(chunk: Chunk, person_ids) -> None:
    """Keep what was declared for all of a file about those who never said anything about marketing themselves."""
    one = chunk.notes.about
    if one.consent not in ("granted", "withdrawn"):
        return
    chunk.expect(Consent, "person_id", person_ids)
    said = set(db.session.scalars(select(Consent.person_id).where(Consent.person_id.in_(person_ids))))
    rows = [{"account_id": current_account_id(), "created_at": now(), "person_id": person_id, "purpose": "marketing",
             "state": one.consent, "wording": one.origin, "method": "import", "at": now(),
             "evidence": {"import": one.public_id, "file": one.file_name}} for person_id in person_ids
            if person_id not in said]
    if rows:
        db.session.execute(insert(Consent), rows)


reverses(Consent, 20)
