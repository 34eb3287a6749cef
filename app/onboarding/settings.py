"""What was answered at the beginning."""
from dataclasses import asdict, dataclass, fields

from app.accounts import current_account

WANTS = {"rescue": ("Get failed payments back", "A card that fails is the loss that is easiest to prevent."),
         "keep": ("Keep members from leaving", "See who goes quiet before they cancel."),
         "grow": ("Sell more to those who are here", "Leads who never bought, and members ready for more."),
         "know": ("Understand the numbers", "What comes in, who stays, and why it changes.")}


@dataclass
class FirstRun:
    """`wants` is a key of WANTS; `hidden`: the checklist was put away by hand."""
    wants: str = ""
    hidden: bool = False

    @classmethod
    def of(cls, account=None) -> "FirstRun":
        kept = ((account or current_account()).settings or {}).get("first_run") or {}
        return cls(**{f.name: kept[f.name] for f in fields(cls) if f.name in kept})

    def keep(self, account=None) -> None:
        """Write it to the account."""
        account = account or current_account()
        account.settings = {**(account.settings or {}), "first_run": asdict(self)}
