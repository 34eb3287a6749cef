"""What happens to the cast over two years: they hear of the club, join, pay, fail to pay, upgrade, tire, leave."""
from datetime import timedelta
from random import Random

from sqlalchemy import select

from app.kit.clock import now
from app.messaging import Message, clicked, opened
from app.people import Identity, Person
from app.spine.db import db

from . import whop
from .cast import CIRCLE, CLUB, YEAR, Member, cast
from .world import BROWSER, World

HISTORY, LIVE, WIRED, ACTIVE = (timedelta(days=days) for days in (730, 70, 8, 21))
RETRIES = (3, 5, 7)
REASONS = ("too_expensive", "unused", "switching", "missing_features", "other")


class Story:
    """The fates of the cast, unfolding in a world."""

    def __init__(self, world: World, people: int, seed: int, end):
        self.world, self.end, self.luck = world, end, Random(f"{seed}:club")
        self.cast = cast(people, seed)
        self.by_email = {member.email: member for member in self.cast}
        self.open: dict[int, tuple] = {}          # member number -> (payment number, opened, failures)
        world.react = self.receives

    def begin(self) -> None:
        """Everybody's first moment: later months bring more people."""
        for member in self.cast:
            share = member.luck.random() ** 0.5
            moment = self.end - HISTORY + share * (HISTORY - timedelta(hours=6))
            self.world.at(moment, self.hears_of_it, member)

    def hears_of_it(self, member: Member) -> None:
        luck = member.luck
        member.plan = luck.choices((CLUB, YEAR, CIRCLE), (56, 32, 12))[0]
        if luck.random() < 0.62:
            self.world.at(self.world.soon(luck, 0.2, 60), self.joins, member, "subscription_create")
        if luck.random() < 0.72:
            self.world.tell("entry.created", whop.lead(member, now()))

    def joins(self, member: Member, reason: str) -> None:
        if member.status in ("active", "past_due", "canceling"):
            return
        member.status, member.started = "active", now()
        member.renews = now() + timedelta(days=member.plan.days)
        self.world.tell("membership.activated", whop.membership(member, now()))
        self.world.tell("member.created", whop.person(member, now()))
        self.pays(member, reason)
        self.world.at(member.renews, self.renews, member, member.started)
        self.plans_to_leave(member)
        for moment in self.visits(member):
            self.world.at(moment, self.visits_now, member)

    def pays(self, member: Member, reason: str, opened=None, failures: int = 0, number=None) -> None:
        member.payments += number is None
        self.world.tell("payment.succeeded", whop.payment(
            member, now(), number or member.payments, True, opened or now(), failures, reason=reason))

    def renews(self, member: Member, started) -> None:
        if member.status not in ("active", "canceling") or member.started != started:
            return
        if member.status == "canceling":
            self.leaves(member, None)
            return
        member.renews = now() + timedelta(days=member.plan.days)
        if member.luck.random() < 0.09:
            member.payments += 1
            self.open[member.number] = (member.payments, now(), 0)
            self.fails(member, started)
        else:
            if self.world.wired or member.renews > self.end:      # older renewals show in their payments
                self.world.tell("membership.updated", whop.membership(member, now()))
            self.pays(member, "subscription_cycle")
        self.world.at(member.renews, self.renews, member, started)

    def fails(self, member: Member, started) -> None:
        """The bank says no; Whop tries again on its own after 3, 5 and 7 days, then gives up."""
        number, opened, failures = self.open[member.number]
        code = member.luck.choice(("insufficient_funds", "expired_card", "generic_decline"))
        retry = opened + timedelta(days=RETRIES[failures]) if failures < len(RETRIES) else None
        self.open[member.number] = (number, opened, failures + 1)
        member.status = "past_due"
        self.world.tell("payment.failed", whop.payment(member, now(), number, False, opened, failures + 1, code,
                                                       retry=retry))
        self.world.tell("membership.updated", whop.membership(member, now()))
        self.world.at(retry or now() + timedelta(days=2), self.tries_again if retry else self.gives_up, member, started)

    def tries_again(self, member: Member, started) -> None:
        if member.status != "past_due" or member.started != started:
            return
        if member.luck.random() < 0.16:
            self.settles(member)
        else:
            self.fails(member, started)

    def settles(self, member: Member) -> None:
        """The open payment is paid after all."""
        if member.number not in self.open or member.status != "past_due":
            return
        number, opened, failures = self.open.pop(member.number)
        member.status = "active"
        self.pays(member, "subscription_cycle", opened, failures, number)
        self.world.tell("membership.updated", whop.membership(member, now()))

    def gives_up(self, member: Member, started) -> None:
        if member.status == "past_due" and member.started == started:
            self.leaves(member, "payment failed")

    def plans_to_leave(self, member: Member) -> None:
        """Some tire; the keen ones later."""
        stays = member.luck.expovariate(1 / (120 + 700 * member.keen))
        self.world.at(now() + timedelta(days=20 + stays), self.tires, member, member.started)

    def tires(self, member: Member, started) -> None:
        if member.status != "active" or member.started != started:
            return
        member.status = "canceling"
        self.world.tell("membership.cancel_at_period_end_changed",
                        whop.membership(member, now(), member.luck.choice(REASONS)))

    def leaves(self, member: Member, reason) -> None:
        member.status = "canceled"
        self.world.tell("membership.deactivated", whop.membership(member, now(), reason))
        if member.luck.random() < 0.09:
            self.world.at(self.world.soon(member.luck, 24 * 30, 24 * 150), self.joins, member, "subscription_create")

    def visits(self, member: Member) -> list:
        """When they come by in the last weeks; the keen ones often."""
        first = max(now(), self.end - ACTIVE)
        span = (self.end - first).total_seconds()
        times = int(member.keen * 5 * span / ACTIVE.total_seconds()) if span > 0 else 0
        return [first + timedelta(seconds=member.luck.uniform(0, span)) for _ in range(times)]

    def visits_now(self, member: Member) -> None:
        if member.status not in ("active", "past_due", "canceling"):
            return
        if member.luck.random() < 0.5:
            number = member.luck.randrange(100)
            self.world.tell("course_lesson_interaction.completed", whop.lesson(member, now(), number))
        else:
            self.world.tell("member.updated", whop.person(member, now()))

    def receives(self, message) -> None:
        """Somebody gets a message: half open it, some click, and of those many do what it asks for."""
        member = self.by_email.get(message.person.email)
        if member is None:
            return
        luck, soon = member.luck, self.world.soon
        if luck.random() < 0.58:
            self.world.at(soon(luck, 0.1, 6), self.opens, message.id)
        if luck.random() < 0.42:
            moment = soon(luck, 0.2, 9)
            self.world.at(moment, self.clicks, message.id)
            self.world.at(moment + timedelta(minutes=luck.uniform(3, 50)), self.answers, member, message.playbook)

    def opens(self, message_id: int) -> None:
        message = self._message(message_id)
        opened(message, BROWSER)

    def clicks(self, message_id: int) -> None:
        link = self.world.link_of(self._message(message_id))
        if link is not None:
            clicked(link, BROWSER)

    def answers(self, member: Member, playbook) -> None:
        luck = member.luck
        if playbook == "Payment Failed" and luck.random() < 0.72:
            self.settles(member)
        elif playbook == "First Purchase" and luck.random() < 0.3:
            self.joins(member, "subscription_create")
        elif playbook == "Upgrade to Pro" and member.plan is CLUB and member.status == "active" and luck.random() < 0.2:
            member.plan, member.renews = CIRCLE, now() + timedelta(days=CIRCLE.days)
            self.world.tell("membership.updated", whop.membership(member, now()))
            self.pays(member, "subscription_update")

    def _message(self, message_id: int):
        return db.session.get(Message, message_id)

    def person_of(self, member: Member) -> Person | None:
        return db.session.scalar(select(Person).join(Identity, Identity.person_id == Person.id).where(
            Identity.kind == "email", Identity.value == member.email))
