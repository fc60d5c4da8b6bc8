"""Caveats in words: what a forecast takes for granted, what its checks found, what a reader must hear."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from forecaster.report.answers import Answer
from forecaster.report.table import listed, shown, spread, weight

if TYPE_CHECKING:
    from forecaster.forecast import Forecast
    from forecaster.runs import Runs


def assumptions(forecast: Forecast, points: Iterable[Answer]) -> list[str]:
    """What the forecast takes for granted, a sentence or two each."""
    term, runs = forecast.extrapolation, forecast.runs
    direction = "lower" if term.mean < 0 else "higher"
    drift = "no direction" if term.mean == 0 else f"{abs(term.mean):.1%} {direction} on average"
    without = [spread(answer.raw) for answer in points if answer.beyond]
    return [
        "The run is made as the runs in the table were: same kind of data, tokenizer, architecture and training.",
        f"Beyond the largest run the response may leave every law by one unknown slope: for each e-fold "
        f"({2.718:.1f} times) of {_scale_word(runs)} {drift}, standard deviation {term.sd:.1%} "
        f"(Student t, {term.nu:g} degrees of freedom)."
        + (f" Without it the 90% range would be {without[0]}." if len(without) == 1 else ""),
        weights_sentence(forecast),
        "Noise between runs has heavy tails and is estimated with each law; it grows with the distance from the "
        "largest run.",
        "Each law's parameters start from the priors listed in the annex, the same for every table.",
    ]


def weights_sentence(forecast: Forecast) -> str:
    """How the laws were mixed."""
    weights = forecast.weights
    if len(weights) == 1:
        return f"The law {shown(next(iter(weights)))} holds; no other was asked."
    if max(weights.values()) - min(weights.values()) < 1e-9:
        return f"The {len(weights)} laws are equally likely to be the one that holds."
    parts = [f"{shown(name)} {weight(share)}" for name, share in weights.items()]
    earned = forecast.weighting.basis == "extrapolation"
    trust = "; those that forecast this table's larger runs well are trusted to go on doing so" if earned else ""
    return f"The laws are mixed by weight: {listed(parts)}{trust}."


def stamps(forecast: Forecast) -> list[str]:
    """What must stand on every output when the checks did not simply pass; empty when they did."""
    if forecast.unchecked:
        return [
            "CHECKS FAILED: the sampler's draws did not pass their checks, and the numbers are shown only because "
            "that was asked for. Do not rely on them."
        ]
    review = [shown(name) for name in forecast.weights if forecast.verdicts[name].status == "review"]
    if review:
        return [
            f"REVIEW: the checks of {listed(review)} passed with reservations, stated under Checks. "
            "Read them before relying on the numbers."
        ]
    return []


def checks_line(forecast: Forecast) -> str:
    """The checks of all laws in one line."""
    by_status: dict[str, list[str]] = {}
    for name, verdict in forecast.verdicts.items():
        by_status.setdefault(verdict.status, []).append(shown(name))
    words = {"pass": "passed", "review": "passed with reservations", "fail": "failed"}
    return "Checks of the sampler: " + "; ".join(
        f"{listed(by_status[status])} {word}" for status, word in words.items() if status in by_status
    ) + "."  # fmt: skip


def check_notes(forecast: Forecast) -> list[str]:
    """The evidence for anything short of a pass, each with its law."""
    return [
        f"{shown(name)}: {shown(note, 1000)}" for name, verdict in forecast.verdicts.items() for note in verdict.notes
    ]


def note_lines(forecast: Forecast) -> list[tuple[str, str, bool]]:
    """Every remark as (code, text, whether it is a warning), warnings first, each once."""
    notes = dict.fromkeys([*forecast.notes, *(note for point in forecast.points for note in point.notes)])
    ordered = sorted(notes, key=lambda note: not note.warning)
    return [(note.code, shown(note.text, 1000), note.warning) for note in ordered]


def _scale_word(runs: Runs) -> str:
    return {"C": "compute", "N": "parameters", "D": "tokens"}.get(runs.scale, runs.scale)
