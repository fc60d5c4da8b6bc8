"""An exhibit: a figure with its title, the sentence under it, words for those who cannot see it, and its numbers."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from forecaster.show.style import ACCENT, BANDS, INK, MUTED, PAPER, SHADE, new_figure, style
from forecaster.show.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Exhibit:
    """One figure that can be drawn at any size.

    Args:
        name: short and fit for a file's name, such as "residuals".
        title: what is shown, in a few words.
        sentence: what to see in it, with this case's numbers; stands under the figure.
        alt: the picture described to a person who cannot see it.
        table: the numbers behind it.
        draw: draws it on an empty figure, within `style()`; a figure narrower than 5 inches is for a phone.
        size: width and height in inches.
        narrow: the same for a phone.
    """

    name: str
    title: str
    sentence: str
    alt: str
    table: Table
    draw: Callable[[Figure], None]
    size: tuple[float, float] = (7.0, 4.2)
    narrow: tuple[float, float] = (4.3, 4.1)

    def figure(self, *, narrow: bool = False) -> Figure:
        """A new figure with the exhibit drawn on it.

        Args:
            narrow: for a phone.
        """
        with style():
            figure = new_figure(self.narrow if narrow else self.size)
            self.draw(figure)
        return figure


@dataclass(frozen=True)
class Absent:
    """An exhibit that cannot be given.

    Args:
        title: what would have been shown.
        why: the reason, one sentence.
    """

    title: str
    why: str


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


def pictures(exhibit: Exhibit, name: str) -> dict[str, Any]:
    """What a template needs to show an exhibit: title, sentence, table, and the drawings `wide` and `narrow`.

    Args:
        exhibit: what is shown.
        name: put before every id of the drawings, so that several can stand on one page.
    """
    return {
        "title": exhibit.title,
        "sentence": exhibit.sentence,
        "table": exhibit.table,
        "wide": picture(exhibit.figure(), exhibit.title, exhibit.alt, f"{name}wide"),
        "narrow": picture(exhibit.figure(narrow=True), exhibit.title, exhibit.alt, f"{name}narrow"),
    }


def picture(figure: Figure, title: str, description: str, name: str) -> Any:
    """A figure as markup for a page.

    Args:
        figure: what was drawn.
        title: a few words, read aloud first.
        description: what a person would see in it.
        name: put before every id.
    """
    from markupsafe import Markup

    # Text inside the picture is escaped where it is drawn.
    return Markup(svg(figure, title=title, description=description, name=name, themed=True))
