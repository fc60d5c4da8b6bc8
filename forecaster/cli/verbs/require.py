"""The verb require."""

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
from forecaster.cli.source import LawChoice, forecast_source, runs_from
from forecaster.cli.verbs.decision import Figure, PriceWords, paths, refuse_unwritable_figure, with_figure


def require(
    runs: RunsArgument,
    loss: Annotated[list[str], typer.Option(help="The response to be met; repeatable.")],
    at: Annotated[str, typer.Option(help="Hold N or D, such as N=70B; and what the laws read besides.")] = "",
    price: PriceWords = "",
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
    """Give the compute that a target takes, as a range and as a chance over compute.

    Example: `forecaster require runs.csv --loss 1.90 --price default`
    """
    from forecaster.decide.price import price as read_price
    from forecaster.decide.requirement.require import held_inputs, requirement_of, stand_in
    from forecaster.inputs import CODE
    from forecaster.quantity import parse_quantity

    console = Console(as_json, quiet)
    held = held_inputs(at)
    rate = read_price(price) if price else None
    targets = [parse_quantity(each) for each in loss]
    refuse_unwritable_figure(output)
    point = stand_in(runs_from(runs, columns=columns, where=where, group=group), held)
    answer = forecast_source(
        runs, laws=LawChoice(law, tuple(priors or ()), noise, group, own_exponents), family=family, at=[point.text],
        target=loss, columns=columns, where=where, console=console, seed=seed, cache=not no_cache,
        allow_failed_checks=allow_failed_checks, weights=weights, fast=fast,
    )  # fmt: skip
    asked = answer.points[0].at
    held |= {CODE: asked[CODE]} if CODE in asked else {}
    found = requirement_of(answer, targets, at=held, price=rate, allow_failed_checks=allow_failed_checks)
    console.result(with_figure(found, output), found.as_dict() | paths(output))
