"""Doubts about a forecast that must stand on its front: a law that should not be trusted as its weight says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from forecaster.backtests.copies import copies
from forecaster.backtests.result import Backtest
from forecaster.backtests.weighting import Weighting
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.posterior import Fit, sampled_values
from forecaster.fits.power_scaling import THRESHOLD, power_scale
from forecaster.forecasts.answer import PointForecast
from forecaster.inputs import CODE
from forecaster.notes import Note
from forecaster.runs.table import Runs
from forecaster.show.table import enumerated, number, shown, spread, weight
from forecaster.stats.distributions import FAMILIES
from forecaster.stats.structure import Structure, structure

FRONT = ("law-behind", "prior-data-conflict", "misfit", "wrong-way")
"""Codes of notes that are said beside the headline."""

HEARD = 0.01
"""The weight from which a law is worth a word."""

BEHIND, MOVED = 0.5, 0.15
"""A law is clearly behind where its log score over hidden runs is more than so many nats a run below the best law's,
beyond the standard error over cuts; and worth a word where the median or an end of the 90% range moves by such a share
of its width without it."""

ENDS, SD_EACH_SIDE = np.array([0.05, 0.5, 0.95]), np.array([0.1587, 0.5, 0.8413])

CONFLICT, TOLD = 4.5, 0.1
"""Standard deviations between what prior and data say of a parameter that no longer pass for chance; and the least
share of the prior's variance that the data are taken to have settled, since data at odds with a prior may narrow it not
at all. The default mixture reaches 4.1 on sixteen public tables."""

UNBENT_P, UNBENT_SHARE, UNBENT_LOG, UNBENT_SPREAD = 0.001, 0.3, 0.05, 0.25
"""A law misfits where its residuals are a smooth surface and not chance, by such a share of their variance, and by such
a standard deviation of the log response or such a share of the spread of the responses. Of 42 fits of the default
mixture's laws to public tables one is told so."""

MOST_RUNS, DRAWS = 5_000, 200
"""Of a longer table an even part tells whether a law misfits, by so many draws."""

CLEAR_TREND = 0.5
"""Correlation of log scale and response beyond which a table says which way larger runs go."""


def doubts(ensemble: Ensemble, weighting: Weighting) -> list[Note]:
    """What must be said of laws on the table itself: copies of one another, and those that do not bend as it does."""
    return [*_copies(ensemble, weighting), *_misfits(ensemble)]


def doubts_at(ensemble: Ensemble, weighting: Weighting, point: PointForecast) -> list[Note]:
    """What must be said of laws and of the forecast at a point."""
    conflicts = (_conflict(fit, ensemble.weights, point.at) for fit in _heard(ensemble))
    return [*_behind(weighting, point), *(note for found in conflicts for note in found), *_wrong_way(ensemble, point)]


def on_the_front(notes: Iterable[Note]) -> list[Note]:
    """The notes that are said beside the headline."""
    return [note for note in notes if note.code in FRONT]


def _heard(ensemble: Ensemble) -> list[Fit]:
    return [fit for fit in ensemble.fits if ensemble.weights[fit.law.name] >= HEARD]


def _named(fit: Fit, weights: Mapping[str, float]) -> str:
    return f"{shown(fit.law.name)} (weight {weight(weights[fit.law.name])})"


def _copies(ensemble: Ensemble, weighting: Weighting) -> Iterator[Note]:
    if weighting.basis not in ("extrapolation", "equal"):
        return
    for group in copies(ensemble.fits):
        names = enumerated(map(shown, group))
        yield Note("near-copies", f"{names} say the same of this table and beyond it; they count as one law")


