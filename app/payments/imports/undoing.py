"""Payments in a file as the wizard shows them, and how those it made are taken back."""
from sqlalchemy import select

from app.connections import Column, reverses, unsettled
from app.people import Person
from app.spine.db import db
from app.spine.slots import filled

from ..models import Attempt, Dispute, Payment, Refund
from ..settle import copy_to_people

SHOWN = (
    Column("payment_id", "Payment id", "payment id, id, charge id, transaction id, invoice, invoice id, order id, "
           "zahlungsnummer, rechnungsnummer, transaktion"),
    Column("member_id", "Who paid: their id", "member id, customer id, customer, user id, person, kunde, kundennummer, "
           "cliente"),
    Column("amount_minor", "Amount", "amount, total, price, paid, betrag, summe, importe, monto, montant, importo, "
           "valor, "
           "gross", "money"),
    Column("refunded_minor", "Refunded", "refunded, amount refunded, refund, "
           "erstattet, reembolsado, rembourse", "money"),
    Column("currency", "Currency", "currency, wahrung, moneda, devise, valuta, moeda"),
    Column("status", "Paid, failed, refunded or disputed", "status, payment status, state, zustand, estado, statut"),
    Column("failure_code", "Why it failed", "failure code, decline code, error, failure reason"),
    Column("at", "When", "date, created, created at, created utc, paid at, time, timestamp, datum, fecha, data, "
           "payment date", "moment"),
    Column("sub_id", "Membership id", "subscription, subscription id, membership id, abo"),
)


def refunded_since(ids: set[int], one) -> dict[int, str]:
    """Payments that a source has told more about."""
    return dict.fromkeys(db.session.scalars(select(Refund.payment_id).where(Refund.payment_id.in_(ids))),
                         "it was refunded since")


def sums_again(went: list, one) -> None:
    """What people paid in all, but for those whose sums stand as before the import already."""
    people = {person_id for _, person_id in went if person_id}
    if people:
        copy_to_people(unsettled(one, Person, people))
        for keep, _traits in filled("books.imported"):
            keep(people)


reverses(Payment, 30, stays=refunded_since, after=sums_again)
reverses(Attempt, 25)
reverses(Dispute, 25)
