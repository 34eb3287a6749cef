"""Amounts and moments as people write them, in one of the ways of the world."""
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from app.kit import money

ORDERS = {"dmy": "Day first: 31.12.2026", "mdy": "Month first: 12/31/2026"}
WRITTEN = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
NUMBERS = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[ T,]+(.*))?")


def moment(text: str, order: str = "dmy") -> datetime:
    """A time in UTC; one without a zone is taken as UTC, a bare date as its midnight. Raises ValueError."""
    text = " ".join(text.split())
    if re.fullmatch(r"\d{9,10}|\d{12,13}", text):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) > 11 else 1), UTC)
    iso = re.sub(r" ?(UTC|GMT|Z)$", "+00:00", text)
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        found = _written(re.sub(r" ?(UTC|GMT|Z)$", "", text), order)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _written(text: str, order: str) -> datetime:
    numbers = NUMBERS.fullmatch(text)
    if numbers:
        first, second, third, clock = numbers.groups()
        year, month, day = ((first, second, third) if len(first) == 4 else (third, second, first) if order == "dmy"
                            else (third, first, second))
        year = f"20{year}" if len(year) == 2 else year
        text, forms = f"{year}-{month}-{day} {clock or ''}".strip(), ("%Y-%m-%d",)
    else:
        text, forms = re.sub(r"(?<=\d)(st|nd|rd|th)\b|,", "", text), WRITTEN
    text = " ".join(text.split())
    for form in forms:
        for clock in CLOCKS:
            try:
                return datetime.strptime(text, form + clock)
            except ValueError:
                continue
    raise ValueError(f"{text!r} is not a time")


def order_of(texts) -> str | None:
    """dmy or mdy where these dates show it, "?" where they could be either, None where none needs to know."""
    seen = None
    for text in texts:
        found = NUMBERS.fullmatch(" ".join(text.split()))
        if not found or len(found[1]) == 4:
            continue
        first, second = int(found[1]), int(found[2])
        if first > 12 or second > 12:
            return "dmy" if first > 12 else "mdy"
        seen = "?" if first != second or seen else seen
    return seen


SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "zł": "PLN", "R$": "BRL"}


def currency_in(text: str) -> str | None:
    """The currency an amount names beside its digits, by sign or code; a bare $ may be several."""
    code = next((word for word in re.findall(r"[A-Z]{3}", text.upper()) if word in money.CURRENCIES), None)
    return code or next((code for sign, code in SIGNS.items() if sign in text), None)


def amount(text: str, currency: str) -> int:
    """Minor units of an amount in major units, such as `$1,234.50`, `1.234,50 €` or `(12.00)`; raises BadMoney."""
    bare = re.sub(r"[^\d.,()+-]", "", text.replace("\u2212", "-"))
    below = (bare.startswith("(") and bare.endswith(")")) or "-" in bare
    bare = bare.strip("()+-")
    signs, whole = re.findall(r"[.,]", bare), re.split(r"[.,]", bare)
    if signs and signs.count(signs[-1]) == 1 and (len(whole[-1]) != 3 or money.exponent(currency) == 3):
        bare = f"{''.join(whole[:-1])}.{whole[-1]}"
    else:                                                # three digits after a sign: thousands
        bare = "".join(whole)
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise money.BadMoney(f"{text!r} is not an amount") from None
    return money.to_minor(-value if below else value, currency)
