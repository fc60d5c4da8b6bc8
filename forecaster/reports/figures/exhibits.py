"""The figures of a forecast as exhibits: those of the front page, those of the annex, all as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.forecasts.plot import fan_exhibits
from forecaster.reports.figures.by_law import by_law
from forecaster.reports.figures.calibration import calibration
from forecaster.reports.figures.laws import parting
from forecaster.reports.figures.predictive_check import predictive_check
from forecaster.reports.figures.priors import priors
from forecaster.reports.figures.residuals import residuals
from forecaster.reports.figures.run_checks import checked_runs
from forecaster.reports.figures.shares import shares
from forecaster.show.figure import Absent, Exhibit

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast

__all__ = ["Absent", "Exhibit", "Exhibits", "exhibits", "front_exhibits", "point_exhibits"]


@dataclass(frozen=True, eq=False)
class Exhibits:
    """What can be shown of a forecast, and what cannot.

    Args:
        shown: the exhibits, in the order in which they are read.
        absent: for each that cannot be given its title and the reason, one sentence.
    """

    shown: tuple[Exhibit, ...]
    absent: Mapping[str, str]


def exhibits(forecast: Forecast, *, point: int = 0) -> Exhibits:
    """The figures of the annex: what stands behind a forecast.

    Args:
        forecast: what is shown.
        point: which of its points the paths go through, from 0.
    """
    checked = checked_runs(forecast)
    made: list[Exhibit | Absent] = [
        *_of_point(forecast, point),
        calibration(forecast),
        residuals(forecast, checked),
        predictive_check(forecast, checked),
        priors(forecast),
    ]
    return Exhibits(
        shown=tuple(each for each in made if isinstance(each, Exhibit)),
        absent={each.title: each.why for each in made if isinstance(each, Absent)},
    )


def point_exhibits(forecast: Forecast, *, point: int) -> tuple[Exhibit, ...]:
    """Those of the annex that differ from point to point.

    Args:
        forecast: what is shown.
        point: which of its points, from 0.
    """
    return tuple(each for each in _of_point(forecast, point) if isinstance(each, Exhibit))


def _of_point(forecast: Forecast, point: int) -> list[Exhibit | Absent]:
    return [shares(forecast, point=point), parting(forecast, point=point)]


def front_exhibits(forecast: Forecast, *, point: int = 0) -> tuple[tuple[Exhibit, ...], tuple[Exhibit, ...]]:
    """The figures of the front page: the fan on each scale that it has, and the answer of each of several laws.

    Args:
        forecast: what is shown.
        point: which of its points, from 0.
    """
    fans, several = fan_exhibits(forecast, point), len(forecast.points[point].by_law) > 1
    return fans, ((by_law(forecast, point=point),) if several else ())
