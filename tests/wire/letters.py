"""A post office for tests: every mail the installation sends, kept instead of sent."""
import re

from app.spine.jobs import drain
from app.spine.sockets import CHANNELS, Receipt


class PostOffice:
    """What was handed over; `link` is the newest sign-in address in a mail to somebody, None when there is none."""

    def __init__(self, app, monkeypatch):
        self.parcels = []
        monkeypatch.setitem(app.config, "SMTP_URL", "smtp://post.test")
        monkeypatch.setitem(CHANNELS, "email", lambda settings: self)

    def deliver(self, parcel) -> Receipt:
        self.parcels.append(parcel)
        return Receipt("sent")

    def link(self, email: str) -> str | None:
        drain()
        texts = [parcel.text for parcel in self.parcels if parcel.to == email]
        return re.search(r"/sign-in/links/[\w-]+", texts[-1]).group() if texts else None
