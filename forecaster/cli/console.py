"""The console: results to stdout, progress and warnings to stderr, errors as one line and an exit status."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli.interrupt import refuse_if_stopped
from forecaster.errors import ForecasterError
from forecaster.notes import Note

if TYPE_CHECKING:
    from forecaster.decide.allocation.result import Allocation
    from forecaster.decide.requirement.result import Requirement

AS_JSON = "--json"


@dataclass(frozen=True)
class Console:
    """Where a command's words go."""

    as_json: Annotated[bool, typer.Option(AS_JSON, help="One JSON object on stdout, nothing else there.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no warnings on stderr.")] = False

    def result(self, text: str, data: dict[str, Any]) -> None:
        """Print a result: its text, or its data as one JSON object; nothing once the command was interrupted."""
        refuse_if_stopped()
        if self.as_json:
            print(json.dumps(data, allow_nan=False))
        else:
            print(text.rstrip("\n"))
        if sys.stdout is not None:
            sys.stdout.flush()

    def decision(self, found: Allocation | Requirement, output: Path | None) -> None:
        """Print a decision, drawn into a file where one is named."""
        text, data = found.text, found.as_dict()
        if output is not None:
            from forecaster.decide.figure_file import write_figure
            from forecaster.show.text import wrapped

            text += f"\n\n{wrapped(write_figure(found, output))}\nwrote {output}"
            data |= {"paths": [str(output)]}
        self.result(text, data)

    def say(self, line: str) -> None:
        """A line of progress."""
        refuse_if_stopped()
        if not self.quiet:
            print(line, file=sys.stderr, flush=True)

    def warn(self, notes: Iterable[Note]) -> None:
        """What a reader must hear before the result."""
        for note in notes:
            self.say(f"{'warning' if note.warning else 'note'} {note}")

    @contextmanager
    def progress(self) -> Iterator[Any]:
        """A function that takes lines of progress; a live line on a terminal, plain lines elsewhere."""
        if self.quiet or not sys.stderr.isatty():
            yield self.say
            return
        from rich.console import Console as RichConsole
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=RichConsole(stderr=True), transient=True) as live:
            task = live.add_task("starting", total=None)
            yield lambda line: live.update(task, description=line)


def report_error(error: ForecasterError, *, as_json: bool, options: Mapping[str, str]) -> int:
    """Say an error in one line on stderr, and as JSON on stdout where asked; return the exit status.

    Args:
        error: what went wrong.
        as_json: whether stdout carries JSON.
        options: what each parameter is on the command line, such as `no_cache`: `--no-cache`.
    """
    refuse_if_stopped()
    message, where = error.message, error.where
    for name in error.named:
        message = message.replace(f"`{name}`", options[name])
    if error.parameter:
        name, _, part = error.parameter.partition(" ")
        where = f"{options[name]} {part}".strip()
    print(f"error: {where}: {message}" if where else f"error: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": {"code": error.code, "message": message, "where": where}}))
    return error.exit_status


def said_command() -> str:
    """The command line that was typed, as it can be typed again."""
    said = shlex.join(["forecaster", *sys.argv[1:]])
    # A file name need not be text; what stands for its other bytes cannot be written as UTF-8.
    return said.encode("utf-8", "backslashreplace").decode("utf-8")
