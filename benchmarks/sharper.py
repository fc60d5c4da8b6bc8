"""Can a clean table earn a narrower range without losing the messy ones? Other extrapolation terms, side by side.

    FORECASTER_DATA=... uv run python benchmarks/sharper.py

Each way has a few constants. They are chosen on all publications but one, by the log score, and then judged on the one
left out, in turn; the default keeps the constants that it ships with. Writes sharper.md beside this file. Draws come
from the fits that coverage.py has cached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from splits import Split, balanced, resampled, splits

from forecaster import law
from forecaster.backtests.backtest import roll
from forecaster.backtests.trial import Trial, stacked, try_fold
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import LANGUAGE_LOSS, Extrapolation, distance
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import law_draws
from forecaster.laws.shelf import DEFAULT_MIXTURE
from forecaster.stats.scores import score_points
from forecaster.stats.student import log_student

PAGE = Path(__file__).with_suffix(".md")
DRAWS = 1500
REFERENCE_DISTANCE = 4.0
"""e-folds at which a bent drift equals a straight one; the middle of what was measured."""


@dataclass(frozen=True, eq=False)
class Case:
    """One split with what a recipe may use of it.

    Args:
        split: which one.
        y: log responses observed, shape (point).
        h: e-folds of compute beyond the largest run shown, shape (point).
        m: the laws' log responses, shape (law, sample, point).
        noise: run-to-run noise, same shape.
        scale: of the noise, same shape.
        nu: its degrees of freedom, shape (law, sample).
        weights: of the laws, shape (law).
        sigma: the noise's geometric mean scale at the largest run.
        growth: the same of its growth with distance.
        slope: mean residual per e-fold beyond the last cut inside the runs shown, with its variance; None without one.
    """

    split: Split
    y: np.ndarray
    h: np.ndarray
    m: np.ndarray
    noise: np.ndarray
    scale: np.ndarray
    nu: np.ndarray
    weights: np.ndarray
    sigma: float
    growth: float
    slope: tuple[float, float] | None


@dataclass(frozen=True)
class Drift:
    """An extrapolation term for one case: slope s with this mean and sd, over distances bent by a power."""

    mean: float
    sd: float
    power: float = 1.0


Recipe = Callable[[Case], Drift]


def curve_and_scale_at(fit: Fit, trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """The law's log response at the hidden runs and the noise's scale, thinned, each of shape (sample, point)."""
    test = trial.fold.test
    (draws,) = law_draws(Ensemble((fit,)), term=None, seed=1)
    m, scale = draws.curve(test), draws.noise_scale(test)
    step = len(m) // DRAWS
    return m[::step], np.broadcast_to(scale, m.shape)[::step]


def read_case(split: Split) -> Case:
    """A split's draws, from cached fits where there are any."""
    from scipy.special import stdtrit

    laws = [law(name) for name in DEFAULT_MIXTURE]
    trial = try_fold(split.fold, laws)
    inner = roll(split.fold.train, [each for each in laws if each.name in trial.names])
    weights = np.array(list(stacked(inner, trial.names).values()))
    parts = [curve_and_scale_at(fit, trial) for fit in trial.fits]
    m, scale = np.stack([part[0] for part in parts]), np.stack([part[1] for part in parts])
    step = trial.fits[0].degrees_of_freedom().size // DRAWS
    nu = np.stack([fit.degrees_of_freedom().values.ravel()[::step] for fit in trial.fits])
    p = np.random.default_rng(2).permutation((np.arange(m.shape[1]) + 0.5) / m.shape[1])

    def typical(name: str) -> float:
        logs = [float(np.log(fit.posterior[name].values).mean()) for fit in trial.fits]
        return float(np.exp(weights @ logs))

    return Case(
        split=split,
        y=np.log(split.fold.test.column("loss")),
        h=distance(split.fold.ratios, 1.0),
        m=m,
        noise=stdtrit(nu, p)[:, :, None] * scale,
        scale=scale,
        nu=nu,
        weights=weights,
        sigma=typical("sigma"),
        growth=typical("growth"),
        slope=_last_slope(inner, dict(zip(trial.names, weights, strict=True))),
    )


def _last_slope(inner: Iterable[Trial], weights: dict[str, float]) -> tuple[float, float] | None:
    """Least-squares slope through the origin of what the last usable inner cut's forecast missed, with its variance.

    The variance counts the laws' parameters, their disagreement, and noise with four hidden runs moving as one.
    """
    found = None
    for trial in inner:
        h = distance(trial.fold.ratios, 1.0)
        if set(trial.names) != set(weights) or h @ h < 1:
            continue
        w = np.array([weights[name] for name in trial.names])
        lever = h / (h @ h)
        parts = [curve_and_scale_at(fit, trial) for fit in trial.fits]
        y = np.log(trial.fold.test.column("loss"))
        slopes = np.stack([(y - m) @ lever for m, _ in parts])
        means = slopes.mean(axis=1)
        noise = np.mean([scale.mean() for _, scale in parts])
        variance = w @ slopes.var(axis=1) + w @ (means - w @ means) ** 2
        variance += noise**2 * (lever @ lever) * max(1.0, len(h) / 4)
        found = float(w @ means), float(variance)
    return found


def shipped(mean: float = LANGUAGE_LOSS.mean, sd: float = LANGUAGE_LOSS.sd) -> Recipe:
    """One slope for every table."""
    return lambda case: Drift(mean, sd)


