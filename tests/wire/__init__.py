"""Speaking as a vendor does: signed webhooks for tests and scripts."""
from .places import free_port, own_database, until
from .signing import sign_stripe, sign_whop, sign_whop_older

__all__ = ["free_port", "own_database", "sign_stripe", "sign_whop", "sign_whop_older", "until"]
