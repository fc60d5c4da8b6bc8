"""A law's response draw by draw on plain arrays, for searches of many short steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecaster.formula import NUMPY, evaluate
from forecaster.posterior import Fit, is_count


def flat_draws(fit: Fit, count: int | None = None) -> dict[str, np.ndarray]:
    """The formula's parameters, chains in a row, each of shape (count).

    Args:
        fit: of one law.
        count: how many, from the first; all where not given.
    """
    posterior = fit.posterior
    return {name: posterior[name].transpose("chain", "draw").values.reshape(-1)[:count] for name in fit.law.parameters}


def linked_by_draw(fit: Fit, draws: Mapping[str, np.ndarray], inputs: Mapping[str, Any]) -> np.ndarray:
    """The law's response on the scale of its link, free of noise, each draw at inputs of its own.

    The same as `Fit.linked_response` without the bookkeeping of dimensions, which costs more than the arithmetic.

    Args:
        fit: of one law.
        draws: as `flat_draws` gives them, or with one more axis.
        inputs: of the law, arrays that broadcast with the draws.
    """
    logs: dict[str, Any] = {name: np.log(inputs[name]) for name in fit.law.inputs if is_count(fit.law, name)}
    values = {**draws, **fit.references.values, **inputs}
    response = evaluate(fit.law.formula, values, functions=NUMPY, logs={**logs, **fit.references.log_centre})
    return np.asarray(fit.link.on(response))
