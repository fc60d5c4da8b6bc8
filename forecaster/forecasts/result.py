"""A forecast: fits and a scenario, answered as ranges with their chances and the sources of their width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forecaster.backtests.weighting import Weighting
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.posterior import Fit
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.answer import PointForecast, answer
from forecaster.notes import Note
from forecaster.runs.points import Point, Target
from forecaster.runs.table import Runs
from forecaster.show.document import Document, Section
from forecaster.show.result import Result
from forecaster.stats.mixture import ends_by_mass

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Forecast(Result):
    """What larger runs will do, with the uncertainty that a decision can rest on.

    Args:
        points: the answer at each point of the scenario.
        targets: values of the response whose chance was asked, each with its direction.
        fits: the fits that speak.
        weighting: the weights of their laws, where they come from, and the table's track record.
        verdicts: of every law that was fitted, those left out included.
        extrapolation: the term that was added beyond the data.
        notes: what a reader must hear about the whole.
        unchecked: whether failed checks were overridden.
        seed: of the forecast's own random numbers.
    """

    points: tuple[PointForecast, ...]
    targets: tuple[Target, ...]
    fits: tuple[Fit, ...]
    weighting: Weighting
    verdicts: Mapping[str, Verdict]
    extrapolation: Extrapolation
    notes: tuple[Note, ...]
    unchecked: bool
    seed: int

    @property
    def weights(self) -> Mapping[str, float]:
        """Of the laws that speak, summing to one."""
        return self.weighting.weights

    @cached_property
    def ensemble(self) -> Ensemble:
        """The fits that speak, with their weights."""
        return Ensemble(self.fits, self.weights, self.verdicts)

    @property
    def runs(self) -> Runs:
        """The table that the forecast rests on."""
        return self.fits[0].runs

    @property
    def median(self) -> float:
        """The first point's median, in the response's unit."""
        return self.points[0].predictive.median

    def interval(self, mass: float = 0.9, *, point: int = 0) -> tuple[float, float]:
        """The equal-tailed range that holds `mass` for a new run at a point, in the response's unit."""
        return self.points[point].predictive.interval(mass)

    def probability(self, *, below: float | None = None, above: float | None = None, point: int = 0) -> float:
        """The chance that a new run at a point ends at or below a value of the response, or at or above one.

        Raises:
            TypeError: neither of the two is given, or both.
        """
        return self.points[point].predictive.probability(below=below, above=above)

    @property
    def table(self) -> pd.DataFrame:
        """One row a point: inputs, median and the ends of the 50, 80, 90 and 95% ranges."""
        import pandas as pd

        rows = []
        for point in self.points:
            row: dict[str, float] = dict(point.at) | {"median": point.predictive.median}
            row |= ends_by_mass(point.predictive.interval)
            row |= {target.column: point.predictive.probability(**target.side) for target in self.targets}
            rows.append(row)
        return pd.DataFrame(rows)

    def along(self, points: Iterable[Mapping[str, float]]) -> tuple[PointForecast, ...]:
        """The same forecast at more points, for a figure; nothing is judged anew.

        Args:
            points: each with every input that the laws need, and the table's scale.
        """
        inputs = [dict(at) for at in points]
        asked = [Point(at) for at in inputs]
        return answer(self.ensemble, asked, inputs, self.extrapolation, seed=self.seed)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the keys `forecast` and `verdict` of the command-line contract, weights, track record, notes."""
        from forecaster.forecasts.evidence.text import expected

        return {
            "forecast": [
                point.as_dict(self.weights, self.targets) | {"expected_coverage": expected(self, point)}
                for point in self.points
            ],
            "verdict": {name: verdict.as_dict() for name, verdict in self.verdicts.items()},
            "weights": self.weighting.as_dict(),
            "track_record": None if self.weighting.record is None else self.weighting.record.as_dict(),
            "notes": [note.as_dict() for note in self.notes],
        }

    @property
    def document(self) -> Document:
        """The answer with its ranges, its evidence, its checks and every remark."""
        from forecaster.forecasts.text import forecast_document

        return forecast_document(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the text, and a box that has the first point's fan too."""
        from forecaster.forecasts.plot import fan_exhibits
        from forecaster.show.html import as_box

        figure = Section("", (fan_exhibits(self)[0],), "fan")
        shown = replace(self.document, sections=(*self.document.sections, figure))
        return {"text/plain": self.text, "text/html": as_box(shown)}

    def plot(self, ax: Axes | None = None) -> Axes:
        """The fan on log compute with the runs; see `forecaster.forecasts.plot.plot_fan`."""
        from forecaster.forecasts.plot import plot_fan

        return plot_fan(self, ax)
