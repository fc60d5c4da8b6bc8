"""Stacking: weights of laws from how densely each predicted what it had not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

STEPS = 2_000
"""At most; a change below 1e-10 ends it sooner."""

OBSERVATIONS_PER_FOLD = 2.0
"""What one fold counts, however many runs it hides: errors inside one cut move together."""


def stack(folds: Sequence[np.ndarray]) -> np.ndarray:
    """Weights that maximise the penalised log score of the mixture over folds.

    Maximises sum_j (2 / n_j) sum_i log sum_k w_k p_ijk + sum_k log w_k, a Dirichlet(2) prior on the weights, by
    expectation and maximisation; the objective is concave, so the maximum is the only one.

    Args:
        folds: for each fold the log densities, shape (test run, law).

    Returns:
        Weights, shape (law), summing to one.

    Raises:
        ValueError: there is no fold.
    """
    if not folds:
        raise ValueError("stacking needs at least one fold")
    laws = folds[0].shape[1]
    log_p = np.concatenate(folds)
    counts = np.concatenate([np.full(len(fold), OBSERVATIONS_PER_FOLD / len(fold)) for fold in folds])
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    weights = np.full(laws, 1 / laws)
    for _ in range(STEPS):
        share = p * weights
        share /= share.sum(axis=1, keepdims=True)
        new = counts @ share + 1.0
        new /= new.sum()
        if np.abs(new - weights).max() < 1e-10:
            return np.asarray(new)
        weights = new
    return weights


def equal(names: Sequence[str], alike: Iterable[Sequence[str]] = ()) -> Mapping[str, float]:
    """The same weight for each law, laws that say the same counting as one.

    Args:
        names: of the laws.
        alike: names of laws that say the same, a sequence for each such set; the sets share no law.
    """
    found = sets(names, alike)
    share = {name: 1 / len(found) / len(each) for each in found for name in each}
    return {name: share[name] for name in names}


def sets(names: Sequence[str], alike: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """The laws by what they say: each with those that say the same, in the order of the first of them.

    Args:
        names: of the laws.
        alike: names of laws that say the same, a sequence for each such set; others than `names` do not matter.
    """
    of = {name: tuple(each for each in names if each in group) for group in alike for name in group}
    return list(dict.fromkeys(of.get(name, (name,)) for name in names))
