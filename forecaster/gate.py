"""The gate: whether a table and its fits may speak at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from forecaster.diagnosis import Verdict, better
from forecaster.errors import TooFewRuns
from forecaster.fit import Say, refit
from forecaster.law import Law
from forecaster.posterior import FIRST_TRY, Fit
from forecaster.remarks import FEWEST_RUNS, FEWEST_SCALES, distinct
from forecaster.runs import Runs


def refuse_too_few(runs: Runs, laws: Iterable[Law]) -> None:
    """Refuse a table that cannot carry a forecast.

    Raises:
        TooFewRuns: under 8 runs, under 3 distinct scales, or fewer runs than a law has parameters.
    """
    cure = "add runs, or see what the priors alone say with `forecaster prior`"
    if len(runs) < FEWEST_RUNS:
        raise TooFewRuns(
            f"{len(runs)} runs are too few to forecast from; {FEWEST_RUNS} are needed: {cure}", where=runs.name
        )
    scales = distinct(runs.column(runs.scale))
    if scales < FEWEST_SCALES:
        raise TooFewRuns(
            f"the runs have {scales} distinct values of {runs.scale}; {FEWEST_SCALES} are needed: {cure}",
            where=runs.name,
        )
    for law in laws:
        if len(runs) < len(law.sampled):
            raise TooFewRuns(
                f"{len(runs)} runs are fewer than the {len(law.sampled)} parameters of {law.name}: {cure}",
                where=runs.name,
            )


def judge_at(fit: Fit, points: Mapping[str, Mapping[str, float]]) -> Verdict:
    """The verdict on what a forecast prints: the law's curve and the noise's scale at every point.

    Args:
        fit: of one law.
        points: each with every input that the law needs and the table's scale, by a name for a person.
    """
    quantities = {}
    for name, inputs in points.items():
        ratio = inputs[fit.runs.scale] / fit.references.scale_largest
        quantities[f"the response at {name}"] = fit.linked_response(fit.inputs_at(inputs)).values
        quantities[f"the noise at {name}"] = fit.noise_scale(math.log(ratio)).values
    return fit.judge(quantities)


def sample_longer(
    fits: Sequence[Fit],
    verdicts: Sequence[Verdict],
    points: Mapping[str, Mapping[str, float]],
    *,
    cache: bool = True,
    say: Say | None = None,
) -> tuple[list[Fit], list[Verdict]]:
    """Give each fit whose first try does not pass here the longer second try, and keep the better one."""
    kept, judged = list(fits), list(verdicts)
    for i, (fit, verdict) in enumerate(zip(fits, verdicts, strict=True)):
        if verdict.status == "pass" or fit.settings != FIRST_TRY:
            continue
        longer = refit(fit, cache=cache, say=say)
        again = judge_at(longer, points)
        if not better(verdict, again):
            kept[i], judged[i] = longer, again
    return kept, judged
