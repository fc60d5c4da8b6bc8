"""A forecast's numbers as every output prints them.

A number is rounded once, where it is printed: here, to the digits that Monte Carlo error leaves at its point.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from forecaster.inputs import CODE
from forecaster.quantity import Digits
from forecaster.runs.text import apart_text
from forecaster.show.table import MISSING, MIXED, Table, number, shown, significant, spread, weight, whole_shares

if TYPE_CHECKING:
    from forecaster.backtests.result import Score
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.path import Fan
    from forecaster.forecasts.result import Forecast
    from forecaster.runs.table import Runs


@dataclass(frozen=True)
class Tested:
    """How one method did in the track record, as printed.

    Args:
        held: share of the hidden runs inside its 90% range.
        between: ends of the binomial 90% interval of that share.
        width: mean width of its 90% range: on the log by how much the upper end exceeds the lower, else as it is.
        crps: mean continuous ranked probability score, on the scale of the laws' noise.
        runs: how many hidden runs it forecast; one that several cuts hide counts once.
    """

    held: str = MISSING
    between: str = MISSING
    width: str = MISSING
    crps: str = MISSING
    runs: str = "0"


@dataclass(frozen=True)
class LawAnswer:
    """What one law alone would say, as printed.

    Args:
        name: the law's, as shown.
        median: in the response's unit.
        interval: ends of its 50 and 90% ranges, under "50" and "90".
        weight: its part in the mixture.
        tested: how it did in the track record.
    """

    name: str
    median: str
    interval: Mapping[str, tuple[str, str]]
    weight: str
    tested: Tested


@dataclass(frozen=True)
class Answer:
    """One point's numbers, as printed.

    Args:
        median: in the response's unit.
        interval: ends of the 50, 80, 90 and 95% ranges, under "50", "80", "90", "95".
        raw: ends of the 90% range without the extrapolation term.
        curve: ends of the 90% range without run-to-run noise.
        shares: whole percents of parameters, law and extrapolation, summing to 100; empty where unknown.
        noise_width: width of the 90% range that noise alone would give.
        laws: what each law alone would say.
        targets: each target as printed, "0.8 or more", with its chance as a probability.
        point: the point with its compute, such as "N=70B, D=1.4T, C=5.9e23 FLOP".
        ratio: its scale over the table's largest, such as "45" or "0.8"; of a date, the time between, "14 months".
        beyond: whether the point lies beyond the largest run.
        tested: how the mixture did in the track record; None where there is no track record at all.
    """

    median: str
    interval: Mapping[str, tuple[str, str]]
    raw: tuple[str, str]
    curve: tuple[str, str]
    shares: Mapping[str, int]
    noise_width: str
    laws: tuple[LawAnswer, ...]
    targets: tuple[tuple[str, float], ...]
    point: str
    ratio: str
    beyond: bool
    tested: Tested | None


_SAID: WeakKeyDictionary[Forecast, tuple[Answer, ...]] = WeakKeyDictionary()
"""What was said of forecasts that are still in use; it keeps none of them alive."""


def answers(forecast: Forecast) -> tuple[Answer, ...]:
    """Every point's numbers, as printed in all outputs."""
    if forecast not in _SAID:
        _SAID[forecast] = _answers(forecast)
    return _SAID[forecast]


def _answers(forecast: Forecast) -> tuple[Answer, ...]:
    found = []
    record = forecast.weighting.record
    by_method, goals = record_said(forecast), [target.text for target in forecast.targets]
    for point in forecast.points:
        said = point.as_dict(forecast.weights, forecast.targets)
        digits = point.predictive.digits

        def ends(interval: Mapping[str, Sequence[float]], mass: str, digits: Digits = digits) -> tuple[str, str]:
            return number(interval[mass][0], digits), number(interval[mass][1], digits)

        found.append(
            Answer(
                median=number(said["median"], digits),
                interval={mass: ends(said["interval"], mass) for mass in said["interval"]},
                raw=ends(said["raw_interval"], "90"),
                curve=ends(said["curve_interval"], "90"),
                shares=whole_shares(said["share"]),
                noise_width=number(said["noise_width"], digits.finer()),
                laws=tuple(
                    LawAnswer(
                        name=shown(name),
                        median=number(by_law["median"], digits),
                        interval={mass: ends(by_law["interval"], mass) for mass in ("50", "90")},
                        weight=weight(by_law["weight"]),
                        tested=by_method.get(name, Tested()),
                    )
                    for name, by_law in said["by_law"].items()
                ),
                targets=tuple(zip(goals, (each["probability"] for each in said["targets"]), strict=True)),
                point=inputs(forecast.runs, point),
                ratio=apart_text(forecast.runs, point.compute_ratio),
                beyond=point.compute_ratio > 1,
                tested=None if record is None else by_method.get("mixture", Tested()),
            )
        )
    return tuple(found)


