"""What a lead is worth before they buy: a value for each thing known of them, times how near they came to buying."""
from dataclasses import dataclass
from decimal import Decimal

from app.kit.money import round_half_up

FIELDS = {"email": 50, "phone": 100, "first_name": 25, "last_name": 25, "address": 150}     # minor units
LABELS = {"email": "Email", "phone": "Phone", "first_name": "First name", "last_name": "Last name",
          "address": "Address"}
CART_FACTOR = Decimal("0.05")
CHECKOUT, CART, ENGAGED = Decimal("2.0"), Decimal("1.5"), Decimal("1.25")
HIGH = 70                            # an engagement score above this counts as high
AT_CHECKOUT = ("checkout", "abandoned")


@dataclass(frozen=True)
class Worth:
    """`lines` are (what is known, minor units), `times` (why, factor); `total` is all of them together."""
    lines: tuple
    times: tuple
    total: int


def value_of(known, cart: int = 0, checkout: bool = False, in_cart: bool = False, engaged: bool = False) -> Worth:
    """The formula: (fields + cart x 0.05) x checkout, or else cart, x engagement. `known` are names of FIELDS."""
    lines = [(LABELS[name], FIELDS[name]) for name in FIELDS if name in known]
    if cart:
        lines.append(("5 % of what is in the cart", round_half_up(cart * CART_FACTOR)))
    times = [("Reached the checkout", CHECKOUT)] if checkout else [("Put something into the cart", CART)] if in_cart \
        else []
    if engaged:
        times.append(("Very engaged", ENGAGED))
    total = sum(FIELDS[name] for name in FIELDS if name in known) + cart * CART_FACTOR
    for _, factor in times:
        total *= factor
    return Worth(tuple(lines), tuple(times), round_half_up(Decimal(total)))


def worth(values: dict) -> Worth:
    """The same from the columns of a person."""
    parts = (values.get("name") or "").replace(",", " ").split()
    address, cart = values.get("address") or {}, values.get("cart_value") or 0
    known = {"email": values.get("email"), "phone": values.get("phone"), "first_name": parts,
             "last_name": len(parts) > 1, "address": address.get("street") and address.get("city")}
    return value_of({name for name, is_known in known.items() if is_known}, cart,
                    values.get("lead_status") in AT_CHECKOUT, cart > 0, (values.get("engagement_score") or 0) > HIGH)
