"""What every test shares: a cache of its own, and a small table of runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or leaves anything in the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECASTER_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def small_runs() -> Runs:
    """Forty runs over three decades of compute from a known law: E 1.8, A 480, B 2000, alpha .35, beta .37."""
    random = np.random.default_rng(7)
    N = 10 ** random.uniform(7.5, 9.5, 40)
    D = 10 ** random.uniform(9.0, 11.0, 40)
    loss = (1.8 + 480 / N**0.35 + 2000 / D**0.37) * np.exp(0.004 * random.standard_t(6, 40))
    return read_runs(pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "loss": loss}))
