"""Provenance: what a forecast rests on, so that anybody can make it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecaster.fits.store import versions
from forecaster.forecasts.text import stamps
from forecaster.show.document import Section, Sentence, Verbatim
from forecaster.show.probability import Words, icd203
from forecaster.show.table import Table, shown

if TYPE_CHECKING:
    from forecaster.forecasts.result import Forecast


def forecast_dict(forecast: Forecast, *, command: str = "", words: Words | None = None) -> dict[str, Any]:
    """JSON-ready: a forecast with the evidence grade of each point, a list under `grade`, and its provenance.

    Each target also has its likelihood word, and `words` names their scale.

    Args:
        forecast: what was answered.
        command: the exact command that asked for it; empty where there was none.
        words: the scale of likelihood words; ICD 203 where not given.
    """
    from forecaster.forecasts.evidence.grade import grade

    scale = words or icd203()
    data = forecast.as_dict()
    for target in (target for point in data["forecast"] for target in point["targets"]):
        target["word"] = scale.word(target["probability"]).word
    grades = [grade(forecast, point).as_dict() for point in forecast.points]
    data |= {"grade": grades, "words": {"name": scale.name, "source": scale.source}}
    return data | {"provenance": provenance(forecast, command)}


def provenance_section(facts: Mapping[str, Any], *, runs: int) -> Section:
    """What a forecast rests on; in brief in one line, with hashes cut short.

    Args:
        facts: see `provenance`, with the day under `made`.
        runs: how many there are.
    """
    table = f"{runs} in {shown(facts['runs'])}"
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    rows = [
        ("Made", facts["made"]),
        ("Runs", table),
        ("SHA-256 of the runs", facts["runs_sha256"]),
        *((f"SHA-256 of {shown(name)}", sha256) for name, sha256 in facts["laws"].items()),
        ("Seed", f"{facts['seed']}"),
        ("Versions", versions),
    ]
    laws = ", ".join(f"{shown(name)} {sha256[:8]}" for name, sha256 in facts["laws"].items())
    line = (
        f"{runs} runs in {shown(facts['runs'])} (SHA-256 {facts['runs_sha256'][:12]}); laws {laws}; "
        f"seed {facts['seed']}; {versions}; made {facts['made']}."
    )
    command = (Verbatim(shown(facts["command"], 2000)),) if facts["command"] else ()
    whole = Table("Provenance", ("What", "Value"), tuple(rows), frozenset({"Value"}))
    return Section("Provenance", (whole, *command), "provenance", brief=(Sentence(line), *command))


def provenance(forecast: Forecast, command: str = "") -> dict[str, Any]:
    """The key `provenance` of the command-line contract.

    Args:
        forecast: what was answered.
        command: the exact command that asked for it; empty where there was none.

    Returns:
        JSON-ready: the hash of the runs' content, of each law's page, the forecast's seed and that of each fit,
        the versions that decide the numbers, the command, and what must be said where checks did not simply pass.
    """
    return {
        "runs": forecast.runs.name,
        "runs_sha256": forecast.runs.sha256,
        "laws": {fit.law.name: fit.law.sha256 for fit in forecast.fits},
        "seed": forecast.seed,
        "fit_seeds": {fit.law.name: fit.seed for fit in forecast.fits},
        "versions": dict(versions()),
        "command": command,
        "stamps": stamps(forecast),
    }
