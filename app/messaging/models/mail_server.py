"""The account's own mail server, its address with the password sealed."""
from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped

from app.kit import crypto
from app.spine.db import Owned, Public, Row, current_account_id, db, token


class MailServer(Public, Owned, Row):
    """One per account: `credentials` is a sealed smtp:// or smtps:// address."""
    __tablename__ = "mail_servers"
    PREFIX = "mls"
    credentials: Mapped[str]
    __table_args__ = (UniqueConstraint("account_id"),)

    @classmethod
    def url(cls) -> str | None:
        """The account's address in clear, None when it has no server of its own."""
        held = db.session.scalar(select(cls))
        return held and crypto.open_(held.credentials, "mail_servers.credentials", held.public_id, held.account_id)

    @classmethod
    def keep(cls, url: str | None) -> None:
        """Seal this address; None or "" forgets the server."""
        held = db.session.scalar(select(cls))
        if not url:
            if held:
                db.session.delete(held)
            return
        held = held or cls(public_id=f"{cls.PREFIX}_{token()}", account_id=current_account_id())
        held.credentials = crypto.seal(url, "mail_servers.credentials", held.public_id, held.account_id)
        db.session.add(held)


crypto.sealed(MailServer, "credentials")
