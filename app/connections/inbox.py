"""The door webhooks come through: verify the raw bytes, read, keep once, leave one job. Nothing else happens here."""
from datetime import datetime

import structlog
from flask import current_app
from sqlalchemy import select

from app.accounts import Account, tally
from app.kit.clock import now, real_now
from app.spine.db import as_account, db, insert_once, only_reading
from app.spine.failpoints import point, reach
from app.spine.sockets import SOURCES

from .envelope import Refused
from .jobs import wake
from .models import Connection, Delivery
from .models.connection import ENVIRONMENT

KEPT_HEADERS = ("webhook-id", "webhook-timestamp", "content-type", "user-agent")
VERIFIED = point("inbox.verified", "a webhook's signature is good and nothing of it is written")
STORED = point("inbox.before_stored", "a webhook is verified and not yet committed")
ACKNOWLEDGED = point("inbox.after_stored", "a webhook is committed and not yet acknowledged")
log = structlog.get_logger("inbox")


class NoDoor(LookupError):
    """No connection takes webhooks at this address."""


def door(source: str, key: str | None) -> tuple[int, "Connection | None", list[str]]:
    """Whose webhook this would be: account id, connection (None: the environment's, not made yet) and its secrets."""
    if source not in SOURCES:
        raise NoDoor(source)
    if key is not None:
        found = Connection.by_key(key)
        if found is None or found.source != source:
            raise NoDoor(key)
        return found.account_id, found, found.secrets
    account_id = only_account()
    with as_account(account_id):
        found = db.session.scalar(select(Connection).where(Connection.key == f"env:{source}:{account_id}"))
        secrets = found.secrets if found else [current_app.config.get(ENVIRONMENT[source]["webhook_secret"])]
    if not any(secrets) or (found is not None and found.state != "on"):
        raise NoDoor(source)
    return account_id, found, [secret for secret in secrets if secret]


def only_account() -> int:
    """The one account that owns people; a demo beside it does not count. NoDoor when there are none or several."""
    rows = db.session.execute(select(Account.id, Account.demo).where(Account.kind == "company").limit(50)).all()
    real = [row.id for row in rows if not row.demo] or [row.id for row in rows]
    if len(real) != 1:
        raise NoDoor("which account?")
    return real[0]


def receive(source: str, key: str | None, headers, raw: bytes) -> str:
    """Keep one webhook: "stored", or "known" when its id was here before. Commits.

    Raises NoDoor, Refused (signature), Unreadable (not JSON, no kind).
    """
    only_reading()                         # nobody waits for the database while a signature is checked
    account_id, connection, secrets = door(source, key)
    connection_id = connection and connection.id
    db.session.rollback()
    vendor = SOURCES[source]()
    try:
        signed_id = vendor.verify(headers, raw, secrets, real_now())
    except Refused:
        _refuse(account_id, connection_id)
        raise
    reach(VERIFIED)
    with as_account(account_id):
        envelope = vendor.read(raw, signed_id, now())
        connection_id = connection_id or Connection.from_environment(source, account_id).id
        made = insert_once(Delivery, ("account_id", "source", "external_id"), source=source,
                           connection_id=connection_id, external_id=envelope.external_id, kind=envelope.kind,
                           body=_text(raw), headers=_kept(headers), state="waiting", attempts=0, outcome={},
                           received_at=now(), occurred_at=_known(envelope.occurred_at))
        if made is not None:
            wake(account_id)
        reach(STORED)
        db.session.commit()
    reach(ACKNOWLEDGED)
    return "known" if made is None else "stored"


def _refuse(account_id: int, connection_id: int | None) -> None:
    with as_account(account_id):
        connection = connection_id and db.session.get(Connection, connection_id)
        log.warning("webhook.signature_refused", account=account_id, connection=connection and connection.public_id)
        if connection:
            connection.complain("A webhook was refused: its signature does not match the signing secret kept here, "
                                "or it was more than five minutes old.")
        tally("webhook refused", account_id)
        db.session.commit()


def _text(raw: bytes) -> str:
    """The body as the databases can keep it; a raw NUL would have failed as JSON already."""
    return raw.decode("utf-8", "replace").replace("\x00", "")


def _kept(headers) -> dict:
    return {name: headers[name][:255] for name in KEPT_HEADERS if name in headers}


def _known(moment: datetime | None) -> datetime:
    return moment or now()
