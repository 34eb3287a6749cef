"""Money: integer minor units and an ISO currency. Nothing here knows about accounts."""
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

from babel.core import get_global
from babel.numbers import get_currency_precision

MILLI = 10_000                       # monthly values are kept in 1/10000 of a minor unit
CURRENCIES = frozenset(get_global("all_currencies"))


class BadMoney(ValueError):
    """Not an amount or not a currency; says which."""


def currency(code: str) -> str:
    """The code in capitals; raises BadMoney for what is no ISO 4217 currency."""
    code = (code or "").strip().upper()
    if code not in CURRENCIES:
        raise BadMoney(f"{code or 'nothing'} is not a currency code")
    return code


def exponent(code: str) -> int:
    """Digits behind the point: JPY 0, USD 2, KWD 3."""
    return get_currency_precision(code.upper())


def to_minor(major, code: str) -> int:
    """Major units as a string, Decimal or JSON number to minor units, half up."""
    try:
        value = Decimal(str(major)).scaleb(exponent(code))
        return int(value.quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        raise BadMoney(f"{major!r} is not an amount") from None


def to_major(minor: int, code: str) -> Decimal:
    """Minor units to major units, exactly."""
    return Decimal(minor).scaleb(-exponent(code))


def round_half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def milli(value: Decimal) -> int:
    """A Decimal in minor units to 1/10000 of a minor unit, half even, as `metrics.md` section 0 asks."""
    return int((value * MILLI).quantize(Decimal(1), ROUND_HALF_EVEN))


def from_milli(value: int) -> Decimal:
    """1/10000 of a minor unit to a Decimal in minor units with four decimals."""
    return (Decimal(value) / MILLI).quantize(Decimal("0.0001"))


def ratio(part, whole) -> Decimal | None:
    """part / whole to six decimals, half even; None when there is no whole."""
    if not whole:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
