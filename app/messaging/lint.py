"""What to look at before a template is used; nothing here refuses, `Template` does that."""
import re
from dataclasses import dataclass

from sqlalchemy import select

from app.people import CustomField
from app.spine.db import db

from .settings import Sending
from .variables import VARIABLES, slots

SPAM = re.compile(r"\b(act now|100% free|risk[- ]free|guaranteed|winner|urgent|cash bonus|no obligation|last chance|"
                  r"limited time|once in a lifetime|click here|buy now|double your|earn money|miracle)\b"
                  r"|[!]{2,}|[$€£]{3,}", re.IGNORECASE)
PHONE_LINE, LONG_WORDS, LONG_PUSH = 40, 400, 240


@dataclass(frozen=True)
class Remark:
    """`tone` is good or warn; `hint` says what to do."""
    tone: str
    text: str
    hint: str = ""


def lint(template) -> list[Remark]:
    """Remarks on a template, those to look at first."""
    remarks = [*_subject(template), *_body(template), *_slots(template), *_law(template)]
    return sorted(remarks, key=lambda remark: remark.tone == "good")


def _subject(template):
    subject = template.subject
    if not subject:
        yield Remark("warn", "There is no subject", "Say in a few words what this is about.")
    elif len(subject) > PHONE_LINE:
        yield Remark("warn", f"The subject has {len(subject)} characters",
                     f"Phones show about {PHONE_LINE}. Put the most important words first.")
    letters = re.sub(r"[^A-Za-z]", "", subject)
    if len(letters) > 8 and letters.isupper():
        yield Remark("warn", "The subject is all capitals", "Mail filters and people take that for shouting.")


def _body(template):
    words = len(template.body.split())
    if not template.body:
        yield Remark("warn", "There are no words yet")
    elif template.channel == "push" and len(template.body) > LONG_PUSH:
        yield Remark("warn", f"{len(template.body)} characters are long for a notification",
                     f"Most phones cut after {LONG_PUSH}.")
    elif words > LONG_WORDS:
        yield Remark("warn", f"{words} words are long", "Two or three short paragraphs are read; more are skimmed.")
    else:
        yield Remark("good", "Short enough to be read")
    found = sorted({match[0].lower() for match in SPAM.finditer(f"{template.subject} {template.body}")})
    if found:
        yield Remark("warn", f"Words that mail filters dislike: {', '.join(found)}", "Say it plainly.")


def _slots(template):
    used = slots(template.subject) + slots(template.body)
    bare = sorted({name for name, fallback, _ in used if fallback is None and name not in ("creator_name",
                                                                                         "unsubscribe_link")})
    if bare:
        yield Remark("warn", f"No fallback for {', '.join(bare)}",
                     f"Whoever lacks it does not get the message. Write {{{{{bare[0]}|something}}}} to send anyway.")
    elif used:
        yield Remark("good", "Every slot has a fallback")
    custom = {name.removeprefix("custom.") for name, _, _ in used if name.startswith("custom.")}
    if custom:
        held = set(db.session.scalars(select(CustomField.key).where(CustomField.key.in_(custom))))
        for key in sorted(custom - held):
            yield Remark("warn", f"Nobody has a field called {key}", "Check the spelling under People.")


def _law(template):
    if template.category == "transactional":
        selling = [name for name, _, _ in slots(template.body) if name in ("discount", "offer_link")]
        if selling:
            yield Remark("warn", "A service message may not sell", "Take the offer out or make it a promotion.")
    elif template.channel == "email":
        if Sending.of().postal_address:
            yield Remark("good", "Unsubscribe and address are added at the end")
        else:
            yield Remark("warn", "Your postal address is missing",
                         "Add it under Settings, Sending. The law asks for it.")


def example(name: str) -> str:
    """A value for a preview without a person's own."""
    return VARIABLES[name].example if name in VARIABLES else "…"
