"""The verb laws."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import LawChoice, Noise, Prior, RunsChoice
from forecaster.errors import UsageError
from forecaster.runs.points import scenario


def laws(
    *,
    law: Annotated[str, typer.Argument(metavar="[LAW]", help="One law in full.")] = "",
    preset: Annotated[str, typer.Option(help="Published constants of the law: what they are, and predict.")] = "",
    at: Annotated[list[str] | None, typer.Option(help="Where a preset predicts; repeatable.")] = None,
    runs: Annotated[str, typer.Option(help="Show the priors for this table, sampled and natural parameters.")] = "",
    prior: Prior = None,
    noise: Noise = "",
    console: Console,
) -> None:
    """List the laws on the shelf; or show one in full: formula, source, inputs, priors and presets.

    Example: `forecaster laws chinchilla`, `forecaster laws chinchilla --preset besiroglu2024 --at N=70B,D=1.4T`
    """
    from forecaster.cli.source import changed, read_table
    from forecaster.laws.shelf import law as read_law
    from forecaster.laws.shelf import shelf
    from forecaster.laws.text import law_dict, law_text, preset_dict, preset_text, shelf_text

    if not law and (preset or at or runs or prior or noise):
        raise UsageError("name a law first, such as `forecaster laws chinchilla`")
    if not law:
        found = [read_law(name) for name in shelf()]
        console.result(shelf_text(found), {"laws": [law_dict(each) for each in found] if console.as_json else []})
        return
    table = read_table(RunsChoice(runs)) if runs else None
    (one,) = changed([read_law(law)], LawChoice(law, prior, noise))
    if preset:
        points = scenario(at).points if at else ()
        console.result(preset_text(one, preset, points), {"laws": [preset_dict(one, preset, points)]})
        return
    if at:
        raise UsageError("a law without constants predicts nothing; name some by --preset", where="--at")
    console.result(law_text(one, table), {"laws": [law_dict(one, table)]})
