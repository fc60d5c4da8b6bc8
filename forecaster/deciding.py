"""The verbs of decisions, allocate and require; the command line registers them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.asking import forecast_source, runs_from
from forecaster.choosing import LawChoice, laws_named
from forecaster.console import Console
from forecaster.options import (
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
from forecaster.store import is_saved_fit

if TYPE_CHECKING:
    from forecaster.decide.allocation import Allocation
    from forecaster.decide.requirement import Requirement

PriceWords = Annotated[
    str,
    typer.Option(
        "--price",
        help="Give the cost, too: default, a TOML file, or values in place of the default's, such as "
        "price=2..3,utilisation=0.4,count=4096; LOW..HIGH is a 90% range.",
    ),
]
Figure = Annotated[Path | None, typer.Option("-o", help="Draw it into this file, .svg or .png.")]


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
    from forecaster.decide.allocate import allocation_of, budget_points, refuse_unsplittable
    from forecaster.decide.amount import amount
    from forecaster.decide.price import price as read_price

    console = Console(as_json, quiet)
    choice = LawChoice(law, tuple(priors or ()), noise, group, own_exponents)
    points = budget_points(compute, at)
    # What a person typed wrong is said before anything is sampled.
    if inference_tokens:
        amount(inference_tokens, where="--inference-tokens")
    rate = read_price(price) if price else None
    _refuse_unwritable(output)
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
    console.result(_with_figure(found, output), found.as_dict() | _paths(output))


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
    from forecaster.decide.require import held_inputs, requirement_of, stand_in
    from forecaster.families import CODE
    from forecaster.quantity import parse_quantity

    console = Console(as_json, quiet)
    held = held_inputs(at)
    rate = read_price(price) if price else None
    targets = [parse_quantity(each) for each in loss]
    _refuse_unwritable(output)
    point = stand_in(runs_from(runs, columns=columns, where=where, group=group), held)
    answer = forecast_source(
        runs, laws=LawChoice(law, tuple(priors or ()), noise, group, own_exponents), family=family, at=[point.text],
        target=loss, columns=columns, where=where, console=console, seed=seed, cache=not no_cache,
        allow_failed_checks=allow_failed_checks, weights=weights, fast=fast,
    )  # fmt: skip
    asked = answer.points[0].at
    held |= {CODE: asked[CODE]} if CODE in asked else {}
    found = requirement_of(answer, targets, at=held, price=rate, allow_failed_checks=allow_failed_checks)
    console.result(_with_figure(found, output), found.as_dict() | _paths(output))


def _refuse_unwritable(output: Path | None) -> None:
    from forecaster.report.decision_figure import refuse_figure

    if output is not None:
        refuse_figure(output)


def _with_figure(found: Allocation | Requirement, output: Path | None) -> str:
    if output is None:
        return found.text
    from forecaster.report.decision_figure import write_figure

    said = write_figure(found, output)
    return f"{found.text}\n\n{said}\nwrote {output}"


def _paths(output: Path | None) -> dict[str, Any]:
    return {} if output is None else {"paths": [str(output)]}
