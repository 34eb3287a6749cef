"""Memberships in a file as the wizard shows them, and how those it made are taken back."""
from sqlalchemy import or_, select, update

from app.catalog import Plan
from app.connections import Column, reverses, unsettled
from app.people import Person
from app.spine.db import db
from app.spine.slots import filled

from ..models import Membership, MembershipSegment, Observation
from ..settle import copy_to_people, settle

SHOWN = (
    Column("sub_id", "Membership id", "subscription id, membership id, subscription, id, abo nummer"),
    Column("member_id", "Whose: their id", "member id, customer id, customer, user id, person, kundennummer, cliente"),
    Column("plan_id", "Plan", "plan, plan id, plan name, product, price id, tarif, tier"),
    Column("amount_minor", "Price per period", "amount, price, plan amount, betrag, preis, importe, precio, "
           "montant, prix",
           "money"),
    Column("currency", "Currency", "currency, wahrung, moneda, devise, valuta, moeda"),
    Column("interval", "Every day, week, month or year", "interval, billing interval, period, billing period, "
           "intervall"),
    Column("interval_count", "How many of them", "interval count", "number"),
    Column("status", "Status", "status, state, subscription status, zustand, estado, statut"),
    Column("start", "From", "start, started, started at, start date, start date utc, created, created at, beginn, "
           "inicio, "
           "debut", "moment"),
    Column("end", "Until", "end, ended, ended at, end date, canceled at, canceled at utc, ended at utc, ende, fin, "
           "fine",
           "moment"),
    Column("quantity", "Quantity", "quantity, qty, menge, cantidad, quantite", "number"),
    Column("recurring_discount_minor", "Discount per period", "discount, rabatt, descuento, remise", "money"),
    Column("seq", "Number of the stretch", "seq", "number"),
    Column("version", "Version of the stretch", "version", "number"),
)
COPIED = ("membership_status", "plan_id", "plan_name", "product_id", "canceled_at", "cancel_reason", "renews_at")


def observed_since(ids: set[int], one) -> dict[int, str]:
    """Memberships that a connection tells about."""
    return dict.fromkeys(db.session.scalars(select(Observation.membership_id).where(
        Observation.membership_id.in_(ids)).distinct()), "a connection knows it")


def settled_again(went: list, one) -> None:
    """People's copies and books without them; what was concluded from a connection counts again."""
    people = {person_id for _, person_id in went if person_id}
    if not people:
        return
    given = select(MembershipSegment.id).where(MembershipSegment.membership_id == Membership.id,
                                               MembershipSegment.given).exists()
    for membership in db.session.scalars(select(Membership).where(
            Membership.person_id.in_(people), Membership.source != "import", ~given)):
        settle(membership)
    again = unsettled(one, Person, people)
    left = set(db.session.scalars(select(Membership.person_id).where(Membership.person_id.in_(again))))
    db.session.execute(update(Person).where(Person.id.in_(again - left)).values(
        {**dict.fromkeys(COPIED), "stage": "lead"}).execution_options(synchronize_session=False))
    copy_to_people(left)
    for keep, _traits in filled("books.imported"):
        keep(people)


def still_sold(ids: set[int], one) -> dict[int, str]:
    """Plans that somebody has."""
    found = [db.session.scalars(select(model.plan_id).where(model.plan_id.in_(ids)).distinct()).all()
             for model in (Membership, MembershipSegment)]
    named = db.session.scalars(select(Plan.id).where(Plan.id.in_(ids), or_(
        Plan.product_id.is_not(None), select(Person.id).where(Person.plan_id == Plan.external_id).exists()))).all()
    return dict.fromkeys([*found[0], *found[1], *named], "somebody has this plan")


reverses(Membership, 40, stays=observed_since, after=settled_again)
reverses(MembershipSegment, 35, after=settled_again)
reverses(Plan, 60, stays=still_sold)
