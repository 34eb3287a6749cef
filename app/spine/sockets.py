"""Where vendors plug in: gateway, channel, source, ai. A vendor registers; only the factory imports adapters."""
from dataclasses import dataclass, field
from typing import Literal, Protocol


class Socket(dict):
    """Name -> vendor class. `vendor(name)` raises KeyError with the names there are."""

    def __init__(self, noun: str):
        super().__init__()
        self.noun = noun

    def offers(self, name: str):
        """Class decorator by which an adapter registers itself."""
        def plug(cls):
            cls.name = name
            self[name] = cls
            return cls
        return plug

    def __missing__(self, name):
        raise KeyError(f"no {self.noun} called {name!r}; there are {', '.join(sorted(self)) or 'none'}")


SOURCES = Socket("source")        # what sends us webhooks and lists: whop, stripe
CHANNELS = Socket("channel")      # what carries messages: email, push, in_app, sandbox
GATEWAYS = Socket("gateway")      # what charges cards
AI = Socket("ai")                 # what writes drafts


@dataclass(frozen=True)
class Parcel:
    """What a channel carries to one address. `key` is ours and the same on every try."""
    key: str
    to: str
    subject: str
    text: str
    html: str = ""
    sender: str = ""                  # address; empty: the channel's own
    sender_name: str = ""
    headers: dict = field(default_factory=dict)
    link: str = ""                    # where a push leads
    traits: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What became of a parcel. `unclear`: the line went silent after we may have been heard; never repeated blindly."""
    kind: Literal["sent", "failed", "retry", "unclear"]
    provider_id: str = ""
    reason: str = ""
    retry_after: int | None = None    # seconds
    bad_address: bool = False


class Channel(Protocol):
    """Built as Channel(settings); `keyed` when the provider itself drops a second parcel of the same key."""
    keyed: bool

    def deliver(self, parcel: Parcel) -> Receipt: ...
