"""Opening an account, and the way into it."""
from datetime import timedelta

from app.spine.db import across_accounts, db, serve
from app.spine.slots import filled

from .mail import address_of
from .models import Account
from .sign_in import SignInLink


def open_account(slug: str, name: str = "", **traits) -> Account:
    """Make a company and let every domain that listens install what belongs to it."""
    new = Account(slug=slug, name=name or slug.replace("-", " ").title(), **traits)
    with across_accounts():
        db.session.add(new)
        db.session.flush()
    serve(new.id)
    for install, _traits in filled("account.opened"):
        install(new)
    return new


def link_for(email: str, life=timedelta(hours=24), **invitation) -> str:
    """A one-time sign-in address for the command line to print."""
    secret, _ = SignInLink.make(email, life=life, **invitation)
    return address_of(secret)
