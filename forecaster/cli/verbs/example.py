"""The verb example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecaster.cli.console import Console
from forecaster.cli.options import output_option
from forecaster.runs.examples import examples, read_example, write_example


def example(
    *,
    name: Annotated[str, typer.Argument(help="Which bundled table.")] = "",
    output: Annotated[Path | None, output_option("Write it to this file instead of stdout.")] = None,
    console: Console,
) -> None:
    """List, print or write a bundled real run table.

    Example: `forecaster example public_models -o runs.csv`
    """
    if not name:
        found = {each: read_example(each) for each in examples()}
        text = "\n".join(f"{each}  {runs.text}" for each, runs in found.items())
        console.result(text, {"example": [{"name": each, "runs": len(runs)} for each, runs in found.items()]})
    elif output is None:
        table = read_example(name).table
        console.result(
            table.to_csv(index=False), {"example": table.astype(object).where(table.notna(), None).to_dict("records")}
        )
    else:
        path = write_example(name, output)
        console.result(f"wrote {path}", {"example": {"name": name, "path": str(path)}})
