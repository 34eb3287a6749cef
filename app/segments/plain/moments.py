"""When something happened: joined, paid, was seen, left, renews; and how long somebody has been a member."""
from datetime import timedelta

from .amounts import DAY, SPAN, days_of, span, stretch, this
from .grammar import LEAST, MOST, NOT, OVER, UNDER, leaf, phrase, today

# What happened, and the field that holds when.
MOMENTS = {
    "joined_at": r"joined|signed up|subscribed|became (?:a )?members?|started",
    "canceled_at": r"cancell?ed|left|churned|quit",
    "last_payment_at": r"(?:last )?paid|made (?:a|their last) payment|last payment(?: was)?|bought(?: something)?"
                       r"|purchased",
    "first_payment_at": r"first paid|first payment(?: was)?|bought for the first time",
    "last_active_at": r"(?:been |were |was |last )?active|(?:been |were |was |last )?seen|(?:been )?online|logged in"
                      r"|signed in|visited|last active(?: was)?|showed up",
    "created_at": r"(?:were |was )?added|(?:were |was )?created",
    "renews_at": r"renewed|renews?|renewing|renewal(?: is)?|due to renew",
}
AGO = rf"(?:in|within|during|over|for)?\s?(?:the )?(?:last|past|previous) (?P<ago>{SPAN})"
WHEN = (rf"(?:{AGO}|(?:within|in|for) (?P<within>{SPAN})|(?P<this>this (?:week|month|year))|(?P<day>today|yesterday)"
        rf"|(?:since|after|from) (?P<since>{DAY})|before (?P<before>{DAY})|between (?P<from>{DAY}) and (?P<to>{DAY})"
        rf"|(?:in|on|during) (?P<on>{DAY})|(?:more than|over|at least) (?P<older>{SPAN}) ago"
        rf"|less than (?P<younger>{SPAN}) ago|(?:in|within) the next (?P<next>{SPAN}))")


def _moment(field: str, found, wanted: bool) -> dict:
    told = {name: words for name, words in found.groupdict().items() if words}
    meant = _when(field, told)
    return meant if wanted else {"not": meant}


def _when(field: str, told: dict) -> dict:
    if words := told.get("ago") or told.get("within") or told.get("younger"):
        return leaf(field, "in_last", span(words))
    if "next" in told:
        return leaf(field, "in_next", span(told["next"]))
    if "older" in told:
        return leaf("tenure_days", "gte", days_of(span(told["older"]))) if field == "joined_at" else leaf(
            field, "before", (today() - timedelta(days=days_of(span(told["older"])))).isoformat())
    if "this" in told:
        return leaf(field, "between", [this(told["this"].split()[1], today()), today().isoformat()])
    if "day" in told:
        one = (today() - timedelta(days=told["day"] == "yesterday")).isoformat()
        return leaf(field, "between", [one, one])
    if "from" in told:
        return leaf(field, "between", [stretch(told["from"], today())[0], stretch(told["to"], today())[1]])
    if "on" in told:
        return leaf(field, "between", list(stretch(told["on"], today())))
    if "before" in told:
        return leaf(field, "before", stretch(told["before"], today())[0])
    first = stretch(told["since"], today())[0]
    return leaf(field, "between", [first, max(first, today().isoformat())])


def _teach_moments() -> None:
    for field, verbs in MOMENTS.items():
        phrase(rf"(?:{verbs}) {WHEN}")(lambda found, field=field: _moment(field, found, True))
        if field == "renews_at":
            continue
        plain = verbs.replace("paid", "pai?d|pay").replace("logged", "log(?:ged)?")
        phrase(rf"{NOT} (?:been |have )?(?:{plain}) {WHEN}")(lambda found, field=field: _absent(field, found))


def _absent(field: str, found) -> dict:
    """Not within the last days means also: never."""
    words = found.groupdict().get("ago") or found.groupdict().get("within")
    return leaf(field, "not_in_last", span(words)) if words else _moment(field, found, False)


_teach_moments()
phrase(rf"(?:been )?(?:inactive|quiet|silent|gone|absent|away)(?: (?:for|in|since))?(?: the)?(?: last| past)? ?"
       rf"(?:{OVER} |{LEAST} )?(?P<n>{SPAN})")(
    lambda found: leaf("last_active_at", "not_in_last", span(found["n"])))
phrase(r"never (?:been )?(?:active|seen|logged in|online)")(lambda _: leaf("last_active_at", "is_not_set"))
phrase(rf"(?:been )?(?:a )?(?:members?|customers?|subscribers?) for (?:{OVER} |{LEAST} )?(?P<n>{SPAN})")(
    lambda found: leaf("tenure_days", "gte", days_of(span(found["n"]))))
phrase(rf"(?:been )?(?:a )?(?:members?|customers?|subscribers?) for (?:{UNDER} |{MOST} )(?P<n>{SPAN})")(
    lambda found: leaf("tenure_days", "lt", days_of(span(found["n"]))))
