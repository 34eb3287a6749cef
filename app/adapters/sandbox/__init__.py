"""A pretend carrier: takes every message, says so, and sends nothing anywhere."""
from app.spine.sockets import CHANNELS, Parcel, Receipt

TAKEN = "Taken by the sandbox. Nothing left this server."


@CHANNELS.offers("sandbox")
class Sandbox:
    """The address decides: `+bounce` has no mailbox, `+fail` is refused, `+silent` leaves the outcome open."""
    keyed = False                      # it plays a mail server, which does not know its doubles

    def __init__(self, settings: dict | None = None):
        self.settings = settings or {}

    def deliver(self, parcel: Parcel) -> Receipt:
        mailbox = parcel.to.partition("@")[0]
        if mailbox.endswith("+bounce"):
            return Receipt("failed", reason="The sandbox plays a mailbox that does not exist.", bad_address=True)
        if mailbox.endswith("+fail"):
            return Receipt("failed", reason="The sandbox plays a server that refuses.")
        if mailbox.endswith("+silent"):
            return Receipt("unclear", reason="The sandbox plays a line that goes silent.")
        return Receipt("sent", provider_id=f"sandbox:{parcel.key}", reason=TAKEN)
