"""Lucide icons, inlined so that they take the colour of the text around them."""

import re
from functools import cache, lru_cache
from pathlib import Path

from markupsafe import Markup, escape

FOLDER = Path(__file__).resolve().parents[2] / "static" / "icons"
DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)

# Names people reach for, and the file Lucide keeps under a newer one.
ALIASES = {
    "alert-circle": "circle-alert", "alert-triangle": "triangle-alert", "bar-chart": "chart-no-axes-column",
    "check-circle": "circle-check", "filter": "funnel", "help-circle": "circle-question-mark", "home": "house",
    "more-horizontal": "ellipsis", "note": "sticky-note", "trash-2": "trash", "x-circle": "circle-x",
}


@cache
def drawing(name):
    """The shapes inside one icon's file, on one line; KeyError when there is no such icon."""
    file = FOLDER / f"{ALIASES.get(name, name)}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not file.is_file():
        raise KeyError(f"no icon named {name!r}")
    shapes = DRAWING.search(file.read_text()).group(1)
    return Markup(re.sub(r"\s+", " ", shapes).replace("> <", "><").strip())  # noqa: S704 - our own file


@lru_cache(maxsize=2000)
def icon(name, label=None, size=16, kind=""):
    """An icon beside words, or alone with a label for those who cannot see it."""
    classes = " ".join(filter(None, ["icon", "large" if size >= 20 else "", kind]))
    svg = Markup('<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(classes, drawing(name))
    return svg + Markup('<span class="sr">{}</span>').format(escape(label)) if label else svg
