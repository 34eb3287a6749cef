"""Signing in: server-side sessions, one-time links, passwords, API tokens. Only hashes are stored."""
import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import BigInteger, ForeignKey, Index, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.kit.clock import real_now
from app.spine.db import BigId, Public, Row, Utc, db, token

from .models import Account, Seat, User

IDLE, ABSOLUTE = timedelta(days=14), timedelta(days=60)
LINK_LIFE, INVITE_LIFE, TOKEN_LIFE = timedelta(minutes=10), timedelta(days=7), timedelta(days=365)
WRONG_CODES = 5
hasher, log = PasswordHasher(), structlog.get_logger("sign_in")


@cache
def nobody() -> str:
    """A hash to compare with when there is none, so that unknown addresses cost as much time as known ones."""
    return hasher.hash("the password of nobody")


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Opened:
    """A row that its secret opens; only the secret's hash is kept."""

    def renew(self) -> str:
        """A new secret, from now on the only one that opens it."""
        secret = secrets.token_urlsafe(32)
        self.hash = digest(secret)
        return secret


class SignIn(Opened, Row):
    """A signed-in browser. The cookie holds the secret, the row its hash; deleting the row signs it out."""
    __tablename__ = "sign_ins"
    hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"))
    began_at: Mapped[datetime] = mapped_column(Utc, default=real_now)
    seen_at: Mapped[datetime] = mapped_column(Utc, default=real_now)
    proved_at: Mapped[datetime] = mapped_column(Utc, default=real_now)
    agent: Mapped[str] = mapped_column(default="")
    ip: Mapped[str] = mapped_column(default="")
    user: Mapped[User] = relationship()
    __table_args__ = (Index("ix_sign_ins_user", "user_id"),)

    @classmethod
    def begin(cls, user: User, agent: str, ip: str, account_id=None) -> str:
        """Start a session; returns the cookie's secret."""
        secret = secrets.token_urlsafe(32)
        chosen = account_id or next((seat.account_id for seat in user.seats), None)
        db.session.add(cls(hash=digest(secret), user_id=user.id, account_id=chosen, agent=agent[:200], ip=ip))
        return secret

    @classmethod
    def of(cls, secret: str | None) -> "SignIn | None":
        """The live session of a cookie, or None."""
        if not secret:
            return None
        whose = joinedload(cls.user).joinedload(User.seats).joinedload(Seat.account)
        row = db.session.scalars(select(cls).options(whose).where(cls.hash == digest(secret))).unique().one_or_none()
        now = real_now()
        if row is None or row.seen_at + IDLE < now or row.began_at + ABSOLUTE < now or row.user.disabled_at:
            return None
        return row


class SignInLink(Opened, Row):
    """A one-time way in, by mail or from the command line; an invitation also makes the seat."""
    __tablename__ = "sign_in_links"
    hash: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    browser: Mapped[str | None]                  # hash of the asking browser's cookie; None: any browser
    code: Mapped[str | None]                     # shown to that browser, asked from any other
    wrong: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"))
    role: Mapped[str | None]

    @classmethod
    def ask(cls, email: str, browser: str | None = None, life=LINK_LIFE, **invitation) -> tuple["SignInLink", str]:
        """A link that nobody can open yet, and its code; `renew` gives it a secret when its letter is written."""
        code = f"{secrets.randbelow(10**6):06d}"
        row = cls(hash=digest(secrets.token_urlsafe(32)), email=email.lower(), browser=browser and digest(browser),
                  code=digest(code) if browser else None, expires_at=real_now() + life, **invitation)
        db.session.add(row)
        return row, code

    @classmethod
    def make(cls, email: str, browser: str | None = None, life=LINK_LIFE, **invitation) -> tuple[str, str]:
        """A new link; returns (secret, code)."""
        row, code = cls.ask(email, browser, life, **invitation)
        return row.renew(), code

    @classmethod
    def live(cls, secret: str) -> "SignInLink | None":
        row = db.session.scalar(select(cls).where(cls.hash == digest(secret)))
        if row is None or row.used_at or row.expires_at < real_now() or row.wrong >= WRONG_CODES:
            return None
        return row

    def opens_in(self, browser: str | None) -> bool:
        """Whether this browser asked for it, so that no code is needed."""
        return self.browser is None or (browser is not None and self.browser == digest(browser))

    def use(self, browser: str | None, code: str = "") -> User | None:
        """Spend the link. The user (made or seated if invited), or None: wrong code, or spent meanwhile."""
        if not self.opens_in(browser) and digest(code.strip()) != self.code:
            db.session.execute(update(SignInLink).where(SignInLink.id == self.id).values(wrong=SignInLink.wrong + 1))
            return None
        spent = db.session.execute(update(SignInLink).where(
            SignInLink.id == self.id, SignInLink.used_at.is_(None)).values(used_at=real_now()))
        if spent.rowcount != 1:
            return None
        user = db.session.scalar(select(User).where(User.email == self.email))
        if user is None and self.role:
            user = User(email=self.email)
            db.session.add(user)
            db.session.flush()
        if user is not None and self.role and user.seat_at(self.account_id) is None:
            user.seats.append(Seat(account_id=self.account_id, role=self.role))
        return user if user is not None and not user.disabled_at else None


def by_password(email: str, password: str) -> User | None:
    """The user with this address and password; takes as long when there is none."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    try:
        right = hasher.verify((user and user.password_hash) or nobody(), password)
    except VerificationError:
        right = False
    if not right or user is None or not user.password_hash or user.disabled_at:
        log.warning("sign_in.failed", user=user and user.public_id)
        return None
    return user


def set_password(user: User, password: str) -> None:
    """Hash and keep; raises ValueError in words when it is too short or too long."""
    if not 10 <= len(password) <= 200:
        raise ValueError("Use 10 to 200 characters.")
    user.password_hash = hasher.hash(password)


class ApiToken(Public, Row):
    """A bearer token of an account; shown once, kept as a hash and its first twelve characters."""
    __tablename__ = "api_tokens"
    PREFIX = "tok"
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    shown: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)
    account: Mapped[Account] = relationship()
    __table_args__ = (Index("ix_api_tokens_account", "account_id", "id"),)

    @classmethod
    def make(cls, account: Account, role: str, name: str = "") -> tuple["ApiToken", str]:
        """A new token and its secret, which is not kept."""
        secret = f"ra_live_{token(32)}"
        secret += digest(secret)[:6]
        row = cls(account_id=account.id, role=role, name=name, hash=digest(secret), shown=secret[:12],
                  expires_at=real_now() + TOKEN_LIFE)
        db.session.add(row)
        return row, secret

    @classmethod
    def of(cls, secret: str) -> "ApiToken | None":
        row = db.session.scalar(select(cls).where(cls.hash == digest(secret)))
        if row is None or row.revoked_at or row.expires_at < real_now():
            return None
        return row
