"""Forgetting a person: who they were goes at once; the money rows stay, without a name."""
from sqlalchemy import delete, exists, func, select

from app.accounts import audited, by_command, forget_in_audits
from app.connections import Delivery
from app.kit.clock import now
from app.spine import privacy
from app.spine.db import across_accounts, as_account, db
from app.spine.events import CATALOGUE, Event, record
from app.spine.jobs import Job
from app.spine.slots import fills

from .meeting import DETAILS, standing
from .models import Identity, Person

KEPT = ("payment", "membership")             # groups of events that the books rest on
LETTERS, DIGITS = 6, 9                     # letters, or digits, of a word that means one person
PERSONAL = (*DETAILS, "locale", "lead_source", "cancel_reason", "assigned_to", "cart_value")


def erase(person: Person) -> dict[str, int]:
    """Everything that says who this was, in every table; table name -> rows touched. Done again, it does nothing.

    Others hear `person.erased` first, while the address is still known, so that it can be suppressed.
    """
    person = standing(person)            # who became part of another is that one
    if person.erased_at is not None:
        return {}
    record("person.erased", person)
    everybody = [person, *db.session.scalars(select(Person).where(Person.merged_into_id == person.id))]
    ids, words = [one.id for one in everybody], {word for one in everybody for word in words_of(one)}
    alone = {word for one in everybody for word in pointing_to(one, ids)}
    touched = {"deliveries": privacy.blank(Delivery.body, alone, body=None, headers={}, outcome={}, error=None),
               "jobs": privacy.blank(Job.error, alone, error=privacy.ERASED)}
    kept = [name for name, kind in CATALOGUE.items() if kind.group in KEPT]
    db.session.execute(delete(Event).where(Event.person_id.in_(ids), Event.kind.not_in(kept)),
                       execution_options={"synchronize_session": False})
    touched |= privacy.forget(ids, words)
    db.session.flush()
    for one in everybody:
        for name in PERSONAL:
            setattr(one, name, None)
        one.custom, one.told, one.counted, one.address, one.erased_at = {}, {}, {}, {}, now()
    db.session.flush()
    touched["audits"] = sum(forget_in_audits(db.session, one.account_id, one.id, one.public_id, privacy.pattern(alone))
                            for one in everybody)
    audited(db.session, "erase", "people", person.public_id, after={"people": len(ids)})
    return {"people": len(ids), **{name: count for name, count in touched.items() if count}}


def words_of(person: Person) -> set[str]:
    """What names this person: details and every identity. To be looked for in rows that are theirs."""
    said = [person.email, person.name, person.username, person.phone,
            *db.session.scalars(select(Identity.value).where(Identity.person_id == person.id))]
    return {word.strip() for word in said if word and word.strip()}


def pointing_to(person: Person, ids: list[int]) -> set[str]:
    """Those of their words that mean nobody else here (no first name, no short number): looked for everywhere."""
    words = words_of(person)
    for column in (Person.name, Person.username):
        word = (getattr(person, column.key) or "").strip()
        namesake = exists().where(func.lower(column) == word.lower(), Person.id.not_in(ids))
        if (column is Person.name and " " not in word) or db.session.scalar(select(namesake)):
            words.discard(word)
    return {word for word in words if len(word) >= (DIGITS if word.isdecimal() else LETTERS)}


@fills("backup.carry")
class Erased:
    """Whoever was erased stays erased, also when a copy from before is restored."""

    @staticmethod
    def now() -> list[str]:
        with across_accounts():
            return list(db.session.scalars(select(Person.public_id).where(Person.erased_at.is_not(None))))

    @staticmethod
    def back(public_ids: list[str]) -> None:
        by_command(db.session)
        with across_accounts():
            found = db.session.scalars(select(Person).where(Person.public_id.in_(public_ids),
                                                            Person.erased_at.is_(None))).all()
        for person in found:
            with as_account(person.account_id):
                erase(person)
