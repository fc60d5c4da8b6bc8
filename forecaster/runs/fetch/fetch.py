"""From a tracker to a CSV with a hash, so that no forecast hangs on a link."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecaster.errors import InputError, UsageError, clipped
from forecaster.files import write_new
from forecaster.runs.fetch.mlflow import mlflow_runs
from forecaster.runs.fetch.scrub import scrubbed
from forecaster.runs.fetch.wandb import wandb_runs

type Row = dict[str, Any]
"""One run: its header and cell for each thing that is known of it."""

TRACKERS: dict[str, tuple[str, Callable[[str, str], Iterable[Row]]]] = {
    "wandb": ("State", wandb_runs),
    "mlflow": ("status", mlflow_runs),
}
"""Of each tracker the header that says what became of a run, and what fetches its runs by name and server."""


@dataclass(frozen=True)
class Fetched:
    """What was fetched and where it stands.

    Args:
        source: the link, such as "wandb:lab/scaling".
        path: of the CSV.
        sha256: of its bytes.
        runs: how many there are, those that did not finish included.
        states: how many runs became what.
    """

    source: str
    path: Path
    sha256: str
    runs: int
    states: tuple[tuple[str, int], ...]

    @property
    def text(self) -> str:
        """Two lines: what was written, and its hash."""
        states = ", ".join(f"{number} {state}" for state, number in self.states)
        count = f"{self.runs:,} run{'s' if self.runs > 1 else ''}"
        return f"wrote {self.path}: {count} of {self.source} ({states})\nsha256 {self.sha256}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: source, path, sha256, runs and states."""
        path, states = str(self.path), dict(self.states)
        return {"source": self.source, "path": path, "sha256": self.sha256, "runs": self.runs, "states": states}


def fetch(source: str, output: str | Path, *, uri: str = "") -> Fetched:
    """Write the runs of a tracker's project as a CSV, one run a row.

    What is read from such a file later is the file: nothing looks at the tracker again. Runs that did not finish are
    written, too; `read_runs` leaves them out and says so.

    Args:
        source: "wandb:ENTITY/PROJECT" or "mlflow:EXPERIMENT", the latter by name or number.
        output: the file, ending in .csv. One that stands there already must be the same.
        uri: of the server; without it the one that the client itself is set up for.

    Raises:
        UsageError: the source or the output cannot be understood.
        InputError: the client is not installed, the tracker cannot be reached or has no such runs, or another file
            stands at the output. No key or password that the client knows is repeated.
    """
    tracker, _, name = source.partition(":")
    if tracker not in TRACKERS or not name:
        raise UsageError("is neither wandb:ENTITY/PROJECT nor mlflow:EXPERIMENT", where=clipped(scrubbed(source, uri)))
    path = Path(output)
    if path.suffix.lower() != ".csv":
        raise UsageError("runs are written as CSV; give a name that ends in .csv", where=str(path))
    if not path.resolve().parent.is_dir():
        raise UsageError("its folder does not exist", where=str(path))
    state, runs_of = TRACKERS[tracker]
    try:
        # Clients print on either stream; the first is for the result alone.
        with contextlib.redirect_stdout(sys.stderr):
            rows = list(runs_of(name, uri))
    except InputError as error:
        raise type(error)(scrubbed(error.message, uri), where=clipped(source)) from None
    except Exception as error:  # what a client raises is its own; none of it may carry a key
        reason = clipped(scrubbed(f"{type(error).__name__}: {error}", uri), 300)
        raise InputError(f"cannot be fetched: {reason}", where=clipped(source)) from None
    if not rows:
        raise InputError("has no runs", where=clipped(source))
    data = as_csv(rows)
    write_new(path, data)
    states = Counter(str(row.get(state) or "unknown").lower() for row in rows)
    return Fetched(source, path, hashlib.sha256(data).hexdigest(), len(rows), tuple(states.most_common()))


def as_csv(rows: Sequence[Row]) -> bytes:
    """Rows as a CSV: what the first one leads with, then the rest in alphabetical order; a blank where one lacks it."""
    lead = [header for header in rows[0] if "." not in header]
    rest = sorted({header for row in rows for header in row} - set(lead))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*lead, *rest], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
