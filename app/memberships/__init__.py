"""Access over time: memberships as sources report them, and the segments that every revenue figure is made of.

Tables: memberships, observations, membership_segments.
Says: membership.trialing, .activated, .past_due, .cancel_scheduled, .cancel_withdrawn, .paused, .resumed,
.plan_changed, .canceled, .trial_ending.
Front door: Membership, MembershipSegment, ACCESS (statuses with access), COUNTING (statuses with revenue).
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .models import ACCESS, COUNTING, STATUSES, Membership, MembershipSegment, Observation

__all__ = ["ACCESS", "COUNTING", "STATUSES", "Membership", "MembershipSegment", "Observation"]
