"""What the explorer computes with: the laws as JavaScript, and the draws and facts that they are given."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.fits.extrapolation import STUDIED
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import law_draws
from forecaster.forecasts.evidence.grade import farthest_tested
from forecaster.forecasts.points import FAR_SPLIT
from forecaster.laws.formula.algebra import names_in
from forecaster.laws.formula.javascript import javascript, literal, settled
from forecaster.laws.law import is_count
from forecaster.reports.interactive.controls import controls, is_trio
from forecaster.reports.interactive.thinning import Thinned
from forecaster.runs import text as runs_text
from forecaster.runs.points import Target
from forecaster.show.probability import Words, chance
from forecaster.show.table import shown
from forecaster.stats.mixture import MASSES

if TYPE_CHECKING:
    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

MOST_RUNS = 400
"""Runs that the explorer's fan shows as dots."""


def columns_of(fit: Fit, held: Mapping[str, float]) -> list[str]:
    """The parameters that the law's formula and its noise need, once names are held."""
    used = [*names_in(settled(fit.law.formula.tree, held)), *names_in(fit.law.noise.scale.tree)]
    own = {*fit.law.parameters, *fit.law.noise.sampled}
    return [name for name in dict.fromkeys(used) if name in own]


def _speaking(forecast: Forecast, kept: Thinned) -> list[Fit]:
    return [fit for fit in forecast.fits if fit.law.name in kept.rows]


def laws_script(forecast: Forecast, held: Mapping[str, float], kept: Thinned) -> str:
    """The laws as JavaScript: each response of a draw's parameters p, inputs x and their logarithms u; each noise."""
    lines = []
    for fit in _speaking(forecast, kept):
        law, fixed = fit.law, fit.references
        inputs = [name for name in law.inputs if name not in held]
        parameters = {name: f"p[{i}]" for i, name in enumerate(columns_of(fit, held))}
        references = {name: literal(value) for name, value in fixed.values.items()}
        logs = {name: literal(value) for name, value in fixed.log_centre.items()}
        logs |= {name: f"u[{i}]" for i, name in enumerate(inputs) if is_count(law, name)}
        names = references | parameters
        response = javascript(
            settled(law.formula.tree, held), names | {name: f"x[{i}]" for i, name in enumerate(inputs)}, logs=logs
        )
        scale = javascript(law.noise.scale, names | {"d": "d"})
        lines.append(f"{{ response: (p, x, u) => {response},\n  scale: (p, d) => {scale} }}")
    return f"const LAWS = [\n{',\n'.join(lines)},\n];\n"


def payload(
    forecast: Forecast, point: PointForecast, kept: Thinned, held: Mapping[str, float], words: Words | None
) -> dict[str, Any]:
    runs, link = forecast.runs, forecast.fits[0].link
    at = {name: point.at[name] for name in [each.name for each in controls(forecast, point)]}
    trio = is_trio(forecast, point)
    ratio = runs.column("D") / runs.column("N") if trio and runs.has("N") and runs.has("D") else None
    every = slice(None, None, 1 + (len(runs) - 1) // MOST_RUNS)
    scale = runs.column(runs.scale)
    return {
        "at": at,
        "flop": point.at["C"] / (point.at["N"] * point.at["D"]) if trio else None,
        "target": target_of(forecast, point),
        "controls": [each.as_dict() for each in controls(forecast, point)],
        "scale": runs.scale,
        "along": {
            "title": runs.along.axis,
            "word": runs.along.word,
            "unit": runs.along.unit,
            "top": runs.along.top,
            "past": runs.along.past,
            "is_date": runs.along.is_date,
            "inside": runs.along.inside,
        },
        "largest": forecast.fits[0].references.scale_largest,
        "smallest": float(scale.min()),
        "studied": STUDIED,
        "tested": farthest_tested(forecast) or None,
        "ratios": None if ratio is None else [float(ratio.min()), float(ratio.max())],
        "far_split": FAR_SPLIT,
        "link": {"name": link.name, "spread": link.spread},
        "digits": asdict(point.predictive.digits),
        "masses": list(MASSES),
        "metric": runs_text.metric(runs),
        "chances": [re.sub(r"^[^(]*", "", chance(whole / 100, words)) for whole in range(101)],
        "runs": {
            "scale": scale[every].tolist(),
            "response": runs.column("loss")[every].tolist(),
            "ratio": None if ratio is None else ratio[every].tolist(),
        },
        "laws": [_law_data(forecast, fit, kept, held) for fit in _speaking(forecast, kept)],
    }


def _law_data(forecast: Forecast, fit: Fit, kept: Thinned, held: Mapping[str, float]) -> dict[str, Any]:
    rows = kept.rows[fit.law.name]
    columns = columns_of(fit, held)
    # The very draws that the forecast used.
    found = law_draws(forecast.ensemble, term=forecast.extrapolation, seed=forecast.seed)[forecast.fits.index(fit)]
    parts = [*(found.values[name] for name in columns), found.unit_noise, found.per_efold]
    table = np.column_stack([part[rows] for part in parts])
    return {
        "name": shown(fit.law.name),
        "weight": forecast.weights[fit.law.name],
        "exponent_moves": found.exponent_moves,
        "inputs": [column for name, column in fit.design.columns.items() if name not in held],
        "columns": [*columns, "noise, of scale 1", "drift for each e-fold beyond the largest run"],
        # 64-bit numbers, little end first, one draw after the other: shorter than decimals, and exact.
        "draws": base64.b64encode(table.astype("<f8").tobytes()).decode(),
    }


def target_of(forecast: Forecast, point: PointForecast) -> dict[str, Any]:
    """Where the target starts, and the span of its slider."""
    loss = forecast.runs.column("loss")
    low, high = point.predictive.interval(max(MASSES))
    improves = Target(point.predictive.median).towards(above=forecast.runs.improves_upward)
    target = forecast.targets[0] if forecast.targets else improves
    places = min(point.predictive.digits.places_of(target.value), 3)
    top = max(float(np.quantile(loss, 0.75)), high, *(each.value for each in forecast.targets))
    bottom = min(float(loss.min()), low, *(each.value for each in forecast.targets))
    room = 0.15 * (top - bottom)
    floor = bottom / 2 if forecast.fits[0].link.name != "own" else -math.inf
    value = target.value if forecast.targets else float(f"{target.value:.{places}f}")
    return {
        "value": value,
        "typed": f"{value:g}",
        "above": target.above,
        "low": max(bottom - room, floor),
        "high": min(top + room, 1.0) if forecast.fits[0].link.name == "logit" else top + room,
    }
