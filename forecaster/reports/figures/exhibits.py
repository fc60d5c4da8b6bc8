"""The figures of a forecast as exhibits: those of the front page, those of the annex, all as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from forecaster.forecasts.path import Fan, fan
from forecaster.forecasts.plot import plot_fan
from forecaster.forecasts.tables import answers, fan_table, law_table
from forecaster.forecasts.text import distance_text, figure_sentence
from forecaster.reports.figures.by_law import law_figure_size, plot_by_law
from forecaster.reports.figures.calibration import calibration
from forecaster.reports.figures.laws import parting
from forecaster.reports.figures.predictive_check import predictive_check
from forecaster.reports.figures.priors import priors
from forecaster.reports.figures.residuals import residuals
from forecaster.reports.figures.run_checks import checked_runs
from forecaster.reports.figures.shares import shares
from forecaster.runs.text import metric
from forecaster.show.figure import Absent, Exhibit
from forecaster.show.table import spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


def front_exhibits(forecast: Forecast, *, point: int = 0) -> tuple[Exhibit, ...]:
    """The figures of the front page: the fan on both scales, and the answer law by law where there are several.

    Args:
        forecast: what is shown.
        point: which of its points, from 0.
    """
    asked, answer = forecast.points[point], answers(forecast)[point]
    along = fan(forecast, asked)
    sentence = figure_sentence(forecast, asked)
    described = (
        f"At {answer.point} the median is {answer.median} and the 90% range {spread(answer.interval['90'])}. "
        f"{distance_text(forecast, asked, answer)} {sentence}"
    )
    title = f"Fan chart of {metric(forecast.runs)}"
    table = fan_table(forecast, asked, along)
    shown = [
        Exhibit(
            name, title + said, sentence, described, table, _fan(forecast, along, scale, point), (7.0, 4.6), (4.3, 4.1)
        )
        for name, said, scale in _SCALES
    ]
    if len(answer.laws) > 1:
        rows = len(answer.laws) + 1
        medians = {law.median: asked.by_law[name].median for law, name in zip(answer.laws, asked.by_law, strict=True)}
        low, high = min(medians, key=lambda said: medians[said]), max(medians, key=lambda said: medians[said])
        parts = [f"{law.name} {law.median}, {law.low} to {law.high}" for law in answer.laws]
        alt = f"Median and 90% range: {'; '.join(parts)}; mixed {answer.median}, {spread(answer.interval['90'])}."
        shown.append(
            Exhibit(
                "by-law",
                "Forecast under each law",
                f"The laws' medians lie between {low} and {high}; mixed by their weights they give {answer.median}, "
                f"90% range {spread(answer.interval['90'])}.",
                alt,
                law_table(answer),
                _by_law(forecast, point),
                law_figure_size(rows),
                law_figure_size(rows, narrow=True),
            )
        )
    return tuple(shown)


_SCALES: tuple[tuple[str, str, Literal["log", "linear"]], ...] = (
    ("fan", "", "log"),
    ("fan-linear", ", linear scale", "linear"),
)


def _fan(forecast: Forecast, along: Fan, scale: Literal["log", "linear"], point: int) -> Callable[[Figure], None]:
    def draw(figure: Figure) -> None:
        plot_fan(forecast, figure.subplots(), scale=scale, point=point, along=along)

    return draw


def _by_law(forecast: Forecast, point: int) -> Callable[[Figure], None]:
    def draw(figure: Figure) -> None:
        plot_by_law(forecast, figure.subplots(), point=point)

    return draw
