"""An automation and the versions of its plan."""
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.automations.plan import Plan, parse
from app.kit.clock import now
from app.spine.db import Json, Owned, Public, Row, Utc, db

KINDS = ("nurture", "upsell", "churnsave", "rule", "winback", "dunning", "abandonment", "onboarding", "custom")


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
    archived_at: Mapped[datetime | None] = mapped_column(Utc)
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

    @property
    def version(self) -> "AutomationVersion":
        return db.session.get(AutomationVersion, self.version_id)

    @property
    def plan(self) -> Plan:
        return self.version.plan

    @property
    def on(self) -> bool:
        return self.enabled_at is not None and self.archived_at is None

    def publish(self, plan: dict, running: str = "finish") -> "AutomationVersion":
        """A new version from here on. `running`: those inside finish the old plan, `move` to the same step, or `exit`."""
        parsed = parse(plan)
        number = 1 + len(db.session.scalars(select(AutomationVersion.id).where(
            AutomationVersion.automation_id == self.id)).all())
        version = AutomationVersion(automation_id=self.id, number=number, spec=parsed.spec)
        db.session.add(version)
        db.session.flush()
        self.version_id, self.trigger = version.id, parsed.trigger
        if running != "finish" and number > 1:
            from app.automations.engine import rehouse
            rehouse(self, version, running)
        return version

    def switch_on(self) -> None:
        """From now on its trigger enrols people; standing conditions are looked at soon."""
        from app.automations.jobs import calendar, tick
        if self.enabled_at is None:
            self.enabled_at = now()
            tick.later(self.account_id, key=f"automations:{self.account_id}")
            if self.trigger in ("tenure.reached", "inactivity.reached"):
                calendar.later(self.id, key=f"calendar:{self.id}")

    def switch_off(self) -> None:
        """Nobody enters any more, and those inside wait where they are until it is on again."""
        self.enabled_at = None


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
            _parsed[key] = parse(self.spec)
        return _parsed[key]


_parsed: dict[tuple, Plan] = {}
