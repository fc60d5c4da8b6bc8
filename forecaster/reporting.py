"""The verbs that write a card, demo and report; the command line registers them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.asking import forecast_source, forecast_table
from forecaster.choosing import LawChoice
from forecaster.console import Console, said_command
from forecaster.example import read_example
from forecaster.options import (
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
    Seed,
    SeedOrSaved,
    Target,
    Weights,
    Where,
)
from forecaster.scenario import scenario
from forecaster.shelf import default_laws
from forecaster.store import is_saved_fit

if TYPE_CHECKING:
    from forecaster.forecast import Forecast
    from forecaster.report import Report
    from forecaster.sensitivity import Sensitivity

DEMO_POINT = "N=70B,D=1.4T"
DEMO_TARGET = 1.4

FAST = "Not computed: --fast leaves it out."


def demo(
    output: Annotated[Path, typer.Option("-o", help="Where the card goes.")] = Path("card.html"),
    fast: Fast = False,
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_cache: NoCache = False,
) -> None:
    """Do the main job on a bundled table: forecast a model ten times larger, and write its card.

    Example: `forecaster demo -o card.html`
    """
    from forecaster.report import refuse_unwritable
    from forecaster.report import report as write_report

    console = Console(as_json, quiet)
    refuse_unwritable(output)
    runs = read_example()
    asked = scenario(DEMO_POINT, targets=[DEMO_TARGET])
    answer = forecast_table(
        runs,
        default_laws(runs),
        asked,
        console=console,
        seed=seed,
        cache=not no_cache,
        weights="equal" if fast else "extrapolation",
    )
    found = () if fast else sensitivities(answer, console=console, cache=not no_cache)
    made = write_report(answer, output=output, sensitivities=found, no_sensitivity=FAST, command=said_command())
    console.result(f"{made.text}\n\nCard: {made.paths[0]}", {"demo": _data(made)})


def report(
    runs: RunsArgument,
    at: At,
    output: Annotated[Path, typer.Option("-o", help="Where the card goes.")] = Path("card.html"),
    also: Annotated[str, typer.Option(help="Further formats beside it: md,json,xlsx,pdf.")] = "",
    figures: Annotated[Path | None, typer.Option(help="Also write every figure into this folder, as PNG.")] = None,
    template: Annotated[
        Path | None, typer.Option(help="A folder whose card.html.j2 and card.css stand in for the package's own.")
    ] = None,
    words: Annotated[str, typer.Option(help="Likelihood words: icd203, ipcc, or a TOML file.")] = "icd203",
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
    """Write the forecast card: one offline page that a decision can rest on.

    Example: `forecaster report runs.csv --at N=70B,D=1.4T --target 1.95 -o card.html --also md,json`
    """
    from forecaster.report import refuse_unwritable
    from forecaster.report import report as write_report
    from forecaster.report.figure_files import refuse_figures, write_figures
    from forecaster.report.tornado import tornado

    console = Console(as_json, quiet)
    refuse_unwritable(output, also=also, template=template, words=words)
    if figures is not None:
        refuse_figures(figures)
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
    # A saved fit is forecast without sampling.
    found = () if fast else sensitivities(answer, console=console, cache=not no_cache, refit=not is_saved_fit(runs))
    made = write_report(
        answer,
        output=output,
        also=also,
        template=template,
        words=words,
        sensitivities=found,
        no_sensitivity=FAST,
        command=said_command(),
    )
    paths = list(made.paths)
    if figures is not None:
        paths += write_figures(answer, figures, extra=[tornado(each) for each in found[:1]])
    console.result("\n".join(f"wrote {path}" for path in paths), {"report": _data(made, paths)})


def sensitivities(
    answer: Forecast, *, console: Console, cache: bool = True, refit: bool = True
) -> tuple[Sensitivity, ...]:
    """What a forecast's first points hang on, as many as get figures.

    Args:
        answer: the forecast.
        console: where progress goes.
        cache: whether fits may come from, and go to, the cache.
        refit: whether laws may be sampled anew.
    """
    from forecaster.report.point_page import MOST_FIGURES
    from forecaster.sensitivity import sensitivity

    with console.progress() as say:
        return tuple(
            sensitivity(answer, point=index, refit=refit, cache=cache, say=say)
            for index in range(min(MOST_FIGURES, len(answer.points)))
        )


def _data(made: Report, paths: Sequence[Path] = ()) -> dict[str, Any]:
    return made.data | {"paths": [str(path) for path in paths or made.paths]}
