"""The verb laws."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import AsJson, NoiseWords, Priors, Quiet
from forecaster.cli.source import LawChoice, changed, runs_from
from forecaster.errors import UsageError
from forecaster.laws.shelf import law as read_law
from forecaster.laws.shelf import shelf
from forecaster.runs.points import scenario


def laws(
    law: Annotated[str, typer.Argument(metavar="[LAW]", help="One law in full.")] = "",
    preset: Annotated[str, typer.Option(help="Published constants of the law: what they are, and predict.")] = "",
    at: Annotated[list[str] | None, typer.Option("--at", help="Where a preset predicts; repeatable.")] = None,
    runs: Annotated[str, typer.Option(help="Show the priors for this table, sampled and natural parameters.")] = "",
    priors: Priors = None,
    noise: NoiseWords = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the laws on the shelf; or show one in full: formula, source, inputs, priors and presets.

    Example: `forecaster laws chinchilla`, `forecaster laws chinchilla --preset besiroglu2024 --at N=70B,D=1.4T`
    """
    from forecaster.fits.design import references
    from forecaster.laws.text import law_dict, law_document, preset_dict, preset_document, shelf_document
    from forecaster.show.text import as_text

    console = Console(as_json, quiet)
    if not law and (preset or at or runs or priors or noise):
        raise UsageError("name a law first, such as `forecaster laws chinchilla`")
    if not law:
        found = [read_law(name) for name in shelf()]
        console.result(as_text(shelf_document(found)), {"laws": [law_dict(each) for each in found] if as_json else []})
        return
    table = runs_from(runs) if runs else None
    (one,) = changed([read_law(law)], LawChoice(law, tuple(priors or ()), noise))
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
