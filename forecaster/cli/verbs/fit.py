"""The verb fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import (
    AllowFailed,
    AsJson,
    Columns,
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
    Where,
)
from forecaster.cli.source import LawChoice, laws_named, runs_from
from forecaster.errors import NotConverged
from forecaster.fits.ensemble import fit_each
from forecaster.fits.store import refuse_taken, save_fits


def fit(
    runs: RunsArgument,
    law: Laws = "",
    output: Annotated[Path | None, typer.Option("-o", help="Save the fits to this folder.")] = None,
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    columns: Columns = "",
    where: Where = "",
    seed: Seed = 1,
    allow_failed_checks: AllowFailed = False,
    fast: Fast = False,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Sample laws on a table, judge the draws, and save them with the weights that they earn.

    Example: `forecaster fit runs.csv --law chinchilla,coupled -o fits/`
    """
    from forecaster.backtests.weighting import weigh
    from forecaster.fits.text import fit_dict
    from forecaster.show.text import wrapped

    console = Console(as_json, quiet)
    table = runs_from(runs, columns=columns, where=where, group=group)
    chosen = laws_named(LawChoice(law, tuple(priors or ()), noise, group, own_exponents), table)
    if output is not None:
        refuse_taken(output)
    with console.progress() as say:
        fits, refusals = fit_each(chosen, table, seed=seed, cache=not no_cache, say=say)
    console.warn(table.notes)
    for name, refusal in refusals.items():
        console.say(f"warning law-dropped: {name}: {refusal.message}")
    if not allow_failed_checks and all(each.verdict.status == "fail" for each in fits):
        raise NotConverged(" ".join(note for each in fits for note in each.verdict.notes), where=table.name)
    shown = [each for each in fits if allow_failed_checks or each.verdict.status != "fail"]
    for each in fits:
        if each not in shown:
            console.say(f"warning law-dropped: {each.law.name} failed its checks. {' '.join(each.verdict.notes)}")
    text = "\n\n".join(each.text for each in shown)
    data: dict[str, Any] = {"laws": {each.law.name: fit_dict(each) for each in shown}, "path": None}
    if output is not None:
        weighting = None
        if not fast:
            with console.progress() as say:
                weighting = weigh(fits, cache=not no_cache, say=say)
            text += f"\n\n{wrapped(weighting.text)}"
        data["weights"] = weighting.as_dict() if weighting else None
        data["path"] = str(save_fits(fits, output, weighting=weighting.page if weighting else ""))
        text += f"\n\nSaved: {output}"
    console.result(text, {"fit": data})
