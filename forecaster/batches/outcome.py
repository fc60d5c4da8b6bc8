"""An outcome: what came of one table, a row a point."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forecaster.batches.recipe import Recipe
from forecaster.inputs import CODE
from forecaster.quantity import finite
from forecaster.runs.points import Target
from forecaster.stats.mixture import MASSES

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast
    from forecaster.runs.table import Runs

STATUSES = ("pass", "review", "fail")
"""Of a law's checks, the best first."""


def percent_name(share: float) -> str:
    """The column of a quantile, such as `97.5%`."""
    return f"{100 * share:g}%"


QUANTILES = tuple(
    percent_name(share) for share in (*sorted((1 - m) / 2 for m in MASSES), 0.5, *sorted((1 + m) / 2 for m in MASSES))
)


def columns_of(targets: Iterable[Target]) -> tuple[str, ...]:
    """The columns of a batch's rows, in order.

    `table` and `point` as they were given, `at` the point completed, `runs` how many there are, the `response`'s
    header, its quantiles, `mcse` the largest Monte Carlo error of the median and the ends of the 90% range, the chance
    of each target, the evidence `grade`, the worst `verdict` of the laws that speak, their `weights`, the codes of all
    `notes`, the `sha256` of the runs, `seed`, `versions` and `seconds`; or, where the table was refused, the code of
    the `error` and its `message`.
    """
    chances = (target.column for target in targets)
    return (
        "table", "point", "at", "runs", "response", *QUANTILES, "mcse", *chances, "grade", "verdict",
        "weights", "notes", "sha256", "seed", "versions", "seconds", "error", "message",
    )  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What came of one table.

    Args:
        rows: one a point, each with every column; None for what there is not.
        lasting: whether the same table would come out the same again; not where a worker died on it.
    """

    rows: tuple[Mapping[str, Any], ...]
    lasting: bool = True

    @property
    def is_answer(self) -> bool:
        """Whether the table was answered and not refused."""
        return self.rows[0]["error"] is None

    def took(self, seconds: float) -> Outcome:
        """The same with the time that it took."""
        return replace(self, rows=tuple({**row, "seconds": round(seconds, 3)} for row in self.rows))

    @property
    def page(self) -> str:
        """The outcome as text from which `read_page` makes it again."""
        return json.dumps([dict(row) for row in self.rows])


def read_page(page: str, *, table: str, recipe: Recipe) -> Outcome | None:
    """The outcome of a table from its page, or None where that is damaged.

    Args:
        page: as of `Outcome.page`.
        table: its name now.
        recipe: that every table got.
    """
    try:
        rows = tuple({**row, "table": table} for row in json.loads(page))
    except (ValueError, TypeError):
        return None
    expected = columns_of(recipe.asked.targets)
    whole = len(rows) == len(recipe.asked.points) and all(tuple(row) == expected for row in rows)
    return Outcome(rows) if whole else None


def answered(forecast: Forecast, *, table: str, recipe: Recipe) -> Outcome:
    """The numbers of a forecast, at full precision.

    Args:
        forecast: of one table.
        table: its name in the batch.
        recipe: that every table got.
    """
    from forecaster.forecasts.evidence.grade import grade

    said = forecast.as_dict()
    facts = _facts(recipe, forecast.runs)
    facts["verdict"] = max((forecast.verdicts[name].status for name in forecast.weights), key=STATUSES.index)
    facts["weights"] = ",".join(f"{name}={weight:.15g}" for name, weight in said["weights"]["weights"].items())
    rows = []
    for asked, point, number in zip(recipe.asked.points, forecast.points, said["forecast"], strict=True):
        row = _blank(recipe, table, asked.text) | facts | quantiles(number)
        row["at"] = ",".join(f"{name}={_plain(value)}" for name, value in number["at"].items() if name != CODE)
        chances = (each["probability"] for each in number["targets"])
        row |= dict(zip(columns_of(recipe.asked.targets)[6 + len(QUANTILES) :], chances, strict=False))
        row["mcse"] = finite(max(point.predictive.errors))
        row["grade"] = grade(forecast, point).letter
        row["notes"] = ",".join(dict.fromkeys(note["code"] for note in (*said["notes"], *number["notes"])))
        rows.append(row)
    return Outcome(tuple(rows))


def _plain(value: float | str) -> str:
    """A value of JSON: a date as it is, a number in full."""
    return value if isinstance(value, str) else f"{value:.15g}"


def quantiles(number: Mapping[str, Any]) -> dict[str, float]:
    """The quantiles of a point by column, from its median and ranges.

    Args:
        number: of one point, as of `PointForecast.as_dict`.
    """
    found = {percent_name(0.5): number["median"]}
    for mass in MASSES:
        low, high = number["interval"][f"{100 * mass:g}"]
        found |= {percent_name((1 - mass) / 2): low, percent_name((1 + mass) / 2): high}
    return found


def refused(
    code: str, message: str, *, table: str, recipe: Recipe, runs: Runs | None = None, lasting: bool = True
) -> Outcome:
    """A row for each point that could not be answered.

    Args:
        code: of the error.
        message: in one line, with the place.
        table: its name in the batch.
        recipe: that every table got.
        runs: of the table, where it could be read.
        lasting: whether it would be refused again.
    """
    facts = _facts(recipe, runs) | {"error": code, "message": message}
    return Outcome(tuple(_blank(recipe, table, point.text) | facts for point in recipe.asked.points), lasting)


def _blank(recipe: Recipe, table: str, point: str) -> dict[str, Any]:
    return {**dict.fromkeys(columns_of(recipe.asked.targets)), "table": table, "point": point}


def _facts(recipe: Recipe, runs: Runs | None) -> dict[str, Any]:
    known = {} if runs is None else {"runs": len(runs), "response": runs.response, "sha256": runs.sha256}
    said = ", ".join(f"{name} {version}" for name, version in recipe.versions.items())
    return {**known, "seed": recipe.seed, "versions": said}
