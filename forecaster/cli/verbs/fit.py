"""The verb fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from forecaster.cli.console import Console
from forecaster.cli.options import AllowFailedChecks, Fast, LawChoice, RunsChoice, Sampling, output_option


def fit(
    *,
    output: Annotated[Path | None, output_option("Save the fits to this folder.")] = None,
    laws: LawChoice,
    runs: RunsChoice,
    sampling: Sampling,
    allow_failed_checks: AllowFailedChecks = False,
    fast: Fast = False,
    console: Console,
) -> None:
    """Sample laws on a table, judge the draws, and save them with the weights that they earn.

    Example: `forecaster fit runs.csv --law chinchilla,coupled -o fits/`
    """
    from forecaster.backtests.weighting import weigh
    from forecaster.cli.source import asked_laws, read_table
    from forecaster.fits.ensemble import Ensemble, fit_each, refused
    from forecaster.fits.store import refuse_taken, save_fits
    from forecaster.fits.text import fit_dict
    from forecaster.show.text import wrapped

    cache = not sampling.no_cache
    table = read_table(runs, group=laws.group, say=console.say)
    table, chosen = asked_laws(laws, table)
    if output is not None:
        refuse_taken(output)
    with console.progress() as say:
        fits, refusals = fit_each(chosen, table, seed=sampling.seed, cache=cache, say=say)
    console.warn((*table.notes, *refused(refusals)[1]))
    shown = Ensemble(tuple(fits)).speaking(allow_failed_checks=allow_failed_checks, weighed=False)
    console.warn(shown.notes)
    text = "\n\n".join(each.text for each in shown.fits)
    data: dict[str, Any] = {"laws": {each.law.name: fit_dict(each) for each in shown.fits}, "path": None}
    if output is not None:
        weighting = None
        if not fast:
            with console.progress() as say:
                weighting = weigh(fits, cache=cache, say=say)
            text += f"\n\n{wrapped(weighting.text)}"
        data["weights"] = weighting.as_dict() if weighting else None
        data["path"] = str(save_fits(fits, output, weighting=weighting.page if weighting else ""))
        text += f"\n\nSaved: {output}"
    console.result(text, {"fit": data})
