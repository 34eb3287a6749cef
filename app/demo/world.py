"""The world around the desk: a queue of what will happen, a clock, and the two ways news reach us."""
import heapq
from datetime import timedelta
from itertools import count

from sqlalchemy import func, select

from app.connections import Envelope, receive
from app.kit.clock import now
from app.messaging import Link, Message
from app.spine.db import db, serve
from app.spine.facts import absorb
from app.spine.jobs import REGISTRY, Job
from app.spine.jobs import run as running
from app.spine.sockets import SOURCES

from . import whop

BATCH = 25
QUEUES = ("default", "inbox", "outside")      # the books are written once, when the story is over
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15"


class World:
    """Moments in order. From `live` on the account's jobs run; from `wired` on news come as signed webhooks, before
    that their facts are absorbed at once."""

    def __init__(self, account, connection, secret: str, forward, live, wired):
        self.account_id, self.connection_key, self.secret = account.id, connection.key, secret
        self.forward, self.live_from, self.wired_from = forward, live, wired
        self.queue, self.serial, self.order, self.uncommitted = [], count(1), count(), 0
        self.noticed, self.looked_at = set(), live
        self.react = None              # called with each message that went out

    def at(self, moment, act, *args) -> None:
        """`act(*args)` will happen then."""
        heapq.heappush(self.queue, (moment, next(self.order), act, args))

    @property
    def live(self) -> bool:
        return now() >= self.live_from

    @property
    def wired(self) -> bool:
        return now() >= self.wired_from

    def run(self, end, progress=None) -> None:
        """Let everything happen up to `end`."""
        while self.queue and self.queue[0][0] <= end:
            moment, _, act, args = heapq.heappop(self.queue)
            if moment >= self.live_from:
                self.work_until(moment)
            self.forward(to=max(moment, now()))
            act(*args)
            self.uncommitted += 1
            if self.live or self.uncommitted >= BATCH:
                self.commit()
            if progress:
                progress(moment)
        self.commit()
        self.work_until(end)
        self.forward(to=end)

    def every_day(self, end) -> None:
        """While the jobs run: what the calendar starts, once a day in the afternoon."""
        moment = self.live_from.replace(hour=15, minute=7) + timedelta(days=1)
        while moment < end:
            self.at(moment, REGISTRY["automations.jobs.look_at_the_calendar"].later)
            moment += timedelta(days=1)

    def commit(self) -> None:
        db.session.commit()
        self.uncommitted = 0

    def tell(self, kind: str, data: dict) -> None:
        """Whop says something."""
        number = next(self.serial)
        told = whop.envelope(kind, number, now(), data)
        if self.wired:
            raw = whop.encoded(told)
            receive("whop", self.connection_key, whop.signed(self.secret, raw, told["id"]), raw)
            serve(self.account_id)
            return
        vendor = SOURCES["whop"]()
        for fact in vendor.facts(Envelope(external_id=told["id"], kind=kind, occurred_at=now(), data=data,
                                          account_ref=told["account_id"])):
            absorb(fact, "whop")

    def work_until(self, moment) -> None:
        """Run the account's jobs as they come due, each at its own time, and let people react to what went out."""
        while (due := self.next_due()) is not None and due <= moment:
            self.forward(to=max(due, now()))
            queues = set()
            for job_id, attempt, queue in running.claim(20, "demo", QUEUES):
                running.run(job_id, attempt)
                queues.add(queue)
            serve(self.account_id)
            db.session.expire_all()
            if "outside" in queues:
                self.notice()

    def next_due(self):
        found = db.session.scalar(select(func.min(Job.run_at)).where(
            Job.state == "ready", Job.account_id == self.account_id, Job.queue.in_(QUEUES)))
        db.session.commit()
        return found

    def notice(self) -> None:
        """Messages that went out since the last look."""
        for message in db.session.scalars(select(Message).where(
                Message.state.in_(("sent", "delivered")), Message.sent_at > self.looked_at).order_by(Message.id)).all():
            if message.id not in self.noticed:
                self.noticed.add(message.id)
                self.react(message)
        self.looked_at = now() - timedelta(hours=1)
        db.session.commit()

    def link_of(self, message) -> Link | None:
        return db.session.scalar(select(Link).where(Link.message_id == message.id).order_by(Link.id).limit(1))

    def soon(self, luck, low: float, high: float):
        """A moment between so many hours from now."""
        return now() + timedelta(hours=luck.uniform(low, high))
