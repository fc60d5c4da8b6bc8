"""The usual point fit of a loss, E plus a power of each input, by the Huber loss of its logarithm; many refits at once.

Source: Hoffmann et al. 2022, arXiv:2203.15556, section 3.3 (delta .001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HUBER = 1e-3

ROUNDS = 4
"""How often refits may go on from one another's ends."""

STEPS = 120

AT_ONCE = 500_000
"""Refits times runs that are held in memory together."""

GAIN = 1e-9
"""A gain below this share of the loss counts as none."""


def huber_curve(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Log of exp(e) + sum_i exp(a_i - alpha_i x_i), theta = (e, a..., alpha...)."""
    k = len(x)
    terms = [np.full(x.shape[1], theta[0]), *(theta[1 + i] - theta[1 + k + i] * x[i] for i in range(k))]
    return np.asarray(np.logaddexp.reduce(terms, axis=0))


def huber_starts(inputs: int) -> list[np.ndarray]:
    """Where `huber_fit` begins: log E, then log of each term's coefficient, then each exponent."""
    return [
        np.array([e, *[a] * inputs, *[alpha] * inputs])
        for e in (-0.5, -1.5)
        for a in (-0.7, -2.0)
        for alpha in (0.2, 0.5)
    ]


def huber_fit(x: np.ndarray, y: np.ndarray, *, starts: list[np.ndarray]) -> np.ndarray:
    """The fit of one table.

    Args:
        x: logs of the inputs, shape (input, run).
        y: log of the response, shape (run).
        starts: where the search begins; the best end of all is returned.

    Returns:
        log E, log of each term's coefficient, and each exponent.
    """
    low, _ = _bounds(len(x))
    given = np.array(starts)
    # A floor that dies away leaves a slope too small to follow: each start is tried without one, too.
    without = np.column_stack([np.full(len(given), low[0]), given[:, 1:]])
    begun = np.unique(np.concatenate([given, without]), axis=0)
    ends, values = _descend(x, y, np.ones((len(begun), len(y))), begun)
    return np.asarray(ends[values.argmin()])


def huber_refits(x: np.ndarray, y: np.ndarray, *, counts: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The fits of many tables that are made of the same runs, all in one array.

    Each goes downhill from one start; where the end of another suits a table better than its own, it goes on from
    there, so that no table rests in a valley that its neighbours show to be a side one.

    Args:
        x: logs of the inputs, shape (input, run).
        y: log of the response, shape (run).
        counts: how often each table holds each run, shape (table, run).
        start: such as the fit of the runs, each taken once.

    Returns:
        As of `huber_fit`, shape (table, parameter).
    """
    ends = np.empty((len(counts), len(start)))
    values = np.full(len(counts), np.inf)
    pool = start[None]
    step = max(1, AT_ONCE // len(y))
    for _ in range(ROUNDS):
        each = np.stack([_huber(huber_curve(theta, x) - y) for theta in pool])
        across = counts @ each.T
        better = np.flatnonzero(across.min(axis=1) < values * (1 - GAIN))
        if not len(better):
            break
        nearest = across.argmin(axis=1)
        for first in range(0, len(better), step):
            part = better[first : first + step]
            ends[part], values[part] = _descend(x, y, counts[part], pool[nearest[part]])
        pool = ends.copy()
    return ends


@dataclass(frozen=True, eq=False)
class _Place:
    """Where some refits stand.

    Args:
        theta: shape (refit, parameter).
        value: the loss there in units of delta, so that tolerances mean something, shape (refit).
        residual: shape (refit, run).
        share: of each term in the curve, shape (term, refit, run).
    """

    theta: np.ndarray
    value: np.ndarray
    residual: np.ndarray
    share: np.ndarray

    def only(self, keep: np.ndarray) -> _Place:
        return _Place(self.theta[keep], self.value[keep], self.residual[keep], self.share[:, keep])

    def take(self, other: _Place, where: np.ndarray) -> None:
        """Stand where another place is lower."""
        self.theta[where], self.value[where] = other.theta[where], other.value[where]
        self.residual[where], self.share[:, where] = other.residual[where], other.share[:, where]


def _bounds(inputs: int) -> tuple[np.ndarray, np.ndarray]:
    low = np.array([-8.0, *[-12.0] * inputs, *[0.0] * inputs])
    return low, np.full(len(low), 3.0)


def _huber(residual: np.ndarray) -> np.ndarray:
    size = np.abs(residual)
    return np.asarray(np.where(size <= HUBER, 0.5 * size**2, HUBER * (size - 0.5 * HUBER)) / HUBER)


def _place(theta: np.ndarray, x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> _Place:
    k = len(x)
    terms = np.empty((k + 1, len(theta), len(y)))
    terms[0] = theta[:, :1]
    for i in range(k):
        terms[1 + i] = theta[:, 1 + i, None] - theta[:, 1 + k + i, None] * x[i]
    top = terms.max(axis=0)
    share = np.exp(terms - top)
    total = share.sum(axis=0)
    residual = top + np.log(total) - y
    return _Place(theta, (counts * _huber(residual)).sum(axis=1), residual, share / total)


def _jacobian(place: _Place, x: np.ndarray) -> np.ndarray:
    """Slopes of the curve, shape (refit, parameter, run)."""
    return np.concatenate([place.share, -place.share[1:] * x[:, None, :]]).transpose(1, 0, 2)


def _pull(place: _Place, counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts * np.clip(place.residual / HUBER, -1.0, 1.0))


def _curvatures(place: _Place, x: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curvature under which the loss lies everywhere, to first order of the curve, and the true one here.

    Both have shape (refit, parameter, parameter). The first goes down steadily and slowly, the second arrives at once
    or leads astray.
    """
    k = len(x)
    slopes, pull = _jacobian(place, x), _pull(place, counts)
    size = np.abs(place.residual)
    above = (slopes * (counts / np.maximum(size, HUBER))[:, None]) @ slopes.transpose(0, 2, 1)
    bend = counts * (size <= HUBER) / HUBER - pull
    here = (slopes * bend[:, None]) @ slopes.transpose(0, 2, 1)
    pulled = pull * place.share
    for i in range(k + 1):
        here[:, i, i] += pulled[i].sum(axis=1)
    for i in range(k):
        a, alpha = 1 + i, 1 + k + i
        mixed = pulled[1 + i] @ x[i]
        here[:, a, alpha] -= mixed
        here[:, alpha, a] -= mixed
        here[:, alpha, alpha] += pulled[1 + i] @ x[i] ** 2
    return above, here


def _step(place: _Place, slope: np.ndarray, curvature: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """Where a damped step leads, inside the bounds; never uphill at its start, however the loss is bent."""
    low, high = _bounds((place.theta.shape[1] - 1) // 2)
    free = ~_held(place, slope)
    values, vectors = np.linalg.eigh(curvature * (free[:, :, None] & free[:, None, :]))
    along = vectors.transpose(0, 2, 1) @ np.where(free, slope, 0.0)[..., None]
    step = -(vectors @ (along / (np.abs(values) + damping[:, None])[..., None]))[..., 0]
    return np.asarray(np.clip(place.theta + np.where(free, step, 0.0), low, high))


def _held(place: _Place, slope: np.ndarray) -> np.ndarray:
    """Which parameters stand at a bound that the loss presses them against."""
    low, high = _bounds((place.theta.shape[1] - 1) // 2)
    return np.asarray(((place.theta <= low) & (slope > 0)) | ((place.theta >= high) & (slope < 0)))


def _descend(x: np.ndarray, y: np.ndarray, counts: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Go downhill from a start for each refit: its end, and the loss there.

    At each step both curvatures are tried, each with a damping of its own, and the lower place is taken.
    """
    ends, values = np.clip(start, *_bounds(len(x))), np.empty(len(start))
    live = np.arange(len(start))
    place = _place(ends.copy(), x, y, counts)
    damping = np.full((2, len(start)), 1e-3)
    idle = np.zeros(len(start), dtype=int)
    for _ in range(STEPS):
        slope = (_jacobian(place, x) @ _pull(place, counts)[..., None])[..., 0]
        ways = zip(_curvatures(place, x, counts), damping, strict=True)
        tried = [_place(_step(place, slope, way, damped), x, y, counts) for way, damped in ways]
        gains = np.array([place.value - each.value for each in tried])
        damping = np.maximum(damping * np.where(gains > 0, 0.1, 8.0), 1e-9)
        gain, chosen = gains.max(axis=0), gains.argmax(axis=0)
        moved = gain > 0
        idle = np.where(moved & (gain <= GAIN * place.value), idle + 1, np.where(moved, 0, idle))
        flat = np.abs(np.where(_held(place, slope), 0.0, slope)).max(axis=1) < 1e-7
        for i, each in enumerate(tried):
            place.take(each, moved & (chosen == i))
        ends[live], values[live] = place.theta, place.value
        keep = ~(flat | (idle >= 3) | (damping > 1e7).all(axis=0))
        if not keep.any():
            break
        live, place, counts, damping, idle = live[keep], place.only(keep), counts[keep], damping[:, keep], idle[keep]
    return ends, values
