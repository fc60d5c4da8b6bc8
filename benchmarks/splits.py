"""The splits of coverage.toml: groups of real runs, each cut so that its larger runs are hidden."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tables import data_folder

from forecaster import read_runs
from forecaster.backtests.folds import Fold, rolling_origins

PAGE = Path(__file__).with_name("coverage.toml")


@dataclass(frozen=True)
class Split:
    """One cut through one group of runs.

    Args:
        source: the publication that the group is from.
        group: its name.
        fold: what is shown and what is hidden.
        apart: whether it is scored by itself, being no loss.
    """

    source: str
    group: str
    fold: Fold
    apart: bool = False

    @property
    def name(self) -> str:
        """The group and how many runs are shown."""
        return f"{self.group}, {len(self.fold.train)} shown"


def splits(folder: Path | None = None) -> Iterator[Split]:
    """Every split of the page, group by group.

    Args:
        folder: of the tables; the one that FORECASTER_DATA names where not given. A page `coverage.toml` in it stands
            in place of the one beside this file, and tables that are not there are left out.
    """
    own = None if folder is None else folder / PAGE.name
    page = tomllib.loads((own if own and own.exists() else PAGE).read_text("utf-8"))
    for group in page["group"]:
        path = (folder or data_folder()) / f"{group['table']}.csv"
        if folder is not None and not path.exists():
            print(f"{path.name} is not in the folder and is left out", flush=True)
            continue
        runs = read_runs(path, where=group.get("where"))
        for fold in rolling_origins(runs, shares=tuple(page["cuts"])):
            yield Split(group["source"], group.get("name", group["table"]), fold, apart=group.get("apart", False))


def balanced(points: pd.DataFrame, column: str) -> float:
    """A mean in which every source counts alike, inside it every group, inside that every split.

    Args:
        points: one row a forecast, with `source`, `group`, `split` and the column.
        column: what to average.
    """
    by_split = points.groupby(["source", "group", "split"])[column].mean()
    return float(by_split.groupby(["source", "group"]).mean().groupby("source").mean().mean())


def resampled(points: pd.DataFrame, columns: list[str], *, draws: int = 2000, seed: int = 1) -> pd.DataFrame:
    """The balanced mean of each column over bootstrap samples of splits, drawn with replacement inside each source.

    Args:
        points: one row a forecast.
        columns: what to average.
        draws: bootstrap samples.
        seed: of the resampling.

    Returns:
        One row a sample, one column each.
    """
    random = np.random.default_rng(seed)
    by_split = points.groupby(["source", "group", "split"])[columns].mean().reset_index()
    parts = []
    for _, inside in by_split.groupby("source"):
        groups = inside["group"].astype("category").cat.codes.to_numpy()
        values = inside[columns].to_numpy()
        rows = random.integers(0, len(inside), (draws, len(inside)))
        sums = np.zeros((draws, len(columns)))
        counts = np.zeros((draws, 1))
        for code in np.unique(groups):
            mask = groups[rows] == code
            size = mask.sum(axis=1, keepdims=True)
            total = (values[rows] * mask[:, :, None]).sum(axis=1)
            sums += np.where(size > 0, total / np.maximum(size, 1), 0)
            counts += size > 0
        parts.append(sums / counts)
    return pd.DataFrame(np.mean(parts, axis=0), columns=columns)
