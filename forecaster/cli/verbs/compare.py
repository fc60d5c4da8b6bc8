"""The verb compare."""

from __future__ import annotations

from forecaster.cli.console import Console
from forecaster.cli.options import (
    AllowFailed,
    AsJson,
    Columns,
    Family,
    Group,
    Laws,
    NoCache,
    NoiseWords,
    OptionalAt,
    OwnExponents,
    Priors,
    Quiet,
    RunsArgument,
    SeedOrSaved,
    Where,
)
from forecaster.cli.source import LawChoice, compare_source


def compare(
    runs: RunsArgument,
    law: Laws = "",
    at: OptionalAt = None,
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    family: Family = "",
    columns: Columns = "",
    where: Where = "",
    seed: SeedOrSaved = None,
    allow_failed_checks: AllowFailed = False,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put laws side by side: leave-one-out, weights earned by extrapolation, and what each forecasts.

    Example: `forecaster compare runs.csv --law chinchilla,coupled,kaplan --at N=70B,D=1.4T`
    """
    console = Console(as_json, quiet)
    found = compare_source(
        runs,
        laws=LawChoice(law, tuple(priors or ()), noise, group, own_exponents),
        family=family,
        at=at or [],
        columns=columns,
        where=where,
        console=console,
        seed=seed,
        cache=not no_cache,
        allow_failed_checks=allow_failed_checks,
    )
    console.result(found.text, found.as_dict())
