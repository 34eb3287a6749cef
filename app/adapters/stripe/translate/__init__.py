"""Stripe's resources in our words, a module per noun.

**Which payment is it.** An invoice is paid by an intent, an intent by charges; all three tell us about the same money.
The payment's id is the id of the outermost one the event knows: the invoice, else the intent, else the charge; the
inner ids go along as aliases. Old API versions name the invoice on charge and intent, so all events share one id. New
ones do not: there `invoice.paid`, `payment_intent.succeeded` and `charge.succeeded` may arrive under two ids, and the
link comes with `invoice.payments`, a `confirmation_secret`, an `order_reference` or `invoice_payment.paid`, as a fact
under the invoice's id whose aliases name the intent. Whoever absorbs looks a payment up by id *and* aliases and, when
they lead to two, makes one of them. Refunds and disputes name intent and charge only and no person: look up, same way.

**Which state is newer.** `version` is `event.created`, which counts whole seconds, plus the state's rank in
microseconds (fields.MONEY_RANK, subscriptions.RANK): within a second the later stage of life wins, whatever the order
of arrival. Facts of an older version still carry details (a decline code comes with the charge, not the invoice).
"""
from app.connections import Envelope
from app.spine.facts import Fact

from . import charges, checkout, customers, invoices, money_back, offers, subscriptions

READERS = {
    "customer.created": customers.facts, "customer.updated": customers.facts,
    "customer.subscription": subscriptions.facts, "invoice": invoices.facts, "invoice_payment": invoices.link,
    "charge": charges.charge, "payment_intent": charges.intent, "refund": money_back.refund,
    "charge.refund": money_back.refund, "charge.dispute": money_back.dispute, "checkout.session": checkout.facts,
    "product": offers.product, "price": offers.price}


def translate(envelope: Envelope) -> list[Fact]:
    """The facts of one event; [] for types we keep but do not use, a deleted customer among them.

    Deleting a customer ends their subscriptions, which says so by itself; what they paid and did stays true.
    """
    reader = READERS.get(envelope.kind) or READERS.get(envelope.kind.rpartition(".")[0])
    return reader(envelope) if reader else []
