"""Quiet hours on the person's own clock. Always through zone names and UTC, never through a kept offset."""
import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from babel.core import get_global

from app.accounts import current_account

from ..settings import Sending
from . import Defer, gate

JITTER = 20 * 60          # seconds: eight o'clock must not be a spike
log = structlog.get_logger("gate")


@gate("quiet hours", order=9)
def awake(message, person, now):
    if message.category == "transactional":
        return None
    until = next_allowed(now, zone_of(person), *Sending.of().quiet)
    if until is None:
        return None
    return Defer(until + jitter(message.public_id), "quiet_hours", "It waits for their morning.")


def zone_of(person) -> ZoneInfo:
    """The person's zone, else their country's when it has only one, else the account's."""
    if person.timezone:
        try:
            return ZoneInfo(person.timezone)
        except (KeyError, ValueError, OSError):
            log.warning("gate.bad_zone", person=person.public_id)
    zones = get_global("territory_zones").get((person.country or "").upper(), [])
    if len(zones) == 1:
        return ZoneInfo(zones[0])
    return current_account().zone


def inside(moment: time, start: time, end: time) -> bool:
    """Whether a wall-clock time is quiet; the window may wrap midnight."""
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end


def next_allowed(now: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """When the quiet ends, in UTC; None when it is not quiet. A wall time that is skipped in spring moves on."""
    local = now.astimezone(zone)
    wall = local.time()
    if not inside(wall, start, end):
        return None
    day = local.date() if wall < end else local.date() + timedelta(days=1)
    until = datetime.combine(day, end, zone).astimezone(UTC)
    if until <= now:                                    # in autumn the hour comes twice: the second one is meant
        until = datetime.combine(day, end.replace(fold=1), zone).astimezone(UTC)
    return until


def jitter(seed: str) -> timedelta:
    """0 to 20 minutes, always the same for the same message."""
    return timedelta(seconds=int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16) % JITTER)
