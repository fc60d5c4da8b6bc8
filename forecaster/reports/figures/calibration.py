"""Calibration of the backtest as a figure of the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.backtests.baselines import BASELINE_NAMES
from forecaster.backtests.plot import draw_calibration
from forecaster.forecasts.evidence.grade import own_score
from forecaster.show.figure import Absent, Exhibit
from forecaster.show.table import MIXED, Table, enumerated, shown
from forecaster.stats.mixture import MASSES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecaster.backtests.result import Score
    from forecaster.forecasts.result import Forecast

TITLE = "Calibration of the backtest"


def calibration(forecast: Forecast) -> Exhibit | Absent:
    """Shares of hidden runs inside the ranges that should hold 50, 80, 90 and 95% of them, beside the baselines.

    Args:
        forecast: whose track record is shown.
    """
    record = forecast.weighting.record
    if record is None:
        return Absent(TITLE, f"No run of this table was hidden and forecast; weights: {forecast.weighting.why}.")
    own = own_score(forecast)
    scores = {score.law: score for score in record.scores}
    alone = own is not None and len(forecast.weights) == 1
    drawn = [own] if own else [scores[name] for name in forecast.weights if name in scores]
    drawn += [scores[name] for name in BASELINE_NAMES if name in scores]
    names = {"mixture": "all laws, mixed"} | BASELINE_NAMES

    def draw(figure: Figure) -> None:
        draw_calibration(figure.subplots(), drawn, names)

    others = [score for score in scores.values() if score.law not in {each.law for each in drawn}]
    rows = [
        (
            MIXED if score.law == "mixture" else BASELINE_NAMES.get(score.law, shown(score.law)),
            *(_held(score, f"{100 * mass:g}") for mass in MASSES),
            f"{score.clusters:,}",
        )
        for score in [*drawn, *others]
    ]
    columns = ("Method", *(f"{mass:.0%} range held" for mass in MASSES), "Hidden runs")
    sentence = _sentence(drawn, names, alone=alone, tested=own is not None)
    masses = enumerated([f"{mass:.0%}" for mass in MASSES])
    return Exhibit(
        "calibration",
        TITLE,
        sentence,
        f"For ranges meant to hold {masses} of the hidden runs, a mark at the share that each method's range held, "
        f"with the binomial 90% interval as a line, beside a bar at the share it should hold. {sentence}",
        Table("Shares of hidden runs held, with the binomial 90% interval", columns, tuple(rows)),
        draw,
        size=(7.0, 3.8),
        narrow=(4.3, 3.8),
    )


def _held(score: Score, mass: str) -> str:
    low, high = score.coverage_interval[mass]
    return f"{score.coverage[mass]:.0%} ({100 * low:.0f} to {high:.0%})"


def _sentence(drawn: list[Score], names: dict[str, str], *, alone: bool, tested: bool) -> str:
    first, *rest = drawn
    runs = f"{first.clusters} hidden run{'' if first.clusters == 1 else 's'}"
    who = shown(first.law) if alone or not tested else "the laws, mixed,"
    held = [f"{first.coverage[f'{100 * mass:g}']:.0%} in the {mass:.0%} range" for mass in MASSES]
    said = f"Of {runs}, {who} held {enumerated(held)}"
    rivals = [f"{names[score.law]} {score.coverage['90']:.0%}" for score in rest if score.law in BASELINE_NAMES]
    return f"{said}. Other methods' 90% ranges held: {enumerated(rivals)}." if rivals else f"{said}."
