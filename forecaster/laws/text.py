"""Laws and fits described in plain text and as JSON-ready data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.errors import LawError, clipped, listed
from forecaster.fits.design import references
from forecaster.laws.law import Law, is_count
from forecaster.laws.presets import predict
from forecaster.quantity import format_quantity
from forecaster.runs.points import Point
from forecaster.runs.table import Runs
from forecaster.show.html import Bundle, html_bundle, html_paragraph, html_table, html_text
from forecaster.show.table import Table, shown, significant, spread
from forecaster.stats.link import Link

DRAWS = 100_000


def shelf_text(laws: Sequence[Law]) -> str:
    """One block a law: its name, what it says, its formula."""
    width = max(len(law.name) for law in laws)
    lines = []
    for law in laws:
        lines.append(f"{law.name:<{width}}  {law.title}")
        lines.append(f"{'':<{width}}  {law.formula}")
    return "\n".join([*lines, "", "`forecaster laws NAME` shows one in full."])


def law_text(law: Law, runs: Runs | None = None) -> str:
    """One law in full: formula, source, inputs, parameters, and each prior with its 90% interval.

    Args:
        law: any law.
        runs: a table, to say what the priors mean for it; natural parameters then have their intervals too.

    Raises:
        RunsError: the table lacks an input of the law.
    """
    intervals = prior_intervals(law, runs)
    response = "loss" if law.link == "log" else "response"
    lines = [f"{law.name}: {law.title}", "", f"  {response} = {law.formula}", f"  source: {law.source}", "", "Inputs"]
    lines += [f"  {name}  {unit}" for name, unit in law.inputs.items()]
    if runs is None:
        lines += ["", "Priors of what is sampled, with the equal-tailed 90% interval of each"]
    else:
        lines += ["", f"On {runs.name}, {len(runs)} runs"]
        lines += [f"  {name} = {format_quantity(value)}" for name, value in _used_references(law, runs).items()]
        lines += ["", "Priors of what is sampled, with the equal-tailed 90% interval of each for this table"]
    lines += _aligned({name: (prior.text, _said(intervals[name])) for name, prior in law.priors.items()})
    if law.natural:
        lines += ["", "The formula's parameters from the sampled ones"]
        lines += _aligned(
            {
                name: (formula.text, _said(intervals[name])) if name in intervals else (formula.text,)
                for name, formula in law.natural.items()
            }
        )
        centres = ", ".join(f"{name}0" for name in law.inputs)
        lines.append(f"  {centres}: geometric mean(s) of the table; L0: its median loss")
    if any(not interval.exact for interval in intervals.values()):
        lines.append(f"  about: two digits, from {DRAWS:,} draws of the priors")
    lines += ["", f"Noise on {Link(law.link).scale}: {law.noise.family}"]
    lines.append(f"  scale  {law.noise.scale}")
    if law.noise.nu is not None:
        lines.append(f"  nu     {law.noise.nu}")
    lines.append("  d is the log of a run's compute over the largest compute in the table")
    return "\n".join(lines)


def law_dict(law: Law, runs: Runs | None = None) -> dict[str, Any]:
    """JSON-ready: a law's page with each prior's 90% interval, for a table where one is given.

    Raises:
        RunsError: the table lacks an input of the law.
    """
    intervals = prior_intervals(law, runs)
    data: dict[str, Any] = {
        "name": law.name,
        "title": law.title,
        "source": law.source,
        "formula": law.formula.text,
        "inputs": dict(law.inputs),
        "priors": {
            name: {"prior": prior.text, "interval": {"90": intervals[name].ends}, "exact": intervals[name].exact}
            for name, prior in law.priors.items()
        },
        "natural": {name: formula.text for name, formula in law.natural.items()},
        "noise": {
            "family": law.noise.family,
            "scale": law.noise.scale.text,
            "nu": law.noise.nu.text if law.noise.nu is not None else None,
        },
        "sha256": law.sha256,
    }
    if runs is not None:
        data["runs_sha256"] = runs.sha256
        data["references"] = _used_references(law, runs)
        data["natural_intervals"] = {
            name: {"90": intervals[name].ends} for name in law.natural if name in law.parameters
        }
    return data


@dataclass(frozen=True)
class Interval:
    """The equal-tailed 90% interval of a prior.

    Args:
        low: its lower end; infinite where a draw overflows there, not a number where some draws have no value.
        high: its upper end, likewise.
        exact: whether it is computed, or taken from draws.
    """

    low: float
    high: float
    exact: bool

    @property
    def ends(self) -> list[float | None]:
        """Both ends, two digits of them where they come from draws; None for one that is no finite number."""
        said = [value if self.exact else float(f"{value:.2g}") for value in (self.low, self.high)]
        return [value if math.isfinite(value) else None for value in said]


def prior_intervals(law: Law, runs: Runs | None = None) -> dict[str, Interval]:
    """The equal-tailed 90% interval of each prior; given a table, of each natural parameter too.

    Exact where a prior's arguments are numbers or the table's reference values; where they name other parameters, and
    for natural parameters, from draws. Without a table each count's centre is put at 1e9 and the other references at 1.

    Raises:
        RunsError: the table lacks an input of the law.
    """
    if runs is None:
        fixed = dict.fromkeys(law.references, 1.0)
        fixed |= {f"{name}0": 1e9 for name in law.inputs if is_count(law, name)}
        shown = list(law.priors)
    else:
        fixed = references(law, runs).values
        shown = [*law.priors, *(name for name in law.natural if name in law.parameters)]
    exact = {name for name, prior in law.priors.items() if fixed.keys() >= set(prior.names)}
    with np.errstate(all="ignore"):
        intervals = {name: Interval(*law.priors[name].interval(0.9, fixed), exact=True) for name in exact}
        if len(exact) < len(shown):
            drawn = law.draw_priors(fixed, draws=DRAWS, seed=1)
            for name in shown:
                if name not in exact:
                    low, high = np.quantile(drawn[name], [0.05, 0.95], method="inverted_cdf")
                    intervals[name] = Interval(float(low), float(high), exact=False)
    return {name: intervals[name] for name in shown}


def _used_references(law: Law, runs: Runs) -> dict[str, float]:
    """The table's reference values that the law's page uses."""
    formulas = [law.formula, *law.natural.values(), law.noise.scale]
    used = {name for formula in formulas for name in formula.names}
    used |= {name for prior in law.priors.values() for name in prior.names}
    return {name: value for name, value in references(law, runs).values.items() if name in used}


def _said(interval: Interval) -> str:
    if interval.exact:
        return f"{interval.low:.3g} to {interval.high:.3g}"
    return f"about {format_quantity(interval.low)} to {format_quantity(interval.high)}"


def _aligned(rows: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A name and its columns a line, each column but the last as wide as its widest cell."""
    width = max(map(len, rows))
    first = max(len(cells[0]) for cells in rows.values())
    return [f"  {name:<{width}}  {'  '.join((f'{c[0]:<{first}}', *c[1:]))}".rstrip() for name, c in rows.items()]


