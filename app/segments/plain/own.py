"""Words of the account's own: tags, plans, products, segments, countries, teammates and custom fields."""
import re
from collections.abc import Iterator

from app.accounts import team
from app.people import PERSON, custom_fields

from .amounts import number
from .grammar import CMP, Phrase, compared, leaf

COUNTRIES = {
    "argentina": "AR", "australia": "AU", "austria": "AT", "belgium": "BE", "brazil": "BR", "canada": "CA",
    "chile": "CL", "china": "CN", "colombia": "CO", "denmark": "DK", "egypt": "EG", "finland": "FI", "france": "FR",
    "germany": "DE", "greece": "GR", "india": "IN", "indonesia": "ID", "ireland": "IE", "israel": "IL", "italy": "IT",
    "japan": "JP", "kenya": "KE", "mexico": "MX", "netherlands": "NL", "new zealand": "NZ", "nigeria": "NG",
    "norway": "NO", "pakistan": "PK", "philippines": "PH", "poland": "PL", "portugal": "PT", "romania": "RO",
    "singapore": "SG", "south africa": "ZA", "south korea": "KR", "spain": "ES", "sweden": "SE", "switzerland": "CH",
    "turkey": "TR", "uk": "GB", "ukraine": "UA", "united kingdom": "GB", "england": "GB", "united states": "US",
    "usa": "US", "us": "US", "america": "US", "vietnam": "VN"}


def phrases() -> Iterator[Phrase]:
    """Patterns made of the names in use; what is asked most comes first."""
    yield from _tags()
    yield from _chosen("plan", r"(?:are )?(?P<not>not )?(?:on|with|have|has|bought)(?: the| a)? {}(?: plan)?"
                               r"|plan (?:is )?{}")
    yield from _chosen("product", r"(?:with|have|has|bought|own)(?: the| a)? {}(?: product)?|product (?:is )?{}")
    yield from _chosen("cancel_reason", r"(?:who )?(?:left|cancell?ed|churned)?\s?because(?: of| it was| it is)? {}")
    yield from _chosen("lead_source", r"(?:came )?(?:from|via|through) {}")
    yield from _segments()
    yield from _countries()
    yield from _team()
    yield from _custom()


def _named(names) -> str:
    return "|".join(re.escape(name.lower()) for name in sorted(names, key=len, reverse=True))


def _made(pattern: str, mean) -> Phrase:
    return Phrase(re.compile(rf"(?:{pattern})(?![\w'])"), mean)


def _tags() -> Iterator[Phrase]:
    known = {name.lower(): name for name in PERSON["tags"].options()}
    one = (rf"(?:{_named(known)}|" if known else "(?:") + r"['\"“][^'\"”]{1,60}['\"”]|[\w-]+)"
    put = r"(?:are )?(?:tagged(?: with| as)?|with (?:the )?tags?|(?:have|has) (?:the )?tags?)"
    off = (r"(?:are )?(?:not tagged(?: with| as)?|untagged|without (?:the )?tags?"
           r"|(?:do not|don't|does not) have (?:the )?tags?)")

    def said(words: str) -> str:
        plain = words.strip("'\"“”")
        return known.get(plain, plain)
    yield _made(rf"{put} (?P<tag>{one})", lambda found: leaf("tags", "has", said(found["tag"])))
    yield _made(rf"{put} (?P<a>{one}) (?P<how>or|and) (?P<b>{one})", lambda found: leaf(
        "tags", "has_any" if found["how"] == "or" else "has_all", [said(found["a"]), said(found["b"])]))
    yield _made(rf"{off} (?P<tag>{one})", lambda found: leaf("tags", "has_none", [said(found["tag"])]))
    if known:
        yield _made(rf"(?P<tag>{_named(known)})(?:s| members| people| customers)?",
                    lambda found: leaf("tags", "has", said(found["tag"])))


def _chosen(field: str, pattern: str) -> Iterator[Phrase]:
    """A field whose values are the account's own, by value or label."""
    known = {str(name).lower(): value for value, label in PERSON[field].options().items() for name in (value, label)}
    if known:
        names = _named(known)
        parts = pattern.split("{}")
        whole = parts[0] + "".join(f"['\"“]?(?P<name{n}>{names})['\"”]?{part}" for n, part in enumerate(parts[1:]))
        yield _made(whole, lambda found: leaf(
            field, "is_not" if found.groupdict().get("not") else "is",
            known[next(words for name, words in found.groupdict().items() if name.startswith("name") and words)]))


def _segments() -> Iterator[Phrase]:
    known = {name.lower(): public_id for public_id, name in PERSON["segment"].options().items()}
    if known:
        yield _made(rf"(?:are )?(?P<not>not )?in (?:the )?(?:segment )?['\"“]?(?P<name>{_named(known)})['\"”]?"
                    r"(?: segment)?", lambda found: leaf("segment", "not_in" if found["not"] else "is",
                                       [known[found["name"]]] if found["not"] else known[found["name"]]))


def _countries() -> Iterator[Phrase]:
    yield _made(rf"(?:are |live |living |based )?(?P<not>not )?(?:from|in)(?: the)? (?P<name>{_named(COUNTRIES)})",
                lambda found: leaf("country", "is_not" if found["not"] else "is", COUNTRIES[found["name"]]))


def _team() -> Iterator[Phrase]:
    known = {name.lower(): user.public_id for user in team()
             for name in (user.label, user.email, user.label.split()[0])}
    if known:
        yield _made(rf"assigned to (?P<name>{_named(known)})",
                    lambda found: leaf("assigned_to", "is", known[found["name"]]))


def _custom() -> Iterator[Phrase]:
    for field in custom_fields():
        label = rf"(?:{re.escape(field.label.lower())}|{re.escape(field.name.removeprefix('custom.'))})"
        yield _made(rf"(?:with |whose )?{label} {CMP} (?P<n>\d[\d,.]*)", lambda found, name=field.name: leaf(
            name, compared(found["cmp"]), number(found["n"])))
        yield _made(rf"(?:with |whose )?{label}(?: is|:| =) ['\"“]?(?P<text>[^'\"”,]+?)['\"”]?(?=$|,| and | or )",
                    lambda found, name=field.name: leaf(name, "is", found["text"].strip()))
