"""The verb laws."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import Noise, Prior, RunsChoice
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
    from forecaster.cli.source import read_table
    from forecaster.fits.design import references
    from forecaster.laws.choice import changed
    from forecaster.laws.shelf import law as read_law, shelf
    from forecaster.laws.text import law_dict, law_document, preset_dict, preset_document, shelf_document
    from forecaster.show.text import as_text

    if not law and (preset or at or runs or prior or noise):
        raise UsageError("name a law first, such as `forecaster laws chinchilla`")
    if not law:
        found = [read_law(name) for name in shelf()]
        said = as_text(shelf_document(found))
        console.result(said, {"laws": [law_dict(each) for each in found] if console.as_json else []})
        return
    table = read_table(RunsChoice(runs)) if runs else None
    (one,) = changed([read_law(law)], priors=prior or (), noise=noise)
    if preset:
        points = {point.text: point.completed().inputs for point in scenario(at).points} if at else {}
        data = preset_dict(one, preset, points)
        console.result(as_text(preset_document(one, data)), {"laws": [data]})
        return
    if at:
        raise UsageError("a law without constants predicts nothing; name some by --preset", where="--at")
    if table is None:
        console.result(as_text(one.document), {"laws": [law_dict(one)]})
        return
    fixed = references(one, table).values
    said = as_text(law_document(one, fixed, of=f"{table.name}, {len(table)} runs"))
    console.result(said, {"laws": [law_dict(one, fixed, runs_sha256=table.sha256)]})
