"""The verb allocate."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import (
    AllowFailed,
    AsJson,
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
    Weights,
    Where,
)
from forecaster.cli.source import LawChoice, forecast_source, laws_named, runs_from
from forecaster.cli.verbs.decision import Figure, PriceWords, paths, refuse_unwritable_figure, with_figure
from forecaster.fits.store import is_saved_fit


def allocate(
    runs: RunsArgument,
    compute: Annotated[list[str], typer.Option(help="A budget, such as 6e23 FLOP; repeatable.")],
    inference_tokens: Annotated[
        str,
        typer.Option(help="Tokens the model will serve: 5T, or 1T..20T as a 90% range; gives the lifetime optimum."),
    ] = "",
    params: Annotated[str, typer.Option(help="Mark this many parameters on the overhead curve, such as 70B.")] = "",
    price: PriceWords = "",
    at: Annotated[str, typer.Option(help="What the laws read besides N and D, such as U=300B.")] = "",
    output: Figure = None,
    law: Laws = "",
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
    """Give the compute-optimal parameters and tokens of a budget, as ranges, and the loss there.

    Example: `forecaster allocate runs.csv --compute 6e23 --inference-tokens 1T..20T --params 70B`
    """
    from forecaster.decide.allocation.allocate import allocation_of, budget_points, refuse_unsplittable
    from forecaster.decide.amount import amount
    from forecaster.decide.price import price as read_price

    console = Console(as_json, quiet)
    choice = LawChoice(law, tuple(priors or ()), noise, group, own_exponents)
    points = budget_points(compute, at)
    # What a person typed wrong is said before anything is sampled.
    if inference_tokens:
        amount(inference_tokens, where="--inference-tokens")
    rate = read_price(price) if price else None
    refuse_unwritable_figure(output)
    if not is_saved_fit(runs):
        refuse_unsplittable(laws_named(choice, runs_from(runs, columns=columns, where=where, group=group)))
    answer = forecast_source(
        runs, laws=choice, family=family, at=[point.text for point in points.points], target=None, columns=columns,
        where=where, console=console, seed=seed, cache=not no_cache, allow_failed_checks=allow_failed_checks,
        weights=weights, fast=fast,
    )  # fmt: skip
    found = allocation_of(
        answer,
        inference_tokens=inference_tokens or None,
        params=params or None,
        price=rate,
        speaking=[fit.law.name for fit in answer.fits] if law else None,
        allow_failed_checks=allow_failed_checks,
    )
    console.result(with_figure(found, output), found.as_dict() | paths(output))
