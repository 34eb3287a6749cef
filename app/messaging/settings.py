"""How an account sends: sender, quiet hours, caps, channels, tracking, and the switch that stops everything."""
import re
from dataclasses import asdict, dataclass, field, fields
from datetime import time

from email_validator import EmailNotValidError, validate_email
from flask import current_app

from app.accounts import current_account

CHANNELS = ("email", "push", "in_app")
CONSENT = {"customers": "Customers, and leads who agreed",
           "recorded": "Only people whose consent is on record",
           "everyone": "Everybody who has not said no"}
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass
class Sending:
    """One account's settings, kept in account.settings["messaging"]. Times are local to each person."""
    sender_name: str = ""
    sender: str = ""                    # address; empty: the installation's
    postal_address: str = ""
    quiet_start: str = "21:00"
    quiet_end: str = "08:00"
    cap_day: int = 2
    cap_week: int = 5
    channels: list = field(default_factory=lambda: ["email", "push", "in_app"])
    default_channel: str = "email"
    consent: str = "customers"
    track_opens: bool = True
    paused: bool = False

    @classmethod
    def of(cls, account=None) -> "Sending":
        kept = ((account or current_account()).settings or {}).get("messaging") or {}
        return cls(**{f.name: kept[f.name] for f in fields(cls) if f.name in kept})

    def stopped(self, account=None) -> bool:
        """Whether nothing may leave: paused by hand, or the account is closing."""
        return self.paused or "closing" in ((account or current_account()).settings or {})

    def keep(self, account=None) -> None:
        """Write them to the account; call `problems()` first."""
        account = account or current_account()
        account.settings = {**(account.settings or {}), "messaging": asdict(self)}

    def problems(self) -> dict[str, str]:
        """field -> what is wrong with it, in words."""
        wrong = {}
        for name in ("quiet_start", "quiet_end"):
            if not CLOCK.fullmatch(getattr(self, name) or ""):
                wrong[name] = "Write a time such as 21:00."
        for name, most in (("cap_day", 50), ("cap_week", 200)):
            number = getattr(self, name)
            if not isinstance(number, int) or not 1 <= number <= most:
                wrong[name] = f"Choose a whole number from 1 to {most}."
        if "cap_day" not in wrong and "cap_week" not in wrong and self.cap_week < self.cap_day:
            wrong["cap_week"] = "A week cannot allow less than a day."
        if self.sender:
            try:
                validate_email(self.sender, check_deliverability=False)
            except EmailNotValidError:
                wrong["sender"] = "This is not an email address."
        if any(ord(letter) < 32 for letter in self.sender_name) or len(self.sender_name) > 80:
            wrong["sender_name"] = "Use one line of at most 80 characters."
        if len(self.postal_address) > 300:
            wrong["postal_address"] = "Use at most 300 characters."
        if self.default_channel not in self.channels:
            wrong["default_channel"] = "Choose a channel that is on."
        if self.consent not in CONSENT:
            wrong["consent"] = "Choose one of the three."
        return wrong

    @property
    def quiet(self) -> tuple[time, time]:
        return _clock(self.quiet_start), _clock(self.quiet_end)

    def letterhead(self, account=None) -> tuple[str, str]:
        """(name, address) that messages come from."""
        account = account or current_account()
        return self.sender_name or account.name, self.sender or current_app.config["SMTP_FROM"]


def _clock(text: str) -> time:
    hour, minute = CLOCK.fullmatch(text).groups()
    return time(int(hour), int(minute))
