"""What must be said of what a forecast rests on: its table, its response, and where a point lies."""

from __future__ import annotations

from collections.abc import Mapping

from forecaster.backtests.weighting import Weighting
from forecaster.fits.ensemble import Ensemble, few_runs
from forecaster.fits.extrapolation import Extrapolation
from forecaster.forecasts.evidence.rules import BEYOND_TESTED
from forecaster.inputs import CODE
from forecaster.laws.families import families_of, family_at
from forecaster.notes import Note
from forecaster.runs.check import check
from forecaster.runs.table import Runs
from forecaster.runs.text import apart_text, far_text, tested_text


def table_notes(ensemble: Ensemble) -> list[Note]:
    """What a check of the table warns of, so that nobody has to have asked for it."""
    runs = ensemble.runs
    said_otherwise = set() if runs.is_language_loss else {"response-not-positive"}
    if families_of(ensemble.fits[0].law):
        said_otherwise.add("mixed-families")
    found = [*runs.notes, *(note for note in check(runs).notes if note.warning and note.code not in said_otherwise)]
    few = few_runs(runs, [fit.law for fit in ensemble.fits])
    if few and not any(note.code == "few-runs" for note in found):
        found.append(Note("few-runs", f"{few}; the priors carry much of the forecast", warning=True))
    return list(dict.fromkeys(found))


def response_notes(ensemble: Ensemble, term: Extrapolation) -> list[Note]:
    runs = ensemble.runs
    if term.by_exponent:
        return []
    reason = f"`{runs.response}` is not a language-model loss"
    if runs.scale != "C":
        reason = f"the table has {runs.along.word} alone"
    if ensemble.link.name != "log":
        reason = "the noise is on another scale than the log of the response"
    text = (
        f"{reason}, so the extrapolation term has no direction and is wider "
        f"(mean 0, sd {term.sd:g} per {runs.along.step})."
    )
    return [Note("other-response", text, warning=True)]


def own_notes(ensemble: Ensemble, weighting: Weighting, inputs: Mapping[str, float]) -> list[Note]:
    return [*_family_notes(ensemble, inputs), *_reach_notes(ensemble, weighting, inputs)]


def _reach_notes(ensemble: Ensemble, weighting: Weighting, inputs: Mapping[str, float]) -> list[Note]:
    if weighting.record is None or weighting.term is None:
        return []
    tested = float(weighting.record.points["ratio"].max())
    ratio = inputs[ensemble.runs.scale] / ensemble.largest
    if ratio <= BEYOND_TESTED * tested:
        return []
    text = (
        f"The point is {far_text(ensemble.runs, ratio)}, and this table's own cuts could test forecasts to "
        f"{tested_text(ensemble.runs, tested)} only; {_that(ensemble.runs)} nothing tells how far its laws drift."
    )
    return [Note("beyond-tested", text, warning=True)]


def _that(runs: Runs) -> str:
    return f"more than {apart_text(runs, BEYOND_TESTED)} {'later' if runs.along.is_date else 'times that'}"


def _family_notes(ensemble: Ensemble, inputs: Mapping[str, float]) -> list[Note]:
    if CODE not in inputs:
        return []
    name = family_at(ensemble.fits[0].law, inputs[CODE])
    return [Note("family-asked", f"the point is of {name}; each family has its own level, partially pooled")]
