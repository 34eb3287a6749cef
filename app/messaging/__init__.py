"""Words that go out: templates, one ledger of messages, the gate, the pipeline, tracking, consent.

Tables: templates, template_versions, messages, message_events, links, suppressions, consents, mail_servers.
Says: message.sent, .delivered, .opened, .clicked, .bounced, .complained, .unsubscribed, .failed. Hears none.
Front door: send(person, template, *, dedupe_key, ...) -> Message, Message.cancel(reason, words), Message.inbox(person),
Template, suppress, consent, gate / Skip / Defer / Hold for rules of other domains, variable for slots of templates,
balance(query); for what comes back clicked(link, agent), opened(message, agent), report(message, kind, ...).
"""
from . import kinds  # noqa: F401 - puts the events into the catalogue
from .balance import balance
from .gate import Defer, Hold, Skip, gate
from .models import BadTemplate, Consent, Link, Message, MessageEvent, Suppression, Template, consent, suppress
from .previews import send_test
from .reports import report
from .sending import send
from .settings import Sending
from .tracking import clicked, opened
from .variables import VARIABLES, variable

__all__ = ["VARIABLES", "BadTemplate", "Consent", "Defer", "Hold", "Link", "Message", "MessageEvent", "Sending",
           "Skip", "Suppression", "Template", "balance", "clicked", "consent", "gate", "opened", "report", "send",
           "send_test", "suppress", "variable"]