def preset_text(law: Law, name: str, points: Sequence[Point]) -> str:
    """Published constants of a law, and what they predict at points: single numbers, without any range."""
    said = preset_dict(law, name, points)
    lines = [f"{law.name}, {name}: {law.formula}", f"  source: {said['preset']['source']}"]
    lines += [f"  {parameter} = {value:.6g}" for parameter, value in said["preset"]["parameters"].items()]
    lines += [f"  at {each['asked']}: {each['response']:.5g}" for each in said["preset"]["predictions"]]
    if points:
        lines.append("  These are the formula's values alone: no fit, no noise and no range.")
    return "\n".join(lines)


def preset_dict(law: Law, name: str, points: Sequence[Point]) -> dict[str, Any]:
    """JSON-ready: a law's page with one of its presets and what that predicts at points.

    Raises:
        LawError: the law has no such preset.
        ScenarioError: a point lacks an input.
    """
    if name not in law.presets:
        raise LawError(f"has no preset `{clipped(name)}`; it has {listed(law.presets) or 'none'}", where=law.name)
    preset = law.presets[name]
    predictions = [
        {"asked": point.text, "response": float(predict(law, preset, point.completed().inputs))} for point in points
    ]
    found = {"name": name, "source": preset.source, "parameters": dict(preset.parameters), "predictions": predictions}
    return law_dict(law) | {"preset": found}


def law_bundle(law: Law) -> Bundle:
    """Formula, source, inputs and priors."""

    intervals = prior_intervals(law)
    lines = []
    for name, prior in law.priors.items():
        ends = spread((significant(intervals[name].low, 2), significant(intervals[name].high, 2)))
        said = ends if intervals[name].exact else "depends on the table"
        lines.append((shown(name), shown(prior.text, 200), said))
    priors = Table("What is sampled", ("Parameter", "Prior", "90% interval"), tuple(lines), frozenset({"Prior"}))
    inputs = ", ".join(f"{name} ({unit})" for name, unit in law.inputs.items())
    return html_bundle(
        law_text(law),
        f"<p><b>{html_text(law.name)}</b>: {html_text(law.title, 300)}</p>",
        f"<p><code>{html_text(law.formula.text, 1000)}</code></p>",
        html_paragraph(shown(f"Inputs: {inputs}. Source: {law.source}", 1000)),
        html_table(priors),
    )