def record_said(forecast: Forecast) -> dict[str, Tested]:
    """Every method of the track record by its name there, as printed in all outputs; empty without a record."""
    record, on_log = forecast.weighting.record, forecast.fits[0].link.name == "log"
    return {} if record is None else {score.law: _tested(score, on_log=on_log) for score in record.scores}


def _tested(score: Score, *, on_log: bool) -> Tested:
    said = score.as_dict()
    held, width, crps = said["coverage"]["90"], said["width"]["90"], said["crps"]
    low, high = said["coverage_interval"]["90"]
    return Tested(
        held=f"{held:.0%}",
        between=f"{100 * low:.0f} to {high:.0%}",
        width=MISSING if width is None else wider(width) if on_log else significant(width, 2),
        crps=MISSING if crps is None else f"{crps:.4f}" if crps >= 5e-4 else significant(crps, 2),
        runs=f"{score.clusters:,}",
    )


def wider(width: float) -> str:
    """A width on the log scale as the percent by which the upper end exceeds the lower, "4.1%"."""
    more = 100 * math.expm1(min(width, 50.0))
    return f"{more:.1f}%" if more < 99.95 else f"{more:,.0f}%" if more < 1e4 else "over 10,000%"


def inputs(runs: Runs, point: PointForecast) -> str:
    """A point's inputs, "N=70B, D=1.4T, C=5.9e23 FLOP"."""
    said = [runs.input(name).given(point.at[name], digits=point.digits(name)) for name in point.at if name != CODE]
    return ", ".join(said)


MOST_ROWS = 500
"""Runs that the table behind a figure lists."""

SOURCES = {
    "parameters": ("How well the runs fix each law.", "More runs."),
    "law": ("Which law holds.", "Runs where the laws disagree."),
    "extrapolation": ("How far laws drift beyond their data.", "A run nearer the point."),
}
"""Each source of uncertainty: what it is, and what narrows it."""


def range_table(answer: Answer) -> Table:
    """The equal-tailed ranges for a new run, and the 90% range without what is not of the law's own curve."""
    rows = [(f"{mass}%", low, high) for mass, (low, high) in answer.interval.items()]
    rows.append(("90% without run-to-run noise", *answer.curve))
    if answer.beyond:
        rows.append(("90% without the extrapolation term", *answer.raw))
    return Table("Ranges for a new run", ("Range", "From", "To"), tuple(rows))


def point_table(forecast: Forecast, index: int) -> Table:
    """Where a point lies, and what noise alone would give there."""
    point, answer = forecast.points[index], answers(forecast)[index]
    runs, below = forecast.runs, point.below_smallest
    rows = [(runs.input(name).header, runs.input(name).full(x)) for name, x in point.at.items() if name != CODE]
    rows.append((runs.along.under, apart_text(runs, below)) if below > 1 else (runs.along.distance, answer.ratio))
    rows.append(("Width of the 90% range from noise alone", answer.noise_width))
    return Table("The point", ("Of the point", "Value"), tuple(rows))


def share_table(answer: Answer) -> Table:
    """What the uncertainty is made of, and what narrows each part."""
    rows = [
        (name.capitalize(), f"{share}%", *SOURCES[name])
        for name, share in sorted(answer.shares.items(), key=lambda item: -item[1])
    ]
    columns = ("Source", "Share", "What it is", "What narrows it")
    return Table("Sources of uncertainty", columns, tuple(rows), frozenset(columns[2:]))


