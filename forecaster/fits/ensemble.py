"""The gate: whether a table and its fits may speak at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from forecaster.errors import NotConverged, Say, TooFewRuns
from forecaster.fits.fit import fit, refit
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.density import FIRST_TRY
from forecaster.fits.verdict import Verdict, better
from forecaster.laws.law import Law
from forecaster.notes import Note
from forecaster.runs.data_checks import FEWEST_RUNS, FEWEST_SCALES, distinct
from forecaster.runs.table import Runs


def refused(refusals: Mapping[str, NotConverged]) -> tuple[dict[str, Verdict], list[Note]]:
    """The verdicts of laws that could not start, and what must be said of them."""
    failed = {name: Verdict("fail", math.inf, 0.0, 0, (refusal.message,)) for name, refusal in refusals.items()}
    return failed, [
        Note("law-dropped", f"{name} is left out: {refusal.message}", warning=True)
        for name, refusal in refusals.items()
    ]


def fit_each(
    laws: Sequence[Law], runs: Runs, *, seed: int, cache: bool, say: Say
) -> tuple[list[Fit], dict[str, NotConverged]]:
    """The fits of several laws, and why any of them could not start.

    Raises:
        NotConverged: none could.
    """
    fits: list[Fit] = []
    refusals: dict[str, NotConverged] = {}
    for each in laws:
        try:
            fits.append(fit(each, runs, seed=seed, cache=cache, say=say))
        except NotConverged as refusal:
            refusals[each.name] = refusal
    if not fits:
        raise next(iter(refusals.values()))
    return fits, refusals


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
    for i, (first, verdict) in enumerate(zip(fits, verdicts, strict=True)):
        if verdict.status == "pass" or first.settings != FIRST_TRY:
            continue
        longer = refit(first, cache=cache, say=say)
        again = judge_at(longer, points)
        if not better(verdict, again):
            kept[i], judged[i] = longer, again
    return kept, judged
