"""Numbers, names and rows as every output prints them, so that text, Markdown and HTML cannot disagree."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


def with_places(value: float | None, places: int) -> str:
    return "-" if value is None else number(value, places)


def as_share(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.0%}"


LONGEST = 60
"""Characters of a name (a file, a column, a family) that are shown."""

MISSING = "not available"

MIXED = "all, mixed"
"""The name of the mixture beside the laws'."""


def number(value: float, places: int) -> str:
    """A number with that many decimal places."""
    return f"{value:.{places}f}" if math.isfinite(value) else MISSING


def spread(ends: tuple[str, str]) -> str:
    """A range in words, "1.35 to 1.45"."""
    return f"{ends[0]} to {ends[1]}"


def whole_percent(probability: float) -> int:
    """A probability as a whole percent; what is printed, and what words and odds are chosen by."""
    return round(100 * probability)


def percent(probability: float) -> str:
    """A probability to a whole percent; "under 1%" below .01 and "over 99%" above .99, for no draw is proof."""
    if probability < 0.01:
        return "under 1%"
    if probability > 0.99:
        return "over 99%"
    return f"{whole_percent(probability)}%"


def weight(share: float) -> str:
    """A law's weight as a whole percent; where one law stands alone it is 100%."""
    return "100%" if share == 1 else "0%" if share == 0 else percent(share)


def whole_shares(shares: Mapping[str, float]) -> dict[str, int]:
    """Shares as whole percents that sum to 100: each rounded down, then the largest remainders up.

    Returns:
        The same keys; nothing where a share is not a finite number.
    """
    if not all(math.isfinite(share) for share in shares.values()):
        return {}
    floors = {name: math.floor(100 * share) for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: floors[name] - 100 * shares[name])
    for name in by_remainder[: 100 - sum(floors.values())]:
        floors[name] += 1
    return floors


def significant(value: float, digits: int = 3) -> str:
    """A number with that many significant digits, plain where that is short and else in e-notation."""
    if not math.isfinite(value):
        return MISSING
    if value == 0 or 1e-4 <= abs(value) < 10**6:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{value:.{digits}g}"
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(power)}"


def times(ratio: float) -> str:
    """A ratio with two significant digits, "10", "1,200" or "0.8"."""
    return f"{float(f'{ratio:.1e}'):,.{0 if ratio >= 9.95 else 1 if ratio >= 0.995 else 2}f}".removesuffix(".0")


def listed(words: Iterable[str]) -> str:
    """Words with commas and a last "and"."""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def shown(name: str, longest: int = LONGEST) -> str:
    """A name from a file as it can safely stand in a sentence.

    Characters that are not printable (control characters, directional overrides) become "?", a long name is cut,
    and one written from right to left is isolated so that it cannot reorder the sentence around it.
    """
    printable = "".join(c if c.isprintable() else "?" for c in str(name))
    cut = printable if len(printable) <= longest else f"{printable[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in cut):
        return f"\N{FIRST STRONG ISOLATE}{cut}\N{POP DIRECTIONAL ISOLATE}"
    return cut


@dataclass(frozen=True)
class Table:
    """Rows of cells that are words and digits already.

    Args:
        caption: what the table shows, in a few words.
        columns: the headers; the first column names the row.
        rows: one cell for each column.
        words: the columns besides the first that hold words and are set flush left.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str] = frozenset()

    def flush_left(self, column: int) -> bool:
        """Whether a column holds words."""
        return column == 0 or self.columns[column] in self.words

    @property
    def text(self) -> str:
        """The table in columns padded with blanks."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        return "\n".join("  ".join(self._padded(line, widths)).rstrip() for line in lines)

    @property
    def markdown(self) -> str:
        """The table between pipes, padded so that it also reads well unrendered."""
        lines = [tuple(escaped(cell) for cell in line) for line in (self.columns, *self.rows)]
        widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(self.columns))]
        rule = ["-" * width if self.flush_left(i) else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
        padded = [self._padded(line, widths) for line in lines]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (padded[0], rule, *padded[1:]))

    def _padded(self, cells: Sequence[str], widths: Sequence[int]) -> list[str]:
        return [
            cell.ljust(width) if self.flush_left(i) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]


def escaped(text: str) -> str:
    """Text as it stands for itself in Markdown, in a table too."""
    return "".join(f"\\{c}" if c in "\\`*<>[]|" else c for c in text)
