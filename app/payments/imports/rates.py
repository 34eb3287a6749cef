"""`fx.csv`: exchange rates by day, and what has to be converted again when they change."""
from sqlalchemy import select

from app.accounts import current_account
from app.connections import BadRow, Chunk, imports
from app.kit import money
from app.spine.db import current_account_id, db
from app.spine.jobs import job
from app.spine.slots import filled

from ..models import Payment, Rate
from ..settle import copy_to_people, in_home_money

BATCH = 500


@imports("fx", needs=("date", "currency", "rate"), columns=("date", "currency", "rate"))
def rates(chunk: Chunk) -> None:
    """One rate a day and currency: units of the account's currency for one of the other."""
    read = {}
    for row in chunk.rows:
        try:
            key = (money.currency(row.text("currency", needed=True)), row.day("date"))
            rate = row.decimal("rate", needed=True, least=0)
            if rate <= 0:
                raise BadRow(f"rate: {rate} is not above 0")
            if key[0] == current_account().currency:
                raise BadRow(f"currency: {key[0]} is the account's own")
        except (BadRow, money.BadMoney) as error:
            chunk.bad(row, error)
            continue
        if key in read:
            chunk.count("unchanged" if read[key] == rate else "updated")
        read[key] = rate
    changed = _keep(chunk, read)
    account_id = current_account_id()
    for currency in sorted(changed):
        convert_again.later(account_id, currency, key=f"convert:{account_id}:{currency}")


def _keep(chunk: Chunk, read: dict) -> set[str]:
    """Write the rates; the currencies of which one is new or other."""
    held = {(row.currency, row.day): row for row in db.session.scalars(select(Rate).where(
        Rate.currency.in_({currency for currency, _ in read}), Rate.day.in_({day for _, day in read})))}
    changed = set()
    for (currency, day), rate in read.items():
        row = held.get((currency, day))
        if row is not None and row.rate == rate:
            chunk.count("unchanged")
            continue
        chunk.count("updated" if row else "created")
        changed.add(currency)
        if row is None:
            db.session.add(Rate(currency=currency, day=day, rate=rate))
        else:
            row.rate = rate
    return changed


@job
def convert_again(account_id: int, currency: str) -> None:
    """Payments of a currency whose rates changed, in the account's money; then whoever keeps books of it."""
    last = 0
    while rows := db.session.scalars(select(Payment).where(Payment.currency == currency, Payment.id > last).order_by(
            Payment.id).limit(BATCH)).all():
        for payment in rows:
            in_home_money(payment)
        last = rows[-1].id
        db.session.flush()
        copy_to_people({payment.person_id for payment in rows})
        db.session.commit()
    for keep, _traits in filled("rates.changed"):
        keep(currency)
