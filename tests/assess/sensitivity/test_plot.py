"""The tornado: what must be seen in it, its sentence and its numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from making import make_runs
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forecaster.assess.sensitivity.plot import tornado
from forecaster.assess.sensitivity.result import Bar, Sensitivity
from forecaster.assess.sensitivity.text import left_out_sentences, power_table, tornado_sentence, tornado_table
from forecaster.fits.power_scaling import Power
from forecaster.quantity import Digits
from forecaster.runs.points import Target
from forecaster.show.figure import svg
from forecaster.show.style import style

HOSTILE = "without family <script>$x_1$ \u05d0\u05d1 \u202e" + "y" * 10_000


def bar(name: str, median: float, low: float, high: float, *, chance: float = 0.6, k: float | None = None) -> Bar:
    return Bar(name, "families", median, low, high, "exact" if k is None else "importance", k, (chance,))


@pytest.fixture
def made() -> Sensitivity:
    bars = (
        bar("without family Pythia", 1.38, 1.30, 1.42, chance=0.801, k=0.31),
        bar("Normal noise", 1.396, 1.35, 1.45, chance=0.484),
        bar(HOSTILE, 1.391, 1.345, 1.441, chance=0.61),
    )
    return Sensitivity(
        point="N=70B,D=1.4T",
        targets=(Target(1.4, above=False),),
        base=bar("as forecast", 1.392, 1.346, 1.444, chance=0.607),
        bars=bars,
        power=(Power("chinchilla", "floor", 0.31, 0.2), Power("chinchilla", "beta", 0.01, float("nan"))),
        left_out={"C taken as 6ND": "C is computed as 6*N*D"},
        digits=Digits(3),
        runs=make_runs(),
    )


def axes() -> Axes:
    with style():
        return Figure(figsize=(7.0, 4.5)).subplots()


def test_every_bar_is_drawn_at_its_numbers_in_order_under_the_forecast(made: Sensitivity) -> None:
    ax = made.plot(axes())
    bars = [made.base, *made.bars]
    ends = {tuple(line.get_xdata()): line.get_ydata()[0] for line in ax.lines if len(set(line.get_ydata())) == 1}
    for row, each in enumerate(bars):
        assert ends[(each.low, each.high)] == row
        assert any(line.get_xdata()[0] == each.median and line.get_ydata()[0] == row for line in ax.lines)
    bottom, top = ax.get_ylim()
    assert bottom > len(bars) - 1 and top < 0
    low, high = ax.get_xlim()
    assert low < 1.30 and high > 1.45
    said = [text.get_text() for text in ax.texts]
    assert "1.380 (1.300 to 1.420)" in said and "as forecast" in said
    assert ax.get_xlabel() == "Loss (nats per token): median and 90% range"


@pytest.mark.parametrize("narrow", [False, True])
def test_nothing_written_overlaps_or_runs_off_the_picture(made: Sensitivity, narrow: bool) -> None:
    figure = tornado(made).figure(narrow=narrow)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:i])
        assert one.x0 >= -1 and one.x1 <= figure.bbox.width + 1


def test_the_sentence_names_the_largest_change_with_its_numbers(made: Sensitivity) -> None:
    assert tornado_sentence(made) == (
        "The largest change, without family Pythia, puts the median at 1.380 and the 90% range at 1.300 to 1.420, "
        "against 1.392 (1.346 to 1.444); over all 3 variations the median lies between 1.380 and 1.396, and the "
        "chance of 1.4 or less between 48% and 80%."
    )
    assert tornado_sentence(replace(made, bars=made.bars[:1])).endswith("against 1.392 (1.346 to 1.444).")
    still = replace(made, bars=(replace(made.base, name="Normal noise"),))
    assert tornado_sentence(still).startswith("The one variation, Normal noise, does not move the median")
    assert tornado_sentence(replace(still, bars=still.bars * 2)).startswith("None of the 2 variations moves")
    assert tornado_sentence(replace(made, bars=())) == "No choice behind this forecast could be varied."
    same = replace(made, bars=tuple(replace(each, probability=(0.607,)) for each in made.bars))
    assert tornado_sentence(same).endswith("and the chance of 1.4 or less at 61%.")


def test_the_table_holds_every_number_of_the_figure(made: Sensitivity) -> None:
    table = tornado_table(made)
    assert table.columns == ("Variation", "Median", "90% range", "1.4 or less", "How", "Pareto k")
    assert table.rows[0] == ("as forecast", "1.392", "1.346 to 1.444", "61%", "exact", "")
    assert table.rows[1] == ("without family Pythia", "1.380", "1.300 to 1.420", "80%", "weighted draws", "0.31")
    assert len(table.rows) == 4
    assert tornado_table(replace(made, bars=(replace(made.bars[0], pareto_k=float("inf")),))).rows[1][-1] == (
        "not available"
    )


def test_names_from_a_file_stay_text_and_short(made: Sensitivity) -> None:
    exhibit = tornado(made)
    picture = svg(exhibit.figure(), title=exhibit.title, description=exhibit.alt, themed=True)
    assert "<script>" not in picture and "\u202e" not in picture and len(picture) < 40_000
    assert all(len(cell) < 80 for row in exhibit.table.rows for cell in row)


def test_the_same_picture_each_time_and_one_without_bars(made: Sensitivity) -> None:
    assert svg(tornado(made).figure()) == svg(tornado(made).figure())
    empty = tornado(replace(made, bars=(), power=()))
    assert empty.table.rows[0][0] == "as forecast" and svg(empty.figure())


def test_what_is_left_out_and_power_scaling_are_said(made: Sensitivity) -> None:
    assert left_out_sentences(made) == ["C taken as 6ND: C is computed as 6*N*D."]
    assert power_table(made).rows == (
        ("chinchilla", "floor", "0.31", "0.20", "prior and data both count and may conflict"),
        ("chinchilla", "beta", "0.01", "not available", "cannot be told"),
    )
