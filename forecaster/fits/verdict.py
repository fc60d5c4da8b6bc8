"""A verdict: whether the sampler's draws deserve to be shown, with the evidence and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from forecaster.quantity import finite
from forecaster.show.table import sentence_case
from forecaster.stats.convergence import ESS_PRINTED, ESS_REVIEW, RHAT_PASS, RHAT_REVIEW, effective_draws, rhat

DIVERGENT_REVIEW = 0.001


@dataclass(frozen=True)
class Verdict:
    """What the convergence checks say.

    Args:
        status: `pass`, `review` (shown, stamped) or `fail` (nothing shown).
        rhat: largest R-hat among the printed quantities and the parameters.
        ess: smallest bulk or tail effective sample size among the printed quantities.
        divergences: number of divergent draws.
        notes: the evidence for anything short of a pass, each with its remedy, in plain sentences.
        retried: whether this is the longer second try.
    """

    status: Literal["pass", "review", "fail"]
    rhat: float
    ess: float
    divergences: int
    notes: tuple[str, ...] = ()
    retried: bool = False

    @property
    def text(self) -> str:
        """The checks in one line."""
        line = f"{self.status} (R-hat {self.rhat:.3f}, ESS {self.ess:.0f}, {self.divergences} divergences)"
        return " ".join([line, *self.notes])

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; a number that does not exist is None."""
        return {
            "status": self.status,
            "rhat": finite(self.rhat),
            "ess": finite(self.ess),
            "divergences": self.divergences,
            "notes": list(self.notes),
            "retried": self.retried,
        }


def better(first: Verdict, second: Verdict) -> bool:
    """Whether the first verdict is strictly better than the second."""
    order = ("pass", "review", "fail")
    return order.index(first.status) < order.index(second.status)


def judge(
    *,
    parameters: Mapping[str, np.ndarray],
    quantities: Mapping[str, np.ndarray],
    diverging: np.ndarray,
    retried: bool = False,
) -> Verdict:
    """Judge draws by the printed quantities first, then by the parameters behind them.

    Args:
        parameters: draws (chain, draw) of every sampled parameter.
        quantities: draws (chain, draw) of every number that will be printed, under a name for a person.
        diverging: booleans (chain, draw).
        retried: whether these draws come from the longer second try.
    """
    parameter_rhat, parameter_ess = _convergence(parameters)
    printed_rhat, printed_ess = _convergence(quantities)
    divergences = int(diverging.sum())

    poor = [name for name in quantities if printed_rhat[name] > RHAT_PASS or printed_ess[name] < ESS_PRINTED]
    slow = [name for name in parameters if parameter_rhat[name] > RHAT_PASS]
    stuck = [name for name in parameters if parameter_ess[name] < ESS_REVIEW]
    notes = [
        f"{sentence_case(name)} has R-hat {printed_rhat[name]:.3f} (at most {RHAT_PASS}) and {printed_ess[name]:.0f} "
        f"effective draws (at least {ESS_PRINTED}); {_remedy(parameter_rhat)}"
        for name in poor
    ]
    notes += [
        f"Parameter {name} has R-hat {parameter_rhat[name]:.3f} (at most {RHAT_PASS}); the runs say little about it: "
        f"narrow its prior or add runs that tell it apart."
        for name in slow
    ]
    if divergences:
        name, side = _where_divergent(parameters, diverging)
        notes.append(
            f"{divergences} of {diverging.size} draws diverged, most where {name} is {side}; "
            f"a narrower prior on {name} removes them."
        )
    bearable = all(parameter_rhat[name] <= RHAT_REVIEW and parameter_ess[name] >= ESS_REVIEW for name in parameters)
    status: Literal["pass", "review", "fail"] = "fail"
    if not poor and not slow and divergences == 0:
        status = "pass"
    elif not poor and bearable and divergences <= DIVERGENT_REVIEW * diverging.size:
        status = "review"
    else:
        notes += [f"Parameter {name} has {parameter_ess[name]:.0f} effective draws (at least {ESS_REVIEW})."
                  for name in stuck]  # fmt: skip
    return Verdict(
        status=status,
        rhat=max([*printed_rhat.values(), *parameter_rhat.values()]),
        ess=min([*printed_ess.values()] or [*parameter_ess.values()]),
        divergences=divergences,
        notes=tuple(notes),
        retried=retried,
    )


def _convergence(draws: Mapping[str, np.ndarray]) -> tuple[dict[str, float], dict[str, float]]:
    """R-hat and effective draws by name, all names at once."""
    if not draws:
        return {}, {}
    together = np.stack([*draws.values()])
    by_name = [dict(zip(draws, found.tolist(), strict=True)) for found in (rhat(together), effective_draws(together))]
    return by_name[0], by_name[1]


def _remedy(parameter_rhat: Mapping[str, float]) -> str:
    worst = max(parameter_rhat, key=lambda name: parameter_rhat[name])
    return f"the chains differ most in {worst}: narrow its prior or add runs that tell it apart."


def _where_divergent(parameters: Mapping[str, np.ndarray], diverging: np.ndarray) -> tuple[str, str]:
    """The parameter whose divergent draws lie farthest from the rest, and on which side."""
    shift = {}
    for name, draws in parameters.items():
        rank = np.argsort(np.argsort(draws, axis=None)) / draws.size
        shift[name] = float(rank.reshape(draws.shape)[diverging].mean() - 0.5)
    name = max(shift, key=lambda key: abs(shift[key]))
    return name, "large" if shift[name] > 0 else "small"
