"""A backtest in words and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.backtests import baselines as backtests_baselines
from forecaster.show.html import Bundle, html_bundle, html_paragraph, html_table
from forecaster.show.table import MIXED, Table, shown, with_places

if TYPE_CHECKING:
    from forecaster.backtests.result import Backtest


def backtest_bundle(backtest: Backtest) -> Bundle:
    """How each method did on the runs that were hidden."""
    names = {"mixture": MIXED, **backtests_baselines.BASELINE_NAMES}
    lines = []
    for score in backtest.scores:
        low, high = score.coverage_interval["90"]
        held = [f"{score.coverage[mass]:.0%}" for mass in ("50", "80", "90", "95")]
        rest = [
            with_places(score.width["90"], 3),
            with_places(score.crps, 4),
            with_places(score.log_score, 2),
            f"{score.clusters:,}",
        ]
        lines.append((names.get(score.law, shown(score.law)), *held, f"{100 * low:.0f} to {high:.0%}", *rest))
    columns = (
        "Method", "Held by 50%", "80%", "90%", "95% range", "90% is", "Width of 90%", "CRPS", "Log score",
        "Hidden runs",
    )  # fmt: skip
    table = Table(f"Backtest of {shown(backtest.runs.name)}", columns, tuple(lines))
    said = f"On {backtest.scale}. The column after the four shares is the binomial 90% interval of the 90% range's."
    return html_bundle(
        backtest.text,
        html_paragraph(shown(backtest.text.split("\n", 1)[0], 1000)),
        html_table(table),
        html_paragraph(said),
    )
