"""A figure as SVG: the same bytes each time, text as text, with words for those who cannot see it."""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from typing import TYPE_CHECKING

from forecaster.report.drawing import ACCENT, BANDS, INK, MUTED, PAPER, SHADE, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

THEME = {
    INK: "ink", MUTED: "muted", SHADE: "shade", PAPER: "paper", ACCENT: "accent",
    BANDS[0.5]: "band50", BANDS[0.8]: "band80", BANDS[0.9]: "band90", "#8b939c": "axis", "#d9dde2": "grid",
}  # fmt: skip
"""Each colour of the figures with the style sheet's variable that replaces it on a page."""


def svg(figure: Figure, *, title: str = "", description: str = "", name: str = "figure", themed: bool = False) -> str:
    """A figure as an SVG element.

    Args:
        figure: what was drawn.
        title: a few words, read aloud first.
        description: what a person would see in it, read aloud next.
        name: put before every id, so that several figures can stand on one page.
        themed: for a page with a style sheet: colours as its variables, no size of its own.
    """
    import matplotlib

    target = io.StringIO()
    with style(), matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}), warnings.catch_warnings():
        # A script that the measuring font lacks is still drawn by the reader's own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(
            target, format="svg", bbox_inches="tight", pad_inches=0.06, transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )  # fmt: skip
    picture = target.getvalue()
    picture = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<\?xml.*?\?>|<!DOCTYPE.*?>", "", picture, flags=re.DOTALL)
    picture = re.sub(r"<[^>]*>", lambda found: _tag(found.group(), name, themed), picture)
    words = f"<title id='{name}-title'>{escape(title)}</title><desc id='{name}-desc'>{escape(description)}</desc>"
    start = picture.index("<svg ")
    end = picture.index(">", start)
    opening = f"{picture[start:end]} role='img' aria-labelledby='{name}-title {name}-desc'>"
    return re.sub(r"\n\s*", "\n", opening + words + picture[end + 1 :]).strip()


def _tag(tag: str, name: str, themed: bool) -> str:
    """One tag with its ids made the figure's own, its numbers short and, on a page, its colours variable."""
    tag = re.sub(r'\bid="', f'id="{name}-', tag)
    tag = re.sub(r'href="#|url\(#', lambda found: f"{found.group()}{name}-", tag)
    tag = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found.group()):.2f}".rstrip("0").rstrip("."), tag)
    if themed:
        tag = tag.replace("xlink:href", "href")
        if tag.startswith("<svg "):
            tag = re.sub(r' (?:xmlns(?::\w+)?|width|height|version)="[^"]*"', "", tag)
        for color, variable in THEME.items():
            tag = tag.replace(color, f"var(--{variable})")
    return tag
