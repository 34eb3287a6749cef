"""The phrases that are understood: a pattern each, and the condition it means."""
from . import moments  # noqa: F401 - teaches its own
from .amounts import MONEY, NUMBER, UNIT, days_of, number, span
from .grammar import CMP, NOT, TIMES, compared, leaf, minor, phrase
from .moments import AGO

# Money.
SPENT = (r"(?:have |has )?(?:spent|paid|spending|total spent|lifetime value|ltv|revenue|(?:are )?worth|brought in)"
         r"(?: a total)?")
phrase(rf"{SPENT} {CMP} (?P<n>{MONEY})")(lambda found: leaf("total_spent", compared(found["cmp"]), minor(found["n"])))
phrase(rf"{SPENT} (?P<n>{MONEY}) or (?P<way>more|less)")(
    lambda found: leaf("total_spent", "gte" if found["way"] == "more" else "lte", minor(found["n"])))
phrase(rf"{SPENT} (?P<n>{MONEY})\+")(lambda found: leaf("total_spent", "gte", minor(found["n"])))
phrase(rf"{SPENT} between (?P<a>{MONEY}) and (?P<b>{MONEY})")(
    lambda found: leaf("total_spent", "between", sorted((minor(found["a"]), minor(found["b"])))))
phrase(r"(?:spent|paid) nothing|never (?:paid|bought|spent)(?: anything)?|(?:without|no) payments?"
       r"|(?:have|has) ?n[o']t paid")(lambda _: leaf("payments_count", "is", 0))
phrase(r"(?:big|high|top)[ -]spenders?|high[ -]value(?: (?:members|customers|people))?|whales")(
    lambda _: leaf("total_spent", "gt", minor("500")))

# Counts.
COUNTS = {"payments_count": r"payments?|purchases?", "forum_posts": r"(?:forum )?posts?",
          "forum_comments": r"(?:forum )?comments?", "lessons_completed": r"(?:completed )?lessons?(?: completed)?"}


def _teach_counts() -> None:
    for field, nouns in COUNTS.items():
        phrase(rf"(?:made |wrote |written |with |have |has |completed |finished )?{CMP} (?P<n>{NUMBER}) (?:{nouns})")(
            lambda found, field=field: leaf(field, compared(found["cmp"]), int(number(found["n"]))))
        phrase(rf"(?:made |wrote |with |have |has |completed |finished )?(?P<n>{NUMBER})(?:\+| or more) (?:{nouns})")(
            lambda found, field=field: leaf(field, "gte", int(number(found["n"]))))
        phrase(rf"(?:made |wrote |with |have |has |completed )?(?:no|zero|without) (?:{nouns})"
               rf"|without (?:any )?(?:{nouns})")(lambda _, field=field: leaf(field, "is", 0))


_teach_counts()

# Scores.
for _field, _noun in (("engagement_score", "engagement(?: score)?"), ("risk_score", "risk(?: score)?|risk of leaving")):
    phrase(rf"(?:with )?(?:an? )?(?:{_noun}) {CMP} (?P<n>{NUMBER})")(
        lambda found, field=_field: leaf(field, compared(found["cmp"]), int(number(found["n"]))))
phrase(r"(?:highly|very) engaged|high engagement")(lambda _: leaf("engagement_score", "gte", 70))
phrase(r"(?:barely|hardly|poorly) engaged|low engagement|unengaged")(lambda _: leaf("engagement_score", "lt", 30))
phrase(r"(?:are )?at risk(?: of leaving)?")(lambda _: leaf("risk_level", "in", ["HIGH", "CRITICAL"]))
phrase(r"(?:at )?(?P<level>minimal|low|moderate|high|critical)[ -]risk")(
    lambda found: leaf("risk_level", "is", found["level"].upper()))

