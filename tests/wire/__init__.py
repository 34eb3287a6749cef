"""Speaking as a vendor does: signed webhooks for tests and scripts."""
from .signing import sign_stripe, sign_whop, sign_whop_older

__all__ = ["sign_stripe", "sign_whop", "sign_whop_older"]
