"""What must be said of what a forecast rests on: its table, its response, and where a point lies."""

from __future__ import annotations

from collections.abc import Mapping

from forecaster.backtests.weighting import Weighting
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import Extrapolation
from forecaster.forecasts.evidence.rules import BEYOND_TESTED
from forecaster.inputs import CODE
from forecaster.laws.families import families_of, family_at
from forecaster.notes import Note
from forecaster.runs.check import check
from forecaster.show.table import times


def table_notes(ensemble: Ensemble) -> list[Note]:
    """What a check of the table warns of, so that nobody has to have asked for it."""
    runs = ensemble.runs
    said_otherwise = set() if runs.is_language_loss else {"response-not-loss", "response-not-positive"}
    if families_of(ensemble.fits[0].law):
        said_otherwise.add("mixed-families")
    return [*runs.notes, *(note for note in check(runs).notes if note.warning and note.code not in said_otherwise)]


def response_notes(ensemble: Ensemble, term: Extrapolation) -> list[Note]:
    runs = ensemble.runs
    if term.by_exponent:
        return []
    reason = f"`{runs.response}` does not look like a language-model loss"
    if runs.scale != "C":
        reason = f"the table has {runs.scale} alone"
    if ensemble.link.name != "log":
        reason = "the noise is on another scale than the log of the response"
    per = "compute" if runs.scale == "C" else runs.scale
    text = (
        f"{reason}, so the extrapolation term has no direction and is wider "
        f"(mean 0, sd {term.sd:g} per e-fold of {per})."
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
        f"The point is {times(ratio)} times the largest run, and this table's own cuts could test forecasts to "
        f"{times(tested)} times only; beyond {BEYOND_TESTED:g} times that nothing tells how far its laws drift."
    )
    return [Note("beyond-tested", text, warning=True)]


def _family_notes(ensemble: Ensemble, inputs: Mapping[str, float]) -> list[Note]:
    if CODE not in inputs:
        return []
    name = family_at(ensemble.fits[0].law, inputs[CODE])
    return [Note("family-asked", f"the point is of {name}; each family has its own level, partially pooled")]
