"""The sixteen real tables on which convergence and speed are measured; read from the folder FORECASTER_DATA."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from forecaster import Runs, read_example, read_runs


def data_folder() -> Path:
    """The folder of real run tables, or a plain exit that says what to set."""
    folder = os.environ.get("FORECASTER_DATA")
    if not folder:
        raise SystemExit("set FORECASTER_DATA to the folder of real run tables")
    return Path(folder)


def lowest(runs: Runs, count: int) -> Runs:
    """The runs of least compute."""
    order = np.argsort(runs.column("C"), kind="stable")
    mask = np.zeros(len(runs), dtype=bool)
    mask[order[:count]] = True
    return runs.select(mask)


def up_to(runs: Runs, compute: float) -> Runs:
    """The runs of at most this much compute, FLOP."""
    return runs.select(runs.column("C") <= compute)


def sixteen_tables() -> dict[str, Runs]:
    """Tables of 7 to 261 runs from eight sources, by name."""
    folder = data_folder()

    def read(name: str, where: str) -> Runs:
        return read_runs(folder / f"{name}.csv", where=where)

    chinchilla = read("chinchilla_epoch", "excluded_by_besiroglu == 0")
    c4 = read("gadre_overtrain", "family == 'c4_original'")
    rpj = read("gadre_overtrain", "family == 'rpj'")
    porian = read("porian_isoflop", "family == 'rw_tuned_short_const_standard_val'")
    misfitting = read("misfitting_runs", "best_lr_in_cell == 1")
    published = read_example()
    return {
        "chinchilla 240": chinchilla,
        "chinchilla C <= 1e20": up_to(chinchilla, 1e20),
        "chinchilla lowest 20": lowest(chinchilla, 20),
        "gadre c4": c4,
        "gadre c4 lowest 20": lowest(c4, 20),
        "gadre c4 lowest 8": lowest(c4, 8),
        "gadre rpj lowest 12": lowest(rpj, 12),
        "porian rw tuned const": porian,
        "porian lowest 30": lowest(porian, 30),
        "llama3 unflagged": read("llama3_isoflop", "outlier_flag == 0"),
        "datablations one epoch": read("datablations", "variant == 'main' and epochs == 1"),
        "misfitting best rate": misfitting,
        "misfitting lowest 25": lowest(misfitting, 25),
        "public models": published,
        "public models C <= 3e21": up_to(published, 3e21),
        "cerebras_gpt": published.select(published.table["family"].to_numpy() == "Cerebras-GPT"),
    }
