"""The figures of a forecast's front page, and the style that all figures share."""

from __future__ import annotations

from forecaster.report.by_law_figure import law_figure_size, plot_by_law
from forecaster.report.drawing import ACCENT, BANDS, INK, MARKERS, MUTED, PAPER, SHADE, STYLE, style
from forecaster.report.fan_figure import plot_fan

__all__ = [
    "ACCENT", "BANDS", "INK", "MARKERS", "MUTED", "PAPER", "SHADE", "STYLE", "law_figure_size", "plot_by_law",
    "plot_fan", "style",
]  # fmt: skip