# Deeds.
DEEDS = {"payment.failed": r"(?:had |have )?(?:a )?failed payments?|(?:whose |had a )?payments? failed|failed to pay",
         "activity.post": "posted", "activity.comment": "commented", "activity.message": "chatted|wrote messages?",
         "activity.lesson": "(?:completed|finished) (?:a )?lessons?",
         "message.opened": "opened (?:a|our|an?) (?:message|e?mail)s?",
         "message.clicked": "clicked(?: (?:a link|on a link))?",
         "payment.refunded": "(?:were |was |got )?refunded|asked for a refund"}


def _teach_deeds() -> None:
    for kind, verbs in DEEDS.items():
        phrase(rf"(?:{verbs}){TIMES}(?: {AGO})?")(lambda found, kind=kind: _deed(kind, found, "did"))
        plain = verbs.replace("posted", "post(?:ed)?").replace("commented", "comment(?:ed)?")
        phrase(rf"{NOT} (?:{plain})(?: {AGO})?")(lambda found, kind=kind: _deed(kind, found, "did_not"))


def _deed(kind: str, found, op: str) -> dict:
    told, value = found.groupdict(), {"event": kind}
    if words := told.get("times") or told.get("twice"):
        value["at_least"] = int(number(words)) + (told.get("least") == "more than")
    if told.get("ago"):
        value["within"] = span(told["ago"])
    return leaf("events", op, value)


_teach_deeds()

# Who they are.
STATUS = {"active": "active", "trialing": "trialing", "trial": "trialing", "past due": "past_due",
          "past-due": "past_due", "overdue": "past_due", "canceling": "canceling", "cancelling": "canceling",
          "paused": "paused", "expired": "expired", "canceled": "canceled", "cancelled": "canceled"}
MEMBERS = r"members?|customers?|subscribers?|people|users?|ones?"
phrase(rf"(?:are |who are )?(?P<not>not |non-)?(?P<status>{'|'.join(STATUS)})(?: (?:{MEMBERS}))?")(
    lambda found: leaf("membership_status", "is_not" if found["not"] else "is", STATUS[found["status"]]))
phrase(r"(?:on|in) (?:a |their )?(?:free )?trial")(lambda _: leaf("membership_status", "is", "trialing"))
phrase(r"members?|customers?|subscribers?")(lambda _: leaf("stage", "is", "member"))
phrase(r"(?:former|past|ex-?|lost|churned) ?(?:members?|customers?|subscribers?)|churned|who left|(?:have|has) left")(
    lambda _: leaf("stage", "is", "former"))
phrase(r"leads?|prospects?")(lambda _: leaf("stage", "is", "lead"))
phrase(r"(?P<status>contacted|engaged|qualified|nurturing|abandoned|lost|won|new) leads?")(
    lambda found: leaf("lead_status", "is", found["status"]))
phrase(r"new members?|newcomers?")(lambda _: leaf("joined_at", "in_last", {"n": 30, "unit": "days"}))
phrase(r"(?:with(?:out)?|has|have|no) (?:an? )?(?P<what>e-?mail|phone|username|name|country)(?: (?:address|number))?")(
    lambda found: leaf(found["what"].replace("-", ""), "is_set" if found[0].startswith(("with ", "has", "have"))
                       else "is_not_set"))
phrase(r"(?:whose |with )?(?P<what>e-?mail|name|username|phone)(?: address)? "
       r"(?:contains?|includes?|has|with|like|at|ending in) "
       r"['\"“]?(?P<text>[^\s'\"”,]+)['\"”]?")(
    lambda found: leaf(found["what"].replace("-", ""), "contains", found["text"]))
phrase(r"(?:named|called) ['\"“]?(?P<text>[^\s'\"”,]+)['\"”]?")(lambda found: leaf("name", "contains", found["text"]))
phrase(r"unassigned|not assigned(?: to anybody)?|nobody looks after")(lambda _: leaf("assigned_to", "is_not_set"))
phrase(rf"tenure {CMP} (?P<n>{NUMBER}) (?P<unit>{UNIT})")(
    lambda found: leaf("tenure_days", compared(found["cmp"]),
                       days_of(span(f"{int(number(found['n']))} {found['unit']}"))))
