"""What a page is made of, as a parser sees it, and which words of a request it looked for."""
import re
from collections import Counter
from html.parser import HTMLParser

from werkzeug.datastructures import ImmutableMultiDict

ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href", "srcdoc", "manifest",
             "hx-get", "hx-post", "hx-put", "hx-delete", "hx-patch", "hx-action", "cite", "background", "ping"}
OWN = re.compile(r"(/(?!/)|#|\?|https?://localhost[/:]|mailto:|data:image/svg\+xml|$)", re.IGNORECASE)
WEB = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
WRITTEN = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "h1", "h2", "h3", "a"}
STATES = ("required", "disabled", "checked", "selected", "hidden")
SPOKEN = ("hx-vals", "hx-headers", "hx-trigger", "hx-on", "hx-config", "hx-include", "hx-target", "hx-swap")


class Page(HTMLParser):
    """`shapes`: (element, None) and (element, attribute) of all there is; `wrong`: what should never be."""

    def __init__(self, text: str):
        super().__init__()
        self.shapes, self.wrong, self.links, self.seen = set(), [], [], Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        names = frozenset(name for name, _ in attrs)
        self.shapes |= {(tag, None), *((tag, name) for name in names)}
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value and value[0] == "/"]
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "http-equiv"):
                self.wrong.append(f"<{tag} {name}>")
            if name in ADDRESSES and not self.fine(tag, names, value or ""):
                self.wrong.append(f"<{tag} {name}={value!r}>")
            if name.startswith("hx-") and re.match(r"\s*(js|javascript):", value or "", re.IGNORECASE):
                self.wrong.append(f"<{tag} {name}={value!r}>")
            if name in SPOKEN and "alive" in (value or ""):
                self.wrong.append(f"<{tag} {name}={value!r}>")
        if tag in ("iframe", "object", "embed", "base", "frame", "applet", "portal", "math", "animate",
                   "style", "body" if self.seen["body"] else ""):
            self.wrong.append(f"<{tag}>")
        self.seen[tag] += 1
        if tag == "script" and not (dict(attrs).get("src", "").startswith("/static/")
                                    or dict(attrs).get("type") == "application/json"):
            self.wrong.append("<script>")

    handle_startendtag = handle_starttag

    @staticmethod
    def fine(tag, names, value) -> bool:
        """Whether an address is our own, or a link that somebody wrote in Markdown and that names its scheme."""
        return bool(OWN.match(value)) or (tag == "a" and bool(WEB.match(value)) and names <= {"href", "rel", "class"})

    def handle_comment(self, text):
        self.wrong.append(f"<!--{text[:40]}-->")

    def foreign(self, usual: set) -> list:
        """What our pages do not have when their words are harmless, other than what Markdown writes."""
        return sorted(f"<{tag} {name or ''}>" for tag, name in self.shapes - usual
                      if name not in STATES and not (tag in WRITTEN and name in (None, "href", "rel", "class")))


class Asked(ImmutableMultiDict):
    """Words of a query or form, remembering which a view looked for."""
    looked = set()

    def get(self, key, *rest, **more):
        self.looked.add(key)
        return super().get(key, *rest, **more)

    def getlist(self, key, *rest, **more):
        self.looked.add(key)
        return super().getlist(key, *rest, **more)
