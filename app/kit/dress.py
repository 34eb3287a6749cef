"""How values look on a page: money, rates, counts, moments. Every word here is a Jinja filter and a global."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_symbol
from markupsafe import Markup, escape

from app.kit.money import MILLI, exponent

DASH = "–"
MINUS = "−"
UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


@cache
def symbol_of(code):
    """$ for USD; Babel goes through its tables every time."""
    return get_currency_symbol(code, "en_US")


def rounded(value, digits=0):
    """Half away from zero, as people expect of money and rates."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def signed(number, text, sign):
    """The text of a magnitude with a true minus, or a plus when changes are shown."""
    if number < 0:
        return MINUS + text
    return "+" + text if sign and number > 0 else text


def percent(ratio, digits=1):
    if ratio is None:
        return DASH
    number = rounded(Decimal(str(ratio)) * 100, digits)
    return signed(number, f"{abs(number):,}%", False)


def points(ratio, digits=1, sign=False):
    """The change of a rate, in points of a hundred."""
    if ratio is None:
        return DASH
    number = rounded(Decimal(str(ratio)) * 100, digits)
    return signed(number, f"{abs(number):,} pt", sign)


def rate(part, whole, digits=1):
    """A share as per cent, or as its two counts when there are fewer than twenty cases."""
    if not whole:
        return DASH
    return f"{part:,} of {whole:,}" if whole < 20 else percent(Decimal(part) / Decimal(whole), digits)


def count(number, sign=False):
    return DASH if number is None else signed(number, f"{abs(number):,}", sign)


def plural(number, one, many):
    return f"{count(number)} {one if number == 1 else many}"


def duration(seconds):
    """A length of time in words: 3 days, 24 hours, 1 hour 30 minutes."""
    left, words = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds), []
    if left == 86400:
        return "24 hours"
    for name, size in UNITS:
        whole, left = divmod(left, size)
        if whole:
            words.append(plural(whole, name, name + "s"))
    return " ".join(words[:2]) or "no time"


def web(address):
    """An address for a link: as it is when it leads into the web, else nothing. Vendors send these."""
    return address if re.match(r"https?://[^\s/?#]", address or "", re.IGNORECASE) else ""


def initials(name):
    """First letters of the first and last word, for an avatar."""
    words = re.findall(r"\w+", (name or "").split("@")[0])
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper() or "?"


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-") or "part"


class Dress:
    """The words that depend on whose page it is and when it is drawn."""

    def __init__(self, account=None, now=None):
        self._account = account or (lambda: None)
        self._now = now or (lambda: datetime.now(UTC))

    def words(self):
        mine = [self.money, self.monthly, self.short, self.dressed, self.ago, self.moment, self.day, self.period]
        plain = [percent, points, rate, count, plural, duration, initials, slug, web]
        return {word.__name__: word for word in mine + plain}

    @property
    def currency(self):
        return (getattr(self._account(), "currency", None) or "USD").upper()

    @property
    def zone(self):
        return ZoneInfo(str(getattr(self._account(), "timezone", None) or "UTC"))

    def money(self, minor, currency=None, sums=False, sign=False):
        """Exact minor units: $49.00 for one payment, $23,548 for sums; another currency is spelled."""
        if minor is None:
            return DASH
        code = (currency or self.currency).upper()
        major = rounded(Decimal(minor).scaleb(-exponent(code)), 0 if sums else exponent(code))
        return signed(major, self._priced(f"{abs(major):,}", code), sign)

    def _priced(self, digits, code):
        symbol = symbol_of(code)
        return f"{digits} {code}" if code != self.currency or symbol == code else symbol + digits

    def monthly(self, amount, currency=None, sign=False):
        """A monthly value: whole numbers are ten-thousandths of a minor unit, Decimals are minor units."""
        if amount is None:
            return DASH
        minor = amount if isinstance(amount, Decimal) else Decimal(amount) / MILLI
        return self.money(minor, currency, sums=True, sign=sign)

    def short(self, value, unit="count"):
        """An axis label: $25k, 1.2M, 40%."""
        if unit == "percent":
            return percent(value, 0)
        currency, number = self.currency, Decimal(str(value))
        if unit == "monthly":
            number, unit = number / MILLI, "money"
        if unit == "money":
            number = number.scaleb(-exponent(currency))
        for size, letter in ((6, "M"), (3, "k")):
            if abs(number) >= 10**size:
                digits = f"{rounded(number.scaleb(-size), 1):,f}".removesuffix(".0") + letter
                break
        else:
            digits, letter = f"{rounded(number, 0 if number == int(number) else 1):,}", ""
        magnitude = digits.lstrip("-")
        return signed(number, self._priced(magnitude, currency) if unit == "money" and number else magnitude, False)

    def dressed(self, value, unit="count"):
        """A value in its full dress: plain, count, percent, money or monthly."""
        if unit == "plain" or isinstance(value, str):
            return value
        if unit == "money":
            return self.money(value, sums=True)
        return {"count": count, "percent": percent, "monthly": self.monthly}[unit](value)

    def _local(self, when):
        """The moment in the account's zone; what the database gives without a zone is UTC."""
        return (when.replace(tzinfo=UTC) if when.tzinfo is None else when).astimezone(self.zone)

    def ago(self, when, now=None):
        """12 min ago, 3 h ago, yesterday, 5 d ago, 14 Oct; and the same words for what is to come."""
        if when is None:
            return DASH
        there, here = self._local(when), self._local(now or self._now())
        minutes, days = int(abs((here - there).total_seconds()) // 60), abs((here.date() - there.date()).days)
        if days >= 30:
            return self.day(there.date())
        if minutes < 1:
            return "just now"
        if minutes < 60 or minutes < 6 * 60 or days == 0:
            words = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
        elif days == 1:
            return "yesterday" if there < here else "tomorrow"
        else:
            words = f"{days} d"
        return f"{words} ago" if there <= here else f"in {words}"

    def moment(self, when, words="ago"):
        """A <time> with the exact local moment on hover; words: ago, clock, day or your own."""
        if when is None:
            return DASH
        there = self._local(when)
        told = {"ago": self.ago, "clock": "{:%H:%M}".format, "day": self.day}
        text = told[words](there) if words in told else words
        title = f"{there.day} {there:%b %Y, %H:%M}"
        exact = there.isoformat("T", "minutes")
        return Markup(f'<time datetime="{exact}" title="{title}">{escape(text)}</time>')  # noqa: S704 - digits, escaped

    def day(self, when, long=False):
        """14 Oct, or 14 Mar 2025 when the year is not this one; long: Friday 20 November."""
        if when is None:
            return DASH
        when = self._local(when).date() if isinstance(when, datetime) else when
        year = "" if when.year == self._today().year else f" {when.year}"
        return f"{when:%A} {when.day} {when:%B}{year}" if long else f"{when.day} {when:%b}{year}"

    def _today(self) -> date:
        return self._local(self._now()).date()

    def period(self, start, end):
        """23 Oct to 21 Nov; a year both share is said once."""
        first, last = self.day(start), self.day(end)
        if start.year == end.year:
            first = first.removesuffix(f" {start.year}")
        return f"{first} to {last}"
