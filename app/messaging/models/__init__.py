"""The tables of messaging."""
from .consent import Consent, Suppression, consent, suppress
from .mail_server import MailServer
from .message import CATEGORIES, FINAL, STATES, WAITING, Message
from .template import BadTemplate, Template, TemplateVersion
from .traces import Link, MessageEvent

__all__ = ["CATEGORIES", "FINAL", "STATES", "WAITING", "BadTemplate", "Consent", "Link", "MailServer", "Message",
           "MessageEvent", "Suppression", "Template", "TemplateVersion", "consent", "suppress"]
