import math

import pandas as pd
import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs


@pytest.mark.parametrize("cell", ["-", "N/A", "None", "null", "#N/A", "#DIV/0!", "nan", "inf", "Infinity", "-inf", ""])
def test_the_cure_for_a_missing_number_works(cell: str) -> None:
    table = pd.DataFrame({"N": [1e7, 2e7, 3e7], "loss": ["3.1", cell, "2.9"]})
    with pytest.raises(RunsError, match='fill it in, or leave such rows out with `where` "loss > 0"'):
        read_runs(table)
    assert read_runs(table, where="loss > 0").column("loss").tolist() == [3.1, 2.9]


def test_an_infinite_number_is_left_out_by_the_same_cure() -> None:
    table = pd.DataFrame({"N": [1e7, 2e7, 3e7], "loss": [3.1, math.inf, 2.9]})
    with pytest.raises(RunsError, match='row 2: loss is "inf"; fill it in'):
        read_runs(table)
    assert len(read_runs(table, where="loss > 0")) == 2


def test_a_word_is_refused_as_no_number() -> None:
    with pytest.raises(RunsError, match='loss is "crashed"; a run needs a finite number'):
        read_runs(pd.DataFrame({"N": [1e7], "loss": ["crashed"]}))
