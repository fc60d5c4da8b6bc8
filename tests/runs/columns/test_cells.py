import math

import numpy as np
import pandas as pd
import pytest

from forecaster.runs.columns.cells import holds_numbers, is_blank, is_missing, numbers

MISSING = ["-", "--", "N/A", "n/a", "None", "null", "NULL", "#N/A", "#DIV/0!", "nan", "inf", "-inf", "Infinity", "NaT"]


@pytest.mark.parametrize("cell", [*MISSING, "", None, math.nan, math.inf])
def test_the_usual_signs_for_no_number_are_missing_and_become_no_number(cell: object) -> None:
    assert is_missing(cell) and math.isnan(numbers(pd.Series([cell, "1"], dtype=object))[0])


def test_a_word_is_not_missing_and_few_signs_are_blank() -> None:
    assert not is_missing("crashed") and is_blank("nan") and not is_blank("-")


def test_cells_are_multiplied_unless_they_carry_a_suffix() -> None:
    cells = pd.Series(["50", "70B", "1.5 T", "2e3", "300M tokens", "5 tokens"], dtype=object)
    assert numbers(cells, scale=1e6).tolist() == [50e6, 70e9, 1.5e12, 2e9, 300e6, 5e6]
    assert numbers(pd.Series([1.5, np.inf]), scale=1e9)[0] == 1.5e9
    assert np.isnan(numbers(pd.Series([1.5, np.inf])))[1]


def test_a_column_holds_numbers_where_a_cell_is_one_or_every_one() -> None:
    some = pd.Series(["-", "small", "7B"], dtype=object)
    assert holds_numbers(some) and not holds_numbers(some, every=True)
    assert holds_numbers(pd.Series(["-", "1"], dtype=object), every=True)
    assert not holds_numbers(pd.Series(["", ""], dtype=object)) and not holds_numbers(pd.Series([True, False]))