def _misfits(ensemble: Ensemble) -> Iterator[Note]:
    runs, on_log = ensemble.runs, ensemble.link.name == "log"
    some = runs.select(np.arange(len(runs)) % (1 + (len(runs) - 1) // MOST_RUNS) == 0)
    observed = ensemble.link.on(some.column("loss"))
    for fit in _heard(ensemble):
        found = _unbent(fit, some, observed)
        if found is None or found.p > UNBENT_P or found.share < UNBENT_SHARE:
            continue
        if found.sd < UNBENT_SPREAD * float(observed.std()) and not (on_log and found.sd > UNBENT_LOG):
            continue
        off = f"by {found.sd:.1%}" if on_log else f"by {found.sd:.2g} on {ensemble.link.text}"
        yield Note(
            "misfit",
            f"{_named(fit, ensemble.weights)} does not bend as the runs do: its curve misses them {off}, and "
            f"{found.share:.0%} of what it takes for noise is a smooth pattern.",
            warning=True,
        )


def _unbent(fit: Fit, runs: Runs, observed: np.ndarray) -> Structure | None:
    """What a smooth surface explains of the residuals of a law's mean curve."""
    inputs = fit.design.inputs(runs)
    draws = {name: values[:: 1 + len(values) // DRAWS, None] for name, values in fit.flat_draws().items()}
    with np.errstate(all="ignore"):
        residuals = observed - np.mean(fit.design.response(draws, inputs), axis=0)
    coordinates = np.stack([np.log(values) if (values > 0).all() else values for values in inputs.values()])
    return structure(residuals, coordinates) if np.isfinite(residuals).all() else None


def behind(record: Backtest, names: Sequence[str]) -> dict[str, float]:
    """The laws that foretold hidden runs clearly worse than the best of them: nats a run below its log score, by name.

    The mean over cuts of the mean over a cut's runs, where it exceeds `BEHIND` by more than its standard error over
    cuts; so two cuts are the fewest that can tell.

    Args:
        record: in which all of them were scored.
        names: of the laws.
    """
    by_cut = record.points.groupby(["law", "shown"])["log_score"].mean().unstack("shown")
    if not set(names) <= set(by_cut.index):
        return {}
    scores = by_cut.loc[list(names)].dropna(axis=1).to_numpy()
    cuts = scores.shape[1]
    if cuts < 2:
        return {}
    apart = scores[scores.mean(axis=1).argmax()] - scores
    means, errors = apart.mean(axis=1), apart.std(axis=1, ddof=1) / np.sqrt(cuts)
    return {name: float(means[i]) for i, name in enumerate(names) if means[i] - errors[i] > BEHIND}


def _behind(weighting: Weighting, point: PointForecast) -> Iterator[Note]:
    weights = weighting.weights
    heard = [name for name in point.by_law if weights[name] >= HEARD]
    found = behind(weighting.record, heard) if weighting.record is not None and len(heard) > 1 else {}
    if not found:
        return
    band = point.predictive
    rest = np.array([0.0 if name in found else weights[name] for name in point.by_law])
    ends, without = band.quantile(ENDS), replace(band, weights=rest / rest.sum()).quantile(ENDS)
    if not np.abs(without - ends).max() > MOVED * (ends[-1] - ends[0]):
        return
    low, median, high = (number(float(end), band.digits) for end in without)
    said = [
        f"{shown(name)} (weight {weight(weights[name])}, behind by {apart:.1f} nats of log score a run)"
        for name, apart in found.items()
    ]
    yield Note(
        "law-behind",
        f"{enumerated(said)} foretold this table's larger runs clearly worse than the best law of the mixture; without "
        f"{'it' if len(found) == 1 else 'them'} the median would be {median} and the 90% range {spread((low, high))}.",
        warning=True,
    )


def _conflict(fit: Fit, weights: Mapping[str, float], at: Mapping[str, float]) -> Iterator[Note]:
    """Where the response at the point moves with the priors as with the data, and a parameter tells why."""
    (here,) = power_scale(fit, at, only_response=True)
    if not (here.prior >= THRESHOLD and here.likelihood >= THRESHOLD):
        return
    apart = {name: z for name, z in disagreement(fit).items() if abs(z) > CONFLICT}
    if not apart:
        return
    said = [
        f"{shown(name)} {abs(z):.1f} standard deviations {'above' if z > 0 else 'below'} its prior "
        f"{shown(fit.law.priors[name].text, 200)}"
        for name, z in apart.items()
    ]
    yield Note(
        "prior-data-conflict",
        f"Prior and data of {_named(fit, weights)} disagree, and its response at the point hangs on both: the data put "
        f"{enumerated(said)}.",
        warning=True,
    )


def disagreement(fit: Fit) -> dict[str, float]:
    """How far the data put each parameter of the curve from its prior, in standard deviations of their difference.

    Of a normal prior (mean m, sd s) and a posterior (mean n, sd t) the difference between what prior and data say is
    (n - m) / s / sqrt(1 - t^2 / s^2). An exponent is compared on the log; a share as it is, for nothing and nearly
    nothing are the same to the response.

    Args:
        fit: of one law.
    """
    values, found = sampled_values(fit), {}
    middle = {name: np.median(each) for name, each in values.items()}
    for name, prior in fit.law.sampled.items():
        with np.errstate(all="ignore"):
            ends, draws = prior.quantile(SD_EACH_SIDE, middle), values[name]
            if FAMILIES[prior.family].coordinate == "log":
                ends, draws = np.log(ends), np.log(draws)
            low, centre, high = ends
            sd = (high - low) / 2
            narrowed = max(1 - (draws.std() / sd) ** 2, TOLD)
            found[name] = float((draws.mean() - centre) / sd / np.sqrt(narrowed))
    return {name: z for name, z in found.items() if np.isfinite(z)}


def _wrong_way(ensemble: Ensemble, point: PointForecast) -> Iterator[Note]:
    """Where a forecast turns back: worse than the largest run that the point exceeds in every input."""
    runs, low, high = ensemble.runs, *point.predictive.interval(0.9)
    scale, response = runs.column(runs.scale), runs.column("loss")
    names = [name for name in point.at if name != CODE and runs.has(name)]
    below = np.all([runs.column(name) <= point.at[name] for name in names], axis=0)
    if not below.any() or point.compute_ratio <= 1 or np.ptp(scale) == 0 or np.ptp(response) == 0:
        return
    trend = float(np.corrcoef(np.log(scale), ensemble.link.on(response))[0, 1])
    if not abs(trend) > CLEAR_TREND:
        return
    row = int(np.flatnonzero(below)[np.argmax(scale[below])])
    back = (point.predictive.median - response[row]) * (-1 if trend > 0 else 1)
    if not back > (high - low) / 2:
        return
    falls, side = ("rises", "below") if trend > 0 else ("falls", "above")
    yield Note(
        "wrong-way",
        f"The table's {shown(runs.response)} {falls} with scale, but the median here lies {side} its largest run that "
        f"the point exceeds ({response[row]:.5g} at {runs.place(row)}), by more than half the width of the 90% range.",
        warning=True,
    )
