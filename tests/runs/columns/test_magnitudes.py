from typing import Any

import pandas as pd
import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs

MILLIONS, BILLIONS, LOSSES = [50, 100, 400, 800], [1, 4, 16, 16], [3.6, 3.2, 2.9, 2.5]
N, D = [x * 1e6 for x in MILLIONS], [x * 1e9 for x in BILLIONS]


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"loss": LOSSES, **columns})


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"N": MILLIONS, "D": BILLIONS},
            'N is 800 parameters in the largest run: did you mean millions.*"N=N \\(M\\)"',
        ),
        ({"params": MILLIONS, "tokens": D}, r'"N=params \(M\)"'),
        ({"params": [0.05, 0.1, 0.4, 70.5], "tokens": D}, "N .column params. is 70 parameters"),
        ({"params": MILLIONS}, "N .column params. is 800"),
        ({"N": [900, 1100, 5000, 7000], "D": [1, 2, 100, 140]}, "N is 7K"),
        ({"N": [1300.5, 2000, 3000, 7000], "D": D}, "N is 7K"),
        ({"N": N, "tokens": BILLIONS}, r'"D=tokens \(B\)"'),
        ({"N": N, "D": BILLIONS}, r'"D=D \(B\)"'),
        ({"N": N, "D": D, "C": [0.3, 2.4, 38, 77]}, r"C is 77 FLOP .* times 6\*N\*D in the middle .*\"C=C \(1e21\)\""),
        ({"N": N, "flops": [0.3, 2.4, 38, 77]}, "C .column flops. is 77"),
        ({"Params (M)": N, "D": D}, r"N .column Params \(M\). is 8e14"),
    ],
)
def test_counts_in_a_unit_that_nobody_named_are_refused(columns: dict[str, Any], said: str) -> None:
    options = {"match": said} if "Params (M)" not in columns else {}
    if "Params (M)" in columns:
        columns = {**columns, "Params (M)": [x * 1e3 for x in N]}
    with pytest.raises(RunsError, **options):
        read_runs(table(**columns))


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        ({"N": [1000, 2000, 4000, 8000], "D": [1000, 2000, 5000, 9000]}, None),
        ({"N": N, "epochs": [1, 2, 10, 100]}, "D=epochs"),
        ({"N": [13151359.6, 2e7, 3e7, 4e7], "D": D}, None),
        ({"N": [100, 200, 400, 800], "D": [1000, 2000, 4000, 8000]}, "N=N (1)"),
        ({"params": MILLIONS, "tokens": BILLIONS}, "N=params (M),D=tokens (B)"),
        ({"D": [1, 2, 3, 4]}, None),
        ({"N": [1, 2, 3, 4]}, None),
        ({"N": N, "D": D, "C": [0.01 * 6 * n * d for n, d in zip(N, D, strict=True)]}, None),
    ],
)
def test_toys_epochs_and_units_that_were_named_are_read(columns: dict[str, Any], asked: str | None) -> None:
    assert len(read_runs(table(**columns), columns=asked)) == 4


def test_the_cure_that_is_said_works() -> None:
    frame = table(params=MILLIONS, tokens=D)
    assert read_runs(frame, columns="N=params (M)").column("N").max() == 8e8


def test_a_score_of_few_documents_is_read() -> None:
    frame = pd.DataFrame({"D": [128, 512, 800], "accuracy": [0.2, 0.3, 0.4]})
    assert read_runs(frame, columns="loss=accuracy").column("D").max() == 800
