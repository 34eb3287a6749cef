"""Doors to knock at and a whole installation to run, as other rooms' tests have them."""
from tests.connections.conftest import knock, knock_stripe, stripe, whop  # noqa: F401
from tests.story.test_story import database, mailbox  # noqa: F401
