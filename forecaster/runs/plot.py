"""Markers of a table's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.show.style import MARKERS

if TYPE_CHECKING:
    from forecaster.runs.table import Runs


def family_markers(runs: Runs) -> tuple[list[str], dict[str, str]]:
    """Each run's family, and a marker for each family; none where there is one family or too many to tell apart."""
    families = [str(family) for family in runs.table["family"]] if runs.has("family") else [""] * len(runs)
    names = sorted(set(families))
    return families, dict(zip(names, MARKERS, strict=False)) if 1 < len(names) <= len(MARKERS) else {}
