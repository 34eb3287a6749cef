"""Commands that make accounts, users and tokens."""
import json
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.kit.clock import parse_time
from app.kit.money import BadMoney, currency
from app.spine.db import across_accounts, db, serve
from app.spine.events import CATALOGUE
from app.spine.installation import set_clock
from app.spine.slots import fills

from . import audit, chain, permissions
from .closing import remove
from .models import Account, Seat, User, account_by_slug
from .opening import link_for, open_account
from .roles import ROLES
from .sign_in import ApiToken, set_password

account, user, token = AppGroup("account", help="Accounts."), AppGroup("user", help="Users."), AppGroup(
    "token", help="API tokens.")
clock, audit_cli = AppGroup("clock", help="The time machine."), AppGroup("audit", help="The audit trail.")


def the_account(slug: str) -> Account:
    """The account with this slug, served from here on; a clear error when there is none."""
    found = account_by_slug(slug)
    if found is None:
        raise click.ClickException(f"no account called {slug!r}")
    serve(found.id)
    return found


@account.command("create")
@click.argument("slug")
@click.option("--name", default="")
@click.option("--currency", "code", default="USD")
@click.option("--timezone", default="UTC")
def create_account(slug, name, code, timezone):
    """Make an account and print it as one JSON line."""
    if not slug.replace("-", "").isalnum() or slug != slug.lower():
        raise click.ClickException("a slug is lower-case letters, digits and hyphens")
    if account_by_slug(slug):
        raise click.ClickException(f"there is an account called {slug!r} already")
    try:
        ZoneInfo(timezone)
        new = open_account(slug, name, currency=currency(code), timezone=timezone)
    except (KeyError, OSError, ValueError, BadMoney) as error:
        raise click.ClickException(str(error)) from None
    serve(new.id)
    db.session.flush()                     # what comes with every account is nobody's doing
    audit.by_command(db.session)
    audit.note(db.session, "create", "accounts", new.public_id, after={"slug": new.slug, "name": new.name})
    db.session.commit()
    click.echo(json.dumps({"id": new.public_id, "slug": new.slug, "name": new.name, "currency": new.currency,
                           "timezone": new.timezone}))


@account.command("delete")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_account(slug, yes):
    """Remove an account and everything of it at once, without the ninety days of grace."""
    home = the_account(slug)
    if not yes:
        click.confirm(f"{home.name}: people, money, messages and trail go for good. Go on?", abort=True)
    remove(home)
    db.session.commit()
    click.echo(json.dumps({"slug": slug, "deleted": True}))


@user.command("create")
@click.argument("email")
@click.option("--account", "slug", required=True)
@click.option("--role", type=click.Choice(list(ROLES)), default="company_owner")
@click.option("--password")
def create_user(email, slug, role, password):
    """Make a user with a seat and print JSON with a one-time sign-in link."""
    home = the_account(slug)
    audit.by_command(db.session)
    found = db.session.scalar(select(User).where(User.email == email.lower()))
    new = found or User(email=email.lower(), name=email.partition("@")[0].title())
    if new.seat_at(home.id) is None:
        new.seats.append(Seat(account_id=home.id, role=role))
    if password:
        try:
            set_password(new, password)
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    db.session.add(new)
    link = link_for(new.email)
    db.session.commit()
    click.echo(json.dumps({"id": new.public_id, "email": new.email, "account": slug, "role": role, "link": link}))


@token.command("create")
@click.option("--account", "slug", required=True)
@click.option("--role", type=click.Choice(list(ROLES)), default="company_owner")
@click.option("--name", default="command line")
def create_token(slug, role, name):
    """Make an API token and print only the token."""
    home = the_account(slug)
    audit.by_command(db.session)
    _, secret = ApiToken.make(home, role, name)
    db.session.commit()
    click.echo(secret)


@clock.command("set")
@click.argument("moment")
def set_time(moment):
    """Move product time, for every process. Needs TIME_MACHINE=1."""
    try:
        _move(parse_time(moment))
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@clock.command("clear")
def clear_time():
    """Back to real time."""
    _move(None)


def _move(moment):
    if not current_app.config["TIME_MACHINE"]:
        raise click.ClickException("the time machine is off: set TIME_MACHINE=1 for every process")
    set_clock(moment)
    db.session.commit()
    click.echo(f"product time is {moment.isoformat() if moment else 'real time'}")


@audit_cli.command("verify")
def verify_audit():
    """Walk every account's chain; exit 1 when a row does not follow."""
    broken = 0
    for found in db.session.scalars(select(Account)).all():
        with across_accounts():
            bad = chain.verify(db.session, found.id)
        broken += len(bad)
        click.echo(f"{found.slug}: {'broken at ' + ', '.join(bad[:5]) if bad else 'whole'}")
    raise SystemExit(1 if broken else 0)


@fills("doctor.check", name="audit trail")
def trails():
    """Every account's audit trail, from its first line to the sealed last."""
    with across_accounts():
        broken = [f"{found.slug} {bad}" for found in db.session.scalars(select(Account))
                  for bad in chain.verify(db.session, found.id)]
    return "whole", f"broken at {', '.join(broken[:3])}" if broken else None


@click.command("events")
def list_events():
    """The catalogue of event kinds, which is also the list of triggers."""
    for kind in sorted(CATALOGUE.values(), key=lambda kind: (kind.group, kind.name)):
        click.echo(f"{kind.group:12} {kind.name:28} {kind.label}")


@click.command("permissions")
def list_permissions():
    """Roles, permissions and addresses as docs/permissions.md has them."""
    click.echo(permissions.told(current_app), nl=False)


COMMANDS = [account, user, token, clock, audit_cli, list_events, list_permissions]
