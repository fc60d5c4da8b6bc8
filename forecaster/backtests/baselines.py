"""What forecasts are held against: the last value, a straight line, and the usual robust fit with a bootstrap.

Each answers with draws of the hidden runs on the scale of the laws' link, shape (sample, test run), or with nothing
where it has no meaning there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forecaster.backtests.folds import Fold
from forecaster.backtests.huber import huber_curve, huber_fit, huber_refits, huber_starts
from forecaster.runs.table import Runs
from forecaster.stats.link import LOG, Link
from forecaster.stats.student import stratified_student
from forecaster.stats.threads import one_thread

SAMPLES = 4_000

RESAMPLES = 100

FEWEST_ON_LINE = 4


def frontier(runs: Runs, *, link: Link = LOG) -> tuple[np.ndarray, np.ndarray]:
    """Log scale and linked response of the runs that were the best so far, one a scale, in order of scale.

    The best is the lowest, or the highest where more is better, as of a score.
    """
    # Runs of one budget may differ in the last digits of a computed C.
    x, at = np.unique(np.log(runs.column(runs.scale)).round(6), return_inverse=True)
    response = link.on(runs.column("loss"))
    sign = -1.0 if runs.improves_upward else 1.0
    y = np.full(len(x), np.inf)
    np.minimum.at(y, at, sign * response)
    best = y <= np.minimum.accumulate(y)
    return x[best], sign * y[best]


def last_quarter(runs: Runs, *, link: Link = LOG) -> tuple[np.ndarray, np.ndarray]:
    """The last quarter of the frontier, at least four points of it where it has them."""
    x, y = frontier(runs, link=link)
    count = max(FEWEST_ON_LINE, -(-len(x) // 4))
    return x[-count:], y[-count:]


def naive_last(fold: Fold, *, seed: int, link: Link = LOG) -> np.ndarray:
    """The best response so far, give or take what the last quarter of the frontier varied."""
    _, y = last_quarter(fold.train, link=link)
    spread = float(np.std(y, ddof=1)) if len(y) > 1 else 0.01
    noise = max(spread, 1e-4) * stratified_student(np.inf, SAMPLES, seed=seed)
    return np.repeat((y[-1] + noise)[:, None], len(fold.test), axis=1)


def naive_line(fold: Fold, *, seed: int, link: Link = LOG) -> np.ndarray:
    """A straight log-log line through the last quarter of the frontier, with its textbook predictive distribution."""
    x, y = last_quarter(fold.train, link=link)
    asked = np.log(fold.test.column(fold.train.scale))
    if len(x) < 3:
        return naive_last(fold, seed=seed, link=link)
    slope, level = np.polyfit(x, y, 1)
    residual = y - (level + slope * x)
    freedom = len(x) - 2
    s = max(float(np.sqrt(residual @ residual / freedom)), 1e-4)
    lever = 1 + 1 / len(x) + (asked - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    t = stratified_student(float(freedom), SAMPLES, seed=seed)
    return np.asarray(level + slope * asked + s * np.sqrt(lever) * t[:, None])


def huber_bootstrap(fold: Fold, *, seed: int, link: Link = LOG) -> np.ndarray | None:
    """The Chinchilla law by Huber loss on the log response, its runs resampled, with its residuals as noise.

    Source: Hoffmann et al. 2022, arXiv:2203.15556, section 3.3 (delta .001), with the bootstrap that is usual since.
    On a table without N and D, the power law with a floor in its one scale. Nothing on a scale other than the log,
    nor where more is better.
    """
    if link.name != "log" or fold.train.improves_upward:
        return None
    random = np.random.default_rng(seed)
    train, test = fold.train, fold.test
    inputs = ("N", "D") if {"N", "D"} <= set(train.inputs) else (train.scale,)
    x = np.log([train.column(name) for name in inputs])
    centre = x.mean(axis=1, keepdims=True)
    x = x - centre
    asked = np.log([test.column(name) for name in inputs]) - centre
    level = float(np.log(train.column("loss")).mean())
    y = np.log(train.column("loss")) - level
    # On five parameters the optimiser's linear algebra spends its time waking threads, fourfold in all.
    with one_thread():
        first = huber_fit(x, y, starts=huber_starts(len(inputs)))
        residual = y - huber_curve(first, x)
        counts, noise = [], []
        for _ in range(RESAMPLES):
            counts.append(np.bincount(random.integers(0, len(y), len(y)), minlength=len(y)).astype(float))
            noise.append(random.choice(residual, (SAMPLES // RESAMPLES, len(test))))
        fitted = huber_refits(x, y, counts=np.array(counts), start=first)
    draws = [huber_curve(theta, asked) + each for theta, each in zip(fitted, noise, strict=True)]
    return level + np.concatenate(draws)


BASELINES: dict[str, Callable[..., np.ndarray | None]] = {
    "naive-last": naive_last,
    "naive-line": naive_line,
    "huber-bootstrap": huber_bootstrap,
}

BASELINE_NAMES = {
    "naive-last": "last value",
    "naive-line": "straight line",
    "huber-bootstrap": "usual fit with bootstrap",
}
"""The methods that need no posterior, as a person would call them."""