def law_table(answer: Answer, *, halves: bool = False) -> Table:
    """The forecast under each law alone, with how that law did in the track record where there is one.

    Args:
        answer: at the point.
        halves: whether the 50% ranges are listed, too.
    """
    columns = ("Law", "Median", "50% range", "90% range", "Weight", "Held larger runs", "CRPS")
    kept = [i for i in range(len(columns)) if (halves or i != 2) and (answer.tested or i < 5)]
    said = [(law.name, law.median, law.interval, law.weight, law.tested) for law in answer.laws]
    if len(said) > 1:
        said.append((MIXED, answer.median, answer.interval, "100%", answer.tested or Tested()))
    rows = [
        (name, median, spread(ends["50"]), spread(ends["90"]), share, tested.held, tested.crps)
        for name, median, ends, share, tested in said
    ]
    caption = "Forecast under each law"
    return Table(caption, tuple(columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def checks_table(forecast: Forecast) -> Table:
    """The verdict on each law's draws."""
    rows = []
    for name, verdict in forecast.verdicts.items():
        said = verdict.as_dict()
        rhat, ess = said["rhat"], said["ess"]
        rows.append(
            (
                shown(name),
                verdict.status if name in forecast.weights else f"{verdict.status}, left out",
                MISSING if rhat is None else f"{rhat:.3f}",
                MISSING if ess is None else f"{ess:,.0f}",
                f"{verdict.divergences:,}",
            )
        )
    columns = ("Law", "Verdict", "Largest R-hat", "Effective draws", "Divergences")
    return Table("Checks of the sampler", columns, tuple(rows), frozenset({"Verdict"}))


def fan_table(forecast: Forecast, point: PointForecast, along: Fan, *, most: int = 14) -> Table:
    """The numbers behind the fan: median and ranges at some steps of its path, the point and the largest run too."""
    digits = point.predictive.digits
    scale = forecast.runs.scale
    here, largest = point.at[scale], float(forecast.runs.column(scale).max())
    even = set(np.linspace(0, len(along.scale) - 1, most).round().astype(int).tolist())
    what = forecast.runs.along
    named = {"the point asked": here, what.top: largest}
    rows = []
    for step, value in enumerate(along.scale):
        labels = [label for label, each in named.items() if value == each]
        if step not in even and not labels:
            continue
        ends = [(low[step], high[step]) for low, high in (along.bounds[mass] for mass in (0.5, 0.8, 0.9))]
        ranges = [spread((number(float(low), digits), number(float(high), digits))) for low, high in ends]
        first = what.amount(float(value)) + (f", {' and '.join(labels)}" if labels else "")
        rows.append((first, number(float(along.median[step]), digits), *ranges))
    columns = (what.header, "Median", "50% range", "80% range", "90% range")
    return Table("The fan in numbers", columns, tuple(rows))


def runs_table(forecast: Forecast) -> Table:
    """The runs that the forecast rests on, from the largest down."""
    runs = forecast.runs
    order = np.argsort(-runs.column(runs.scale), kind="stable")[:MOST_ROWS]
    called = {name: runs.input(name) for name in dict.fromkeys(("N", "D", "C", "U", runs.scale)) if runs.has(name)}
    families = list(runs.table["family"]) if runs.has("family") else None
    columns: Mapping[str, np.ndarray] = {name: runs.column(name) for name in (*called, "loss")}
    rows = []
    for row in order:
        cells = [runs.place(int(row))]
        cells += [what.amount(float(columns[name][row])) for name, what in called.items()]
        cells.append(f"{columns['loss'][row]:.5g}")
        rows.append(tuple(cells if families is None else [*cells, shown(families[row])]))
    headers = ["Row", *(what.header for what in called.values()), shown(runs.response)]
    more = f", the largest {MOST_ROWS} of {len(runs)}" if len(runs) > MOST_ROWS else ""
    extra = [] if families is None else ["Family"]
    return Table(f"The runs in {shown(runs.name)}{more}", (*headers, *extra), tuple(rows), frozenset(extra))
