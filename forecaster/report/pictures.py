"""Figures as they stand on a page: one drawing for a desk, one for a phone, in the page's own colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecaster.report.exhibit import Exhibit


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

    from forecaster.report.picture import svg

    # Text inside the picture is escaped where it is drawn.
    return Markup(svg(figure, title=title, description=description, name=name, themed=True))
