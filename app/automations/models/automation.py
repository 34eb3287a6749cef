"""An automation and the versions of its plan."""
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.automations.plan import TIMED, BadPlan, Plan, parse, read
from app.kit.clock import now
from app.segments import Segment, watch
from app.spine.db import Json, Owned, Public, Row, Utc, db
from app.spine.holding import lasting

KINDS = ("nurture", "upsell", "churnsave", "rule", "winback", "dunning", "abandonment", "onboarding", "custom")


@lasting
class Automation(Public, Owned, Row):
    """A playbook or rule. Off until its owner switches it on; what it does is its current version's plan."""
    __tablename__ = "automations"
    PREFIX = "aut"
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="custom")
    about: Mapped[str] = mapped_column(default="")
    preset: Mapped[str | None]
    trigger: Mapped[str]                               # copy of the plan's trigger kind, for the index
    enabled_at: Mapped[datetime | None] = mapped_column(Utc)
    hold_out: Mapped[int] = mapped_column(default=0)   # percent of entrants left alone
    priority: Mapped[int] = mapped_column(default=100)
    launched_at: Mapped[datetime | None] = mapped_column(Utc)   # the first time it was switched on
    archived_at: Mapped[datetime | None] = mapped_column(Utc)
    draft: Mapped[dict | None] = mapped_column(Json)            # changes that are not published; may be unfinished
    drafted_at: Mapped[datetime | None] = mapped_column(Utc)
    version_id: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(Utc, default=now, onupdate=now)
    versions: Mapped[list["AutomationVersion"]] = relationship(
        back_populates="automation", order_by="AutomationVersion.number", passive_deletes=True)
    __table_args__ = (Index("ix_automations_trigger", "account_id", "trigger", "enabled_at"),)

    @classmethod
    def make(cls, name: str, kind: str, plan: dict, **traits) -> "Automation":
        """A new automation, off, with its first version; raises BadPlan."""
        automation = cls(name=name, kind=kind, trigger=parse(plan).trigger, **traits)
        db.session.add(automation)
        db.session.flush()
        automation.publish(plan)
        return automation

    @classmethod
    def begin(cls, name: str, kind: str, plan: dict, **traits) -> "Automation":
        """A new automation whose steps are still to be written: version 0 does nothing. Raises BadPlan."""
        automation = cls(name=name, kind=kind, trigger=parse(plan, unfinished=True).trigger, **traits)
        db.session.add(automation)
        db.session.flush()
        empty = AutomationVersion(automation_id=automation.id, number=0, spec=plan)
        db.session.add(empty)
        db.session.flush()
        automation.version_id = empty.id
        return automation

    @property
    def version(self) -> "AutomationVersion":
        return db.session.get(AutomationVersion, self.version_id)

    @property
    def plan(self) -> Plan:
        return self.version.plan

    @property
    def working(self) -> dict:
        """The plan as its editor sees it: the draft, or what is published."""
        return self.version.spec if self.draft is None else self.draft

    def redraft(self, spec: dict | None) -> None:
        """Keep changes for later; None forgets them. A draft that equals the published plan is none."""
        changed = spec is not None and spec != self.version.spec
        self.draft, self.drafted_at = (spec, now()) if changed else (None, None)

    @property
    def on(self) -> bool:
        return self.enabled_at is not None and self.archived_at is None

    def publish(self, plan: dict, running: str = "finish") -> "AutomationVersion":
        """A new version from here on. `running`: those inside `finish` the old, `move` to the same step, or `exit`."""
        parsed = parse(plan)
        number = 1 + (db.session.scalar(select(func.max(AutomationVersion.number)).where(
            AutomationVersion.automation_id == self.id)) or 0)
        version = AutomationVersion(automation_id=self.id, number=number, spec=parsed.spec)
        db.session.add(version)
        db.session.flush()
        if parsed.segment and (segment := Segment.find(parsed.segment)):
            watch(segment)               # whose coming and going starts it is kept from now on
        self.version_id, self.trigger, self.draft, self.drafted_at = version.id, parsed.trigger, None, None
        if running != "finish" and number > 1:
            from app.automations.engine import rehouse
            rehouse(self, version, running)
        return version

    def switch_on(self) -> None:
        """From now on its trigger enrols people; who has reached its days enters soon. BadPlan without steps."""
        from app.automations.jobs import calendar, tick
        if not self.plan.nodes:
            raise BadPlan("steps", "add at least one step and publish it")
        if self.enabled_at is None:
            self.enabled_at = now()
            self.launched_at = self.launched_at or self.enabled_at
            tick.later(self.account_id, key=f"automations:{self.account_id}")
            if self.trigger in TIMED:
                calendar.later(self.id, key=f"calendar:{self.id}")

    def switch_off(self) -> None:
        """Nobody enters any more, and those inside wait where they are until it is on again."""
        self.enabled_at = None

    def put_away(self) -> None:
        """Off and out of the list; those inside leave, and what they were to get is not sent."""
        from app.automations.engine import let_go
        self.switch_off()
        self.archived_at = now()
        let_go(self, "archived", "The playbook was put away.")


@lasting
class AutomationVersion(Owned, Row):
    """A plan as it was published; enrollments pin one, so that editing never moves anybody silently."""
    __tablename__ = "automation_versions"
    automation_id: Mapped[int] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    number: Mapped[int]
    spec: Mapped[dict] = mapped_column(Json)
    automation: Mapped[Automation] = relationship(back_populates="versions")
    __table_args__ = (UniqueConstraint("account_id", "automation_id", "number"),)

    @property
    def plan(self) -> Plan:
        """The parsed plan; versions never change, so it is parsed once a process."""
        key = (self.id, self.number, self.automation_id)
        if key not in _parsed or _parsed[key].spec != self.spec:
            _parsed[key] = read(self.spec)
        return _parsed[key]


_parsed: dict[tuple, Plan] = {}
