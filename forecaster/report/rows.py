"""The tables of a report, each built once for text, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from forecaster.quantity import format_quantity
from forecaster.report.answers import Answer, Tested
from forecaster.report.table import MISSING, MIXED, Table, number, shown, significant, spread

if TYPE_CHECKING:
    from forecaster.answer import PointForecast
    from forecaster.forecast import Forecast
    from forecaster.posterior import Fit
    from forecaster.report.fan import Fan

MOST_ROWS = 500
"""Runs that the table behind a figure lists."""

PRIOR_DRAWS = 4000

SOURCES = {
    "parameters": ("How well the runs fix each law.", "More runs."),
    "law": ("Which law holds.", "Runs where the laws disagree."),
    "extrapolation": ("How far laws drift beyond their data.", "A run nearer the point."),
}
"""Each source of uncertainty: what it is, and what narrows it."""


def range_table(answer: Answer) -> Table:
    """The equal-tailed ranges for a new run."""
    rows = [(f"{mass}%", low, high) for mass, (low, high) in answer.interval.items()]
    return Table("Ranges for a new run", ("Range", "From", "To"), tuple(rows))


def share_table(answer: Answer) -> Table:
    """What the uncertainty is made of, and what narrows each part."""
    rows = [
        (name.capitalize(), f"{share}%", *SOURCES[name])
        for name, share in sorted(answer.shares.items(), key=lambda item: -item[1])
    ]
    columns = ("Source", "Share", "What it is", "What narrows it")
    return Table("Sources of uncertainty", columns, tuple(rows), frozenset(columns[2:]))


def law_table(answer: Answer) -> Table:
    """The forecast under each law alone, with how that law did in the track record where there is one."""
    rows = [
        (law.name, law.median, spread((law.low, law.high)), law.weight, law.tested.held, law.tested.crps)
        for law in answer.laws
    ]
    if len(rows) > 1:
        tested = answer.tested or Tested()
        rows.append((MIXED, answer.median, spread(answer.interval["90"]), "100%", tested.held, tested.crps))
    columns = ("Law", "Median", "90% range", "Weight", "Held larger runs", "CRPS")
    kept = 4 if answer.tested is None else len(columns)
    return Table("Forecast under each law", columns[:kept], tuple(row[:kept] for row in rows))


def formula_table(forecast: Forecast) -> Table:
    """Each law's formula, what it says and where it comes from."""
    laws = [fit.law for fit in forecast.fits]
    rows = [
        (shown(law.name), *(shown(cell, 300) for cell in (law.formula.text, law.title, law.source))) for law in laws
    ]
    columns = ("Law", "Formula", "What it says", "Source")
    return Table("The laws", columns, tuple(rows), frozenset(columns))


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
                MISSING if ess is None else f"{ess:,}",
                f"{verdict.divergences:,}",
            )
        )
    columns = ("Law", "Verdict", "Largest R-hat", "Effective draws", "Divergences")
    return Table("Checks of the sampler", columns, tuple(rows), frozenset({"Verdict"}))


def parameter_table(fit: Fit) -> Table:
    """Each parameter of a law before and after the data: natural parameters first, then the sampled ones."""
    law, posterior = fit.law, fit.posterior
    before = _prior_intervals(fit)
    rows = []
    for name in dict.fromkeys((*law.parameters, *law.priors)):
        low, median, high = np.quantile(posterior[name].values, [0.05, 0.5, 0.95])
        rows.append(
            (
                shown(name),
                shown(law.priors[name].text, 200) if name in law.priors else "follows from those below",
                before[name],
                significant(float(median)),
                spread((significant(float(low)), significant(float(high)))),
            )
        )
    columns = ("Parameter", "Prior", "90% before the data", "Median after", "90% after the data")
    return Table(f"Parameters of {shown(law.name)}", columns, tuple(rows), frozenset({"Prior"}))


def _prior_intervals(fit: Fit) -> dict[str, str]:
    """Exact where a prior names only the table's references, else from draws of the priors."""
    law, known = fit.law, fit.references.values
    draws = law.draw_priors(known, draws=PRIOR_DRAWS, seed=1)
    said = {}
    for name, values in draws.items():
        prior = law.priors.get(name)
        if prior is not None and set(prior.names) <= set(known):
            ends = prior.interval(0.9, known)
        else:
            # A prior so wide that a draw overflows has no such interval.
            low, high = np.quantile(values, [0.05, 0.95]) if np.isfinite(values).all() else (np.nan, np.nan)
            ends = (float(low), float(high))
        said[name] = spread((significant(ends[0], 2), significant(ends[1], 2)))
    return said


def fan_table(forecast: Forecast, point: PointForecast, along: Fan, *, most: int = 14) -> Table:
    """The numbers behind the fan: median and ranges at some steps of its path, the point and the largest run too."""
    places = point.predictive.decimals
    scale = forecast.runs.scale
    here, largest = point.at[scale], float(forecast.runs.column(scale).max())
    even = set(np.linspace(0, len(along.scale) - 1, most).round().astype(int).tolist())
    named = {"the point asked": here, "the largest run": largest}
    rows = []
    for step, value in enumerate(along.scale):
        labels = [label for label, each in named.items() if value == each]
        if step not in even and not labels:
            continue
        ends = [(low[step], high[step]) for low, high in (along.bounds[mass] for mass in (0.5, 0.8, 0.9))]
        ranges = [spread((number(float(low), places), number(float(high), places))) for low, high in ends]
        first = format_quantity(float(value)) + (f", {' and '.join(labels)}" if labels else "")
        rows.append((first, number(float(along.median[step]), places), *ranges))
    columns = (_scale_header(scale), "Median", "50% range", "80% range", "90% range")
    return Table("The fan in numbers", columns, tuple(rows))


def runs_table(forecast: Forecast) -> Table:
    """The runs that the forecast rests on, from the largest down."""
    runs = forecast.runs
    order = np.argsort(-runs.column(runs.scale), kind="stable")[:MOST_ROWS]
    names = [name for name in ("N", "D", "C", "U") if runs.has(name)]
    families = list(runs.table["family"]) if runs.has("family") else None
    columns: Mapping[str, np.ndarray] = {name: runs.column(name) for name in (*names, "loss")}
    rows = []
    for row in order:
        cells = [runs.place(int(row))]
        cells += [format_quantity(float(columns[name][row])) for name in names]
        cells.append(f"{columns['loss'][row]:.5g}")
        rows.append(tuple(cells if families is None else [*cells, shown(families[row])]))
    headers = ["Row", *(_scale_header(name) for name in names), shown(runs.response)]
    more = f", the largest {MOST_ROWS} of {len(runs)}" if len(runs) > MOST_ROWS else ""
    caption = f"The runs in {shown(runs.name)}{more}"
    extra = [] if families is None else ["Family"]
    return Table(caption, (*headers, *extra), tuple(rows), frozenset(extra))


def _scale_header(name: str) -> str:
    known = {"N": "N (parameters)", "D": "D (tokens)", "C": "C (FLOP)", "U": "U (unique tokens)"}
    return known.get(name, name)
