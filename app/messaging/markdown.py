"""Markdown of a creator, with people's words in it, as safe HTML and as plain text."""
import re
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from .variables import INSIDE, SLOT, VARIABLES, fill

WRITE = MarkdownIt("commonmark", {"html": False})
TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "h1", "h2", "h3", "blockquote", "code", "pre", "hr"}
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
BARE = re.compile(r"(?<![(<\w\]])https?://[^\s<>()]*[^\s<>().,;:!?]")
LABELLED = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
GOOD = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
ALONE = re.compile(r"<p>(<a [^>]*>(?:(?!</a>).)*</a>)</p>")


def as_html(body: str, found: dict) -> str:
    """The body as HTML: values are text whatever they contain, links go to http, https or mailto only."""
    filled = SLOT.sub(lambda match: _slot(match, body, found), BARE.sub(r"<\g<0>>", body))
    html = nh3.clean(WRITE.render(filled), tags=TAGS, attributes={"a": {"href"}}, link_rel=None,
                     attribute_filter=lambda tag, name, value: value if GOOD.match(value) else None)
    return ALONE.sub(r'<p class="act">\1</p>', html).strip()


def _slot(match, body: str, found: dict) -> str:
    name, fallback = INSIDE.fullmatch(match[1]).groups()
    value = found.get(name) or (fallback or "").strip()
    if name in VARIABLES and VARIABLES[name].link and GOOD.match(value):
        url = quote(value, safe=":/?#[]@!$&'*+,;=%~-._")
        before = match.string[max(0, match.start() - 2):match.start()]
        return url if before == "](" else f"<{url}>"
    return PUNCTUATION.sub(r"\\\1", value)


def as_text(body: str, found: dict) -> str:
    """The body as a plain letter: labels before their links, no marks."""
    text = LABELLED.sub(lambda match: f"{match[1]}: {match[2]}" if match[1] != match[2] else match[2], _shield(body))
    text = re.sub(r"(\*\*|__)(\S(?:.*?\S)?)\1", r"\2", text)
    text = re.sub(r"^#{1,3}\s+", "", text, flags=re.MULTILINE)
    return fill(text, found).strip()


def _shield(body: str) -> str:
    """Slots without inner spaces, so that `[Pay]( {{ pay_link }} )` is still one link."""
    return SLOT.sub(lambda match: "{{" + re.sub(r"\s*\|\s*", "|", match[1].strip()) + "}}", body)


def trusted(html: str) -> Markup:
    """HTML that `as_html` made, for a page."""
    return Markup(nh3.clean(html, tags=TAGS, attributes={"a": {"href"}, "p": {"class"}}, link_rel=None))  # noqa: S704


def without_links(html: str) -> Markup:
    """The same for a page of ours: looking at a message must not count as following its links."""
    clean = str(trusted(re.sub(r'href="[^"]*"', 'href="https://example.com/"', html or "")))
    return Markup(clean.replace('<p class="act"><a ', '<p><a class="button primary" '))  # noqa: S704 - cleaned above
