"""To vary a forecast: each of the choices behind it made otherwise, and the forecast made again."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

import numpy as np

from forecaster.assess.sensitivity.result import Bar, How, Sensitivity, read_bar
from forecaster.assess.sensitivity.reweight import Varied, vary
from forecaster.assess.sensitivity.variations import Kind, Variation, variations
from forecaster.errors import Say
from forecaster.fits.cache import fit_key, load_page, save_page
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.power_scaling import Power, power_scale
from forecaster.forecasts.answer import answer
from forecaster.inputs import CODE
from forecaster.quantity import Digits
from forecaster.runs.data_checks import compute_source
from forecaster.runs.points import Point, Target
from forecaster.runs.table import Runs
from forecaster.stats.mixture import Band, weighted_quantile

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast

FORMAT = 3

AS_FORECAST = "as forecast"

ENDS = np.array([0.05, 0.5, 0.95])


def sensitivity(
    forecast: Forecast, *, point: int = 0, refit: bool = True, cache: bool = True, say: Say | None = None
) -> Sensitivity:
    """Make each choice behind a forecast otherwise, one at a time, and forecast again.

    A law's draws are weighted to stand for its varied posterior where Pareto k and the effective draws allow it; else
    the law is sampled anew. Laws keep the forecast's weights, shared anew where one is left out; a point asked as
    compute alone keeps its split. Where runs are left out and the draws weighted, priors stay centred on the whole
    table; a law sampled anew takes its centre from the runs that are left.

    Args:
        forecast: of any fits.
        point: which of its points, from 0.
        refit: whether laws may be sampled anew; where not, only fits from the cache serve.
        cache: whether fits and the finished sensitivity may come from, and go to, the cache.
        say: called with a line of progress now and then.
    """
    cache = cache and all(fit.held is None for fit in forecast.fits)
    asked = forecast.points[point]
    base = _bar(AS_FORECAST, "base", forecast, asked.predictive, None, how="exact", k=None)
    keys = [_key(forecast, base, point, refit=each) for each in ((True,) if refit else (True, False))] if cache else []
    for key in keys:
        if (found := _from_page(load_page(key), forecast.runs)) is not None:
            return found
    tried, left_out = variations(forecast, point=point)
    bars = []
    for each in tried:
        parts = vary(forecast, each, sample=refit, cache=cache, say=say)
        if isinstance(parts, str):
            left_out[each.name] = parts
        else:
            bars.append(_varied(forecast, each, parts, point))
    made = Sensitivity(
        point=Point({name: value for name, value in asked.asked.inputs.items() if name != CODE}).text,
        targets=forecast.targets,
        base=base,
        bars=tuple(sorted(bars, key=lambda bar: -np.nan_to_num(bar.moved(base), nan=math.inf))),
        power=tuple(power for fit in forecast.fits for power in power_scale(fit, asked.at)),
        left_out=left_out,
        digits=asked.predictive.digits,
        runs=forecast.runs,
    )
    if cache:
        save_page(keys[-1], _page(made))
    return made


def _varied(forecast: Forecast, variation: Variation, parts: Sequence[Varied], point: int) -> Bar:
    fits = [each.fit for each in parts]
    shares = {fit.law.name: variation.weights[fit.law.name] for fit in fits}
    asked = forecast.points[point].asked
    (found,) = answer(Ensemble(tuple(fits), shares), [asked], [dict(variation.at)], variation.term, seed=forecast.seed)
    band = found.predictive
    count = band.draws.shape[1]
    inside = [np.ones(count) if each.weights is None else each.weights[:count] for each in parts]
    weights = np.array([shares[fit.law.name] * w / w.sum() for fit, w in zip(fits, inside, strict=True)])
    ks = [each.pareto_k for each in parts if each.pareto_k is not None]
    how: How = "exact"
    if any(each.weights is not None for each in parts):
        how = "importance"
    if any(each.anew for each in parts):
        how = "refit"
    return _bar(variation.name, variation.kind, forecast, band, weights, how=how, k=max(ks, default=None))


def _bar(
    name: str,
    kind: Kind | Literal["base"],
    forecast: Forecast,
    band: Band,
    weights: np.ndarray | None,
    *,
    how: How,
    k: float | None,
) -> Bar:
    if weights is None:
        low, median, high = band.quantile(ENDS)
        chances = [band.probability(**target.side) for target in forecast.targets]
    else:
        with np.errstate(over="ignore"):
            low, median, high = band.link.back(weighted_quantile(band.draws, ENDS, weights))
        chances = [float(weights[band.meets(**target.side)].sum()) for target in forecast.targets]
    return Bar(name, kind, float(median), float(low), float(high), how, k, tuple(chances))


def _key(forecast: Forecast, base: Bar, point: int, *, refit: bool) -> str:
    """A hash of all that decides the result; the base's numbers stand for how it was computed."""
    fits, asked = forecast.fits, forecast.points[point]
    parts = [
        "sensitivity",
        FORMAT,
        [fit_key(fit.law, fit.runs, seed=fit.seed, settings=fit.settings) for fit in fits],
        [asked.asked.text, dict(asked.at), dict(forecast.weights), asdict(forecast.extrapolation), forecast.seed],
        compute_source(forecast.runs)[0],
        asdict(base),
        [asdict(target) for target in forecast.targets],
        refit,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _page(made: Sensitivity) -> str:
    """The sensitivity without its table as text, from which `_from_page` makes it again."""
    data = {
        "point": made.point,
        "targets": [asdict(target) for target in made.targets],
        "base": asdict(made.base),
        "bars": [asdict(bar) for bar in made.bars],
        "power": [asdict(power) for power in made.power],
        "left_out": dict(made.left_out),
        "digits": asdict(made.digits),
    }
    return json.dumps(data)


def _from_page(page: str | None, runs: Runs) -> Sensitivity | None:
    """The sensitivity that was kept as a page; None where there is none, or it is damaged."""
    try:
        data = json.loads(page or "")
        return Sensitivity(
            point=str(data["point"]),
            targets=tuple(Target(float(each["value"]), bool(each["above"])) for each in data["targets"]),
            base=read_bar(data["base"]),
            bars=tuple(read_bar(bar) for bar in data["bars"]),
            power=tuple(Power(**power) for power in data["power"]),
            left_out={str(name): str(why) for name, why in data["left_out"].items()},
            digits=Digits(**data["digits"]),
            runs=runs,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
