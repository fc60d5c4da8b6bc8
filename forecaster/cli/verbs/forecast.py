"""The verb forecast."""

from __future__ import annotations

from typing import Any

from forecaster.cli.console import Console, said_command
from forecaster.cli.options import (
    AllowFailed,
    AsJson,
    At,
    Columns,
    Family,
    Fast,
    Group,
    Laws,
    NoCache,
    NoiseWords,
    OwnExponents,
    Priors,
    Quiet,
    RunsArgument,
    SeedOrSaved,
    Target,
    Weights,
    Where,
)
from forecaster.cli.source import LawChoice, forecast_source
from forecaster.forecasts.result import Forecast


def forecast(
    runs: RunsArgument,
    at: At,
    law: Laws = "",
    target: Target = None,
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    family: Family = "",
    columns: Columns = "",
    where: Where = "",
    seed: SeedOrSaved = None,
    allow_failed_checks: AllowFailed = False,
    weights: Weights = "",
    fast: Fast = False,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Give ranges at scales nobody has trained, and the chance of meeting a target.

    Example: `forecaster forecast runs.csv --at N=70B,D=1.4T --target 1.95`
    """
    console = Console(as_json, quiet)
    answer = forecast_source(
        runs,
        laws=LawChoice(law, tuple(priors or ()), noise, group, own_exponents),
        family=family,
        at=at,
        target=target,
        columns=columns,
        where=where,
        console=console,
        seed=seed,
        cache=not no_cache,
        allow_failed_checks=allow_failed_checks,
        weights=weights,
        fast=fast,
    )
    console.result(_forecast_text(answer), _forecast_data(answer))


def _forecast_text(answer: Forecast) -> str:
    from forecaster.forecasts.text import forecast_text

    return forecast_text(answer)


def _forecast_data(answer: Forecast) -> dict[str, Any]:
    from forecaster.reports.provenance import forecast_dict

    return forecast_dict(answer, command=said_command())
