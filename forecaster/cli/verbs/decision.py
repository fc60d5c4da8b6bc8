"""What the verbs of decisions share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from forecaster.decide.allocation.result import Allocation
    from forecaster.decide.requirement.result import Requirement

PriceWords = Annotated[
    str,
    typer.Option(
        "--price",
        help="Give the cost, too: default, a TOML file, or values in place of the default's, such as "
        "price=2..3,utilisation=0.4,count=4096; LOW..HIGH is a 90% range.",
    ),
]

Figure = Annotated[Path | None, typer.Option("-o", help="Draw it into this file, .svg or .png.")]


def refuse_unwritable_figure(output: Path | None) -> None:
    from forecaster.decide.figure_file import refuse_figure

    if output is not None:
        refuse_figure(output)


def with_figure(found: Allocation | Requirement, output: Path | None) -> str:
    if output is None:
        return found.text
    from forecaster.decide.figure_file import write_figure
    from forecaster.show.text import wrapped

    said = wrapped(write_figure(found, output))
    return f"{found.text}\n\n{said}\nwrote {output}"


def paths(output: Path | None) -> dict[str, Any]:
    return {} if output is None else {"paths": [str(output)]}
