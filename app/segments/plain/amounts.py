"""Numbers, lengths of time and dates as people write them."""
import re
from calendar import monthrange
from datetime import date, timedelta

WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
         "nine": 9, "ten": 10, "twelve": 12, "twenty": 20, "thirty": 30, "once": 1, "twice": 2}
MONTHS = {name: number for number, names in enumerate((
    "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
    "sep sept september", "oct october", "nov november", "dec december"), 1) for name in names.split()}
NUMBER = r"(?:\d[\d,]*(?:\.\d+)?\s?k?|" + "|".join(WORDS) + ")"
UNIT = r"(?:minute|hour|day|week|month|year)s?"
SPAN = rf"(?:(?:{NUMBER})[\s-]{UNIT}|(?:week|month|year|hour)\b)"
MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + ")"
DAY = (rf"(?:\d{{4}}-\d\d-\d\d|{MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
       rf"|\d{{1,2}}(?:st|nd|rd|th)? {MONTH}(?: \d{{4}})?|{MONTH}(?: \d{{4}})?|\d{{4}})\b")
MONEY = r"(?:[$€£¥]\s?)?\d[\d,]*(?:\.\d+)?\s?k?(?:\s?(?:dollars|euros|pounds|bucks|usd|eur|gbp))?"


def number(words: str) -> float | int:
    """`1,200`, `2.5k`, `three`."""
    words = words.strip().lower()
    if words in WORDS:
        return WORDS[words]
    plain = words.replace(",", "").replace(" ", "")
    found = float(plain.rstrip("k")) * (1000 if plain.endswith("k") else 1)
    return int(found) if found == int(found) else found


def money(words: str) -> float | int:
    """An amount without its sign."""
    return number(re.sub(r"[^\d.,k]", "", re.sub(r"dollars|bucks|euros|pounds|usd|eur|gbp", "", words.lower())))


def span(words: str) -> dict:
    """`30 days`, `two weeks`, `month`: {"n": 30, "unit": "days"}."""
    found = re.fullmatch(rf"(?:({NUMBER})[\s-])?({UNIT})", words.strip())
    unit = found[2].rstrip("s")
    return {"n": int(number(found[1] or "1")), "unit": f"{unit}s"}


def days_of(length: dict) -> int:
    """A length of time in whole days, a month being thirty."""
    return max(1, length["n"] * {"minutes": 0, "hours": 0, "days": 1, "weeks": 7, "months": 30, "years": 365}[
        length["unit"]])


def stretch(words: str, today: date) -> tuple[str, str]:
    """First and last day of what a date names: a day, a month, a year. The past one where none is told."""
    words = words.strip().lower().rstrip(".,")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", words):
        return words, words
    if re.fullmatch(r"\d{4}", words):
        return f"{words}-01-01", f"{words}-12-31"
    month = MONTHS[next(part for part in re.findall("[a-z]+", words) if part in MONTHS)]
    year = re.search(r"\b(\d{4})\b", words)
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", words)
    then = int(year[1]) if year else today.year if (month, int(day[1]) if day else 1) <= (
        today.month, today.day) else today.year - 1
    last = monthrange(then, month)[1]
    if day:
        one = date(then, month, min(int(day[1]), last)).isoformat()
        return one, one
    return date(then, month, 1).isoformat(), date(then, month, last).isoformat()


def this(unit: str, today: date) -> str:
    """The first day of this week, month or year."""
    first = {"week": today - timedelta(days=today.weekday()), "month": today.replace(day=1),
             "year": today.replace(month=1, day=1)}[unit]
    return first.isoformat()