def by_growth(mean: float, sd: float, power: float) -> Recipe:
    """A slope whose sd follows how fast the table's own noise grows away from its top."""
    return lambda case: Drift(mean, sd * float(np.clip(case.growth / 0.002, 0.2, 3.0)) ** power)


def by_noise(mean: float, sd: float, power: float) -> Recipe:
    """A slope whose sd follows the table's own noise."""
    return lambda case: Drift(mean, sd * float(np.clip(case.sigma / 0.004, 0.3, 4.0)) ** power)


def by_cut(mean: float, between: float, within: float) -> Recipe:
    """A table's own slope, drawn between tables, seen once at its last inner cut, and varying within the table."""

    def recipe(case: Case) -> Drift:
        precision, total = between**-2, mean * between**-2
        if case.slope is not None:
            seen, variance = case.slope
            weight = 1 / (within**2 + variance)
            precision, total = precision + weight, total + seen * weight
        return Drift(total / precision, float(np.sqrt(1 / precision + within**2)))

    return recipe


def bent(mean: float, sd: float, power: float) -> Recipe:
    """A drift that flattens with distance."""
    return lambda case: Drift(mean, sd, power)


MEANS = (-0.002, -0.003, -0.004, -0.005)
SDS = (0.002, 0.003, 0.004, 0.005)
TIED = tuple(product((-0.003, -0.005), (0.003, 0.004, 0.005), (0.25, 0.5, 1.0)))

WAYS: dict[str, tuple[Callable[..., Recipe], Sequence[tuple[float, ...]]]] = {
    "default": (shipped, [(LANGUAGE_LOSS.mean, LANGUAGE_LOSS.sd)]),
    "mean and sd of s learned": (shipped, tuple(product(MEANS, SDS))),
    "sd of s follows the growth of the noise": (by_growth, TIED),
    "sd of s follows the noise": (by_noise, TIED),
    "s informed by the last inner cut": (by_cut, tuple(product(MEANS[1:], SDS[:3], (0.002, 0.003)))),
    "drift that flattens, h to a power": (bent, tuple(product(MEANS[1:], SDS[1:3], (0.5, 0.7, 0.85)))),
}
COLUMNS = (
    "extrapolation term",
    "50%",
    "90%",
    "worst publication, 90%",
    "width of 90%",
    "90% on clean tables",
    "width there",
    "CRPS",
    "log score",
    "its gain, 90% interval",
)


def score(case: Case, recipe: Recipe) -> pd.DataFrame:
    """Scores of one recipe on one split."""
    from scipy.special import logsumexp

    drift = recipe(case)
    h = case.h if drift.power == 1 else REFERENCE_DISTANCE * (case.h / REFERENCE_DISTANCE) ** drift.power
    shift = Extrapolation(drift.mean, drift.sd).draws(case.m.shape[1], seed=1)[:, None] * h
    z = (case.y - case.m - shift) / case.scale
    log_p = log_student(z, case.nu[:, :, None]) - np.log(case.scale)
    density = logsumexp(log_p, axis=1, b=1 / log_p.shape[1])
    log_score = logsumexp(density, axis=0, b=case.weights[:, None])
    found = score_points(case.y, case.m + shift + case.noise, case.weights, log_score=log_score)
    return found.assign(source=case.split.source, group=case.split.group, split=case.split.name)


def left_out(cases: list[Case], make: Callable[..., Recipe], constants: Sequence[tuple[float, ...]]) -> pd.DataFrame:
    """Each publication's scores with the constants that the others choose."""
    tried = {each: pd.concat([score(case, make(*each)) for case in cases], ignore_index=True) for each in constants}
    parts = []
    for source in dict.fromkeys(case.split.source for case in cases):
        best = max(tried, key=lambda each: balanced(tried[each][tried[each]["source"] != source], "log_score"))
        parts.append(tried[best][tried[best]["source"] == source].assign(chosen=str(best)))
    return pd.concat(parts, ignore_index=True)


def row(name: str, points: pd.DataFrame, gain: pd.Series, clean: set[str]) -> str:
    """One line of the table."""
    by_source = [balanced(part, "covered 90") for _, part in points.groupby("source")]
    tidy = points[points["source"].isin(clean)]
    cells = [
        name,
        f"{balanced(points, 'covered 50'):.0%}",
        f"{balanced(points, 'covered 90'):.1%}",
        f"{min(by_source):.0%}",
        f"{balanced(points, 'width 90'):.4f}",
        f"{balanced(tidy, 'covered 90'):.0%}",
        f"{balanced(tidy, 'width 90'):.4f}",
        f"{balanced(points, 'crps'):.5f}",
        f"{balanced(points, 'log_score'):.3f}",
        f"{gain.quantile(0.05):+.3f} to {gain.quantile(0.95):+.3f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Score every way and write the table."""
    cases = [read_case(split) for split in splits()]
    clean = {case.split.source for case in cases if case.split.group in ("chinchilla", "llama3")}
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    reference = None
    for name, (make, constants) in WAYS.items():
        points = left_out(cases, make, constants)
        log_score = resampled(points, ["log_score"])["log_score"]
        reference = log_score if reference is None else reference
        lines.append(row(name, points, log_score - reference, clean))
        print(lines[-1], "\n    constants", dict(points.groupby("source")["chosen"].first()), flush=True)
    before, mark, rest = PAGE.read_text("utf-8").partition("<!-- table -->\n")
    _, end, after = rest.partition("<!-- end of table -->")
    PAGE.write_text(f"{before}{mark}{chr(10).join(lines)}\n{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
