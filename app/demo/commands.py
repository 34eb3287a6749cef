"""`demo` builds the account, `setup` fills an empty database and says how to sign in."""
import sys
import time
from datetime import timedelta
from random import Random

import click
from sqlalchemy import func, select

from app.accounts import Account, Seat, User, account_by_slug, current_account, link_for, open_account
from app.automations import Automation
from app.connections import Connection
from app.kit.clock import frozen, real_now
from app.messaging import Sending, Template, consent
from app.people import Person
from app.spine import db as database
from app.spine.db import across_accounts, db, serve
from app.spine.events import hears
from app.spine.jobs import drain

from .story import HISTORY, LIVE, WIRED, Story
from .world import World

SLUG, OWNER = "demo", "maya@seconddraft.example"
SECRET = "ws_demo_secret_that_signs_nothing_else"
TAGS = (("VIP", 0.03), ("Beta reader", 0.08), ("Workshop", 0.12))
NOTES = ("Asked for feedback on chapter three. Very kind about the last workshop.", "Wants an invoice with VAT number.",
         "Met at the Lisbon retreat. Writes crime.", "Prefers mail in the evening.")


@click.command("demo")
@click.option("--people", default=500, type=click.IntRange(10, 5000))
@click.option("--seed", default=7, type=int)
@click.option("--again", is_flag=True, help="Throw the demo account away first.")
def demo(people, seed, again):
    """A lively, honest demo account with two years of history; same arguments, same story."""
    if account_by_slug(SLUG) is not None:
        if not again:
            raise click.ClickException("there is a demo account already; --again makes it anew")
        remove()
    began = time.monotonic()
    build(people, seed)
    click.echo(f"Demo account with {people} people made in {time.monotonic() - began:.0f} s.", err=True)


@click.command("setup")
@click.option("--empty", is_flag=True, help="Without the demo account.")
def setup(empty):
    """Fill an empty database with the demo and print how to sign in."""
    fresh = db.session.scalar(select(func.count()).select_from(Account)) == 0
    if fresh and not empty:
        click.echo("Making the demo account: two years of a writers' club. This takes about a minute.", err=True)
        build(500, 7)
    shown = account_by_slug(SLUG)
    if shown is not None:
        click.echo(f"Sign in to the demo, once: {link_for(OWNER)}")
        db.session.commit()
    elif fresh:
        click.echo("No account yet: flask --app wsgi account create SLUG, then user create YOU@WHERE --account SLUG")


def remove() -> None:
    """Delete the demo account and everything that belongs to it."""
    account = account_by_slug(SLUG)
    with across_accounts():
        for table in reversed(db.metadata.sorted_tables):
            if "account_id" in table.columns:
                db.session.execute(table.delete().where(table.c.account_id == account.id))
        db.session.delete(account)
        db.session.commit()


def build(people: int, seed: int) -> Account:
    """Tell the story from two years ago up to now."""
    end = real_now().replace(minute=0, second=0, microsecond=0)
    dice, database.dice = database.dice, Random(seed)
    try:
        with frozen(end - HISTORY - timedelta(days=1)) as forward:
            account, connection = open_shop()
            world = World(account, connection, SECRET, forward, end - LIVE, end - WIRED)
            story = Story(world, people, seed, end)
            story.begin()
            world.at(end - LIVE, switch_on, account.id)
            world.every_day(end)
            world.run(end - LIVE - timedelta(seconds=1), meter("The first years", end))
            drain_books(account)
            world.run(end, meter("The last weeks, live", end))
            drain_books(account)
            touch_up(story, seed)
    finally:
        database.dice = dice
    return account


def open_shop():
    """Maya's account as she would set it up."""
    account = open_account(SLUG, "Second Draft", currency="USD", timezone="America/New_York", demo=True)
    owner = db.session.scalar(select(User).where(User.email == OWNER)) or User(email=OWNER, name="Maya Okafor")
    owner.seats.append(Seat(account_id=account.id, role="company_owner"))
    db.session.add(owner)
    Sending(sender_name="Maya of Second Draft", sender="maya@seconddraft.example",
            postal_address="Second Draft, 12 Ink Lane, Brooklyn NY 11201").keep(account)
    account.settings = {**account.settings, "website": "https://whop.com/second-draft"}
    connection = Connection.add("whop", account.id, name="Whop", external_account="biz_SecondDraft",
                                webhook_secret=SECRET)
    for template in db.session.scalars(select(Template)):
        template.channel = "sandbox"          # nothing of the demo may reach anybody
    db.session.commit()
    serve(account.id)
    return account, connection


@hears("lead.created")
def leads_of_the_demo_agreed(event) -> None:
    """On Second Draft's waiting list people tick a box; elsewhere this hears nothing."""
    if current_account().demo:
        person = db.session.get(Person, event.person_id)
        consent(person, "lifecycle", "granted", wording="waiting list", method="form", at=event.at)
        consent(person, "promo", "granted", wording="waiting list", method="form", at=event.at)


def switch_on(account_id: int) -> None:
    for automation in db.session.scalars(select(Automation).order_by(Automation.id)).all():
        automation.switch_on()


def drain_books(account) -> None:
    db.session.commit()
    drain()
    serve(account.id)


def touch_up(story: Story, seed: int) -> None:
    """What Maya wrote down herself."""
    luck, maya = Random(f"{seed}:maya"), db.session.scalar(select(User).where(User.email == OWNER))
    for member in story.cast:
        person = story.person_of(member)
        if person is None:
            continue
        for name, share in TAGS:
            if luck.random() < share:
                person.tag(name)
        if luck.random() < 0.05:
            person.note(luck.choice(NOTES), author=maya)
    db.session.commit()


def meter(words: str, end):
    """A line of progress on a terminal."""
    if not sys.stderr.isatty():
        return None
    state = {"at": 0.0}

    def show(moment):
        if time.monotonic() - state["at"] > 0.5:
            state["at"] = time.monotonic()
            print(f"\r{words}: {moment:%d %b %Y}   ", end="" if moment < end else "\n", file=sys.stderr, flush=True)
    return show


COMMANDS = [demo, setup]
