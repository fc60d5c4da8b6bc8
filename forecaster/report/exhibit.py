"""An exhibit: a figure with its title, the sentence under it, words for those who cannot see it, and its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.report.drawing import style
from forecaster.report.table import Table

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
        from matplotlib.figure import Figure

        with style():
            figure = Figure(figsize=self.narrow if narrow else self.size)
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
