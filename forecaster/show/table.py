"""Numbers, names and rows as every output prints them, so that text, Markdown and HTML cannot disagree."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap

from forecaster.quantity import Digits

LONGEST = 60
"""Characters of a name (a file, a column, a family) that are shown."""

MISSING = "not available"

ISOLATES = "\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
"""What is put around a name written from right to left."""

WIDEST = 98
"""Columns that a table takes as text, where its numbers leave it the choice."""

NARROWEST = 8
"""Columns that are left to a cell of words in any case."""

MIXED = "all, mixed"
"""The name of the mixture beside the laws'."""


def number(value: float | None, places: int | Digits, missing: str = MISSING) -> str:
    """A number with that many decimal places, or such digits; or the word for one that does not exist."""
    digits = Digits(places) if isinstance(places, int) else places
    return missing if value is None or not math.isfinite(value) else digits.text(value)


def share(value: float | None) -> str:
    """A part of what was counted as a whole percent, "-" where there is none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.0%}"


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


def sentence_case(text: str) -> str:
    """A text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def enumerated(words: Iterable[str]) -> str:
    """Words as a sentence counts them up, with commas and a last "and"."""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def shown(name: str, longest: int = LONGEST) -> str:
    """A name from a file as it can safely stand in a sentence.

    Characters that are not printable (control characters, directional overrides) become "?", a long name is cut,
    and one written from right to left is isolated so that it cannot reorder the sentence around it.
    """
    said = "".join(c if c.isprintable() else "?" for c in str(name))
    cut = said if len(said) <= longest else f"{said[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in cut):
        return f"{ISOLATES[0]}{cut}{ISOLATES[1]}"
    return cut


def printable(line: str) -> str:
    """A line that is about to be shown, where what no name and no sentence may hold has become "?"."""
    return "".join(c if c.isprintable() or c in ISOLATES else "?" for c in line)


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
        """The table in columns padded with blanks; where it is too wide, headers and then words take several lines."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        needed = [
            max([*map(len, name.split()), *(len(row[i]) for row in self.rows), 1])
            for i, name in enumerate(self.columns)
        ]
        words = [i for i in range(len(widths)) if self.flush_left(i)]
        while sum(widths) + 2 * (len(widths) - 1) > WIDEST:
            spare = [width - need for width, need in zip(widths, needed, strict=True)]
            widest = max(words, key=lambda i: widths[i])
            if max(spare) <= 0 and widths[widest] <= NARROWEST:
                break
            widths[spare.index(max(spare)) if max(spare) > 0 else widest] -= 1
        head, *body = ([wrap(cell, width) for cell, width in zip(line, widths, strict=True)] for line in lines)
        deep = max(map(len, head), default=1)
        stacked = [[[""] * (deep - len(cell)) + cell for cell in head], *body]
        cells = (each for line in stacked for each in zip_longest(*line, fillvalue=""))
        return "\n".join("  ".join(self._padded(each, widths)).rstrip() for each in cells)

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
