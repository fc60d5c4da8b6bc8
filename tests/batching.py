"""What the tests of batches share: small tables on disk, bad ones among them, and a recipe that takes little time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from making import make_runs

from forecaster.batches.result import Batch

POINT = "N=10B,D=200B"
HOW: dict[str, Any] = {"laws": ["chinchilla"], "weights": "equal", "targets": [2.0]}
TYPED = ("--at", POINT, "--target", "2", "--law", "chinchilla", "--fast")


def small_table(seed: int) -> pd.DataFrame:
    return make_runs(sizes=4, lengths=3, noise=0.004, seed=seed).table[["N", "D", "loss"]]


def write_tables(folder: Path, good: int = 3, *, bad: bool = True) -> Path:
    """Tables good0.csv and so on; few.csv with too few runs and bad.csv with a word for a loss."""
    folder.mkdir()
    for seed in range(good):
        small_table(seed).to_csv(folder / f"good{seed}.csv", index=False)
    if bad:
        small_table(9)[:2].to_csv(folder / "few.csv", index=False)
        (folder / "bad.csv").write_text("N,D,loss\n1e9,2e9,high\n")
    return folder


def timeless(batch: Batch, names: Sequence[str] = ()) -> str:
    """The rows to the letter, but for the time that they took; those of some tables where named."""
    rows = [dict(row) for row in batch.rows if not names or row["table"] in names]
    return json.dumps([{**row, "seconds": None} for row in rows])
