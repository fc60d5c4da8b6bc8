"""MLflow: the table that `mlflow.search_runs` gives, and the one that its page downloads."""

from __future__ import annotations

from forecaster.runs.readers.frame import Cells
from forecaster.runs.readers.shape import are_states, tracked_runs

STATES = {"finished", "failed", "killed", "running", "scheduled"}

PREFIXES = ("metrics.", "params.")
"""Of headers; a metric has first choice of a name."""


def experiment_runs(cells: Cells) -> Cells | None:
    """The runs of an experiment that finished; None for another table."""
    headers = [str(header) for header in cells.frame.columns]
    plain = {header.lower().replace(" ", "_"): header for header in headers}
    state = plain.get("status")
    if state is not None and not are_states(cells.frame[state], STATES):
        state = None
    prefixed = {prefix for prefix in PREFIXES if any(header.startswith(prefix) for header in headers)}
    if not ("run_id" in plain and (prefixed or state)) and len(prefixed) < len(PREFIXES):
        return None
    title = "an MLflow table of runs"
    return tracked_runs(cells, cells.frame, title=title, state=state, done="FINISHED", prefixes=PREFIXES)
