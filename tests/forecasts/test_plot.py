"""Figures: what must be seen in them, their words, and the same bytes each time."""

import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from making import make_fit, make_runs
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.predict import Prediction, predict
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.path import fan
from forecaster.forecasts.plot import plot_fan
from forecaster.forecasts.result import Forecast
from forecaster.laws.shelf import law
from forecaster.reports.figures.by_law import law_figure_size, plot_by_law
from forecaster.show.figure import svg
from forecaster.show.style import BANDS, MARKERS, style


def ask(at: str = "N=70B,D=1.4T", **columns: object) -> Forecast:
    runs = make_runs(**columns)
    fits = [make_fit(law(name), runs, E=1.8) for name in ("chinchilla", "coupled")]
    return forecast(fits, at, targets=[1.9], weights="equal", allow_failed_checks=True)


@pytest.fixture(scope="module")
def answer() -> Forecast:
    return ask()


def axes(width: float = 7.0) -> Axes:
    with style():
        return Figure(figsize=(width, 4.5)).subplots()


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts] + [
        text.get_text()
        for legend in ax.findobj(lambda artist: hasattr(artist, "get_texts"))
        for text in legend.get_texts()
    ]


def test_the_fan_meets_the_forecast_at_the_point(answer: Forecast) -> None:
    point = answer.points[0]
    along = fan(answer, point)
    here = int(np.flatnonzero(along.scale == point.at["C"])[0])
    assert along.median[here] == pytest.approx(point.predictive.median, rel=1e-12)
    for mass in (0.5, 0.8, 0.9):
        low, high = along.bounds[mass]
        assert (low[here], high[here]) == pytest.approx(point.predictive.interval(mass), rel=1e-12)
        assert (low <= along.median).all()
        assert (along.median <= high).all()
    assert (np.diff(along.scale) > 0).all()


def test_the_fan_keeps_the_tokens_per_parameter_of_the_point(answer: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, np.ndarray]] = []

    def spy(ensemble: Ensemble, at: dict[str, np.ndarray], *, term: Extrapolation, seed: int) -> Prediction:
        asked.append(at)
        return predict(ensemble, at, term=term, seed=seed)

    monkeypatch.setattr(sys.modules["forecaster.forecasts.path"], "predict", spy)
    along = fan(answer, answer.points[0])
    for at in asked:
        assert np.allclose(at["D"] / at["N"], 20.0)
        assert np.allclose(at["C"] / (6 * at["N"] * at["D"]), 1.0)
    assert asked
    assert along.scale[0] == pytest.approx(answer.runs.column("C").min())
    assert along.scale[-1] == pytest.approx(1.6 * answer.points[0].at["C"])


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_fan_is_labelled(answer: Forecast, scale: str) -> None:
    ax = plot_fan(answer, axes(), scale="linear" if scale == "linear" else "log")
    assert ax.get_xscale() == scale
    assert ax.get_xlabel().startswith("Training compute (FLOP)")
    assert ax.get_ylabel() == "Loss (nats per token)"
    assert ax.get_title() == ""
    said = " ".join(words(ax))
    for word in ("median", "50% range", "80% range", "90% range", "beyond the largest run", "1.9 or less: "):
        assert word in said


def test_bands_differ_without_colour() -> None:
    greys = [float(np.dot(to_rgb(BANDS[mass]), (0.299, 0.587, 0.114))) for mass in (0.5, 0.8, 0.9)]
    assert all(lighter - darker > 0.08 for darker, lighter in zip(greys, [*greys[1:], 1.0], strict=True))


def test_families_are_told_apart_by_marker_as_long_as_there_are_few() -> None:
    few = plot_fan(ask(family=[f"f{row % 3}" for row in range(30)]), axes())
    assert {"f0", "f1", "f2"} <= set(words(few))
    assert {line.get_marker() for line in few.lines} >= set(MARKERS[:3])
    many = plot_fan(ask(family=[f"f{row % 9}" for row in range(30)]), axes())
    assert not any(word.startswith("f0") for word in words(many))


def test_a_point_inside_the_table_is_drawn() -> None:
    found = ask("N=100M,D=2B")
    ax = plot_fan(found, axes())
    ends = ax.get_xlim()
    assert ends[0] < found.points[0].at["C"] < ends[1]


def test_laws_stand_side_by_side_with_their_numbers(answer: Forecast) -> None:
    ax = plot_by_law(answer, axes())
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "chinchilla, weight 50%",
        "coupled, weight 50%",
        "all laws, mixed",
    ]
    places = answer.points[0].predictive.digits.places
    assert any(f"{answer.median:.{places}f}" in text.get_text() for text in ax.texts)


def test_on_a_phone_laws_stand_above_their_rows(answer: Forecast) -> None:
    ax = plot_by_law(answer, axes(law_figure_size(3, narrow=True)[0]))
    assert not ax.get_yticklabels()
    said = [text.get_text() for text in ax.texts]
    assert said[::2] == ["chinchilla, weight 50%", "coupled, weight 50%", "all laws, mixed"]
    places = answer.points[0].predictive.digits.places
    assert said[-1].startswith(f"{answer.median:.{places}f}  (")


def test_a_figure_draws_itself_where_no_axes_are_given(answer: Forecast) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    ax = answer.plot()
    assert isinstance(ax, Axes)
    pyplot.close(ax.get_figure())


@pytest.mark.parametrize("themed", [False, True])
def test_svg_is_text_with_words_for_those_who_cannot_see_it(answer: Forecast, themed: bool) -> None:
    hostile = ["<b>&amp;", 'id="x" #1b1f24', "$x", "_y", "日本語", "a\nb"]
    found = ask(family=[hostile[row % 6] for row in range(30)])
    pictures = [
        svg(
            plot_fan(found, axes()).get_figure(root=True),
            title="A <fan>",
            description="Falls.",
            name="one",
            themed=themed,
        )
        for _ in range(2)
    ]
    assert pictures[0] == pictures[1]
    root = ET.fromstring(pictures[0])
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "one-title one-desc"
    assert [element.text for element in root[:2]] == ["A <fan>", "Falls."]
    texts = "".join(root.itertext())
    for name in ("<b>&amp;", 'id="x" #1b1f24', "$x", "日本語", "a?b", "Training compute (FLOP)"):
        assert name in texts
    ids = re.findall(r'\bid="([^"]+)"', re.sub(r">[^<]*<", "><", pictures[0]))
    assert all(name.startswith("one-") for name in ids)
    assert "<metadata" not in pictures[0]
    assert ("var(--ink)" in pictures[0]) is themed
    assert ("http" in pictures[0]) is not themed


def test_the_readers_own_settings_change_nothing(answer: Forecast) -> None:
    import matplotlib

    plain = svg(plot_fan(answer, axes()).get_figure(root=True))
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        assert svg(plot_fan(answer, axes()).get_figure(root=True)) == plain


def test_two_figures_share_no_ids(answer: Forecast) -> None:
    figure = plot_fan(answer, axes()).get_figure(root=True)
    first, second = (set(re.findall(r'id="([^"]+)"', svg(figure, name=name))) for name in ("a", "b"))
    assert first.isdisjoint(second)


def test_another_response_has_no_unit() -> None:
    runs = replace(make_runs(), response="surprise", measure=None)
    found = forecast(make_fit(law("chinchilla"), runs), "N=70B,D=1.4T", weights="equal", allow_failed_checks=True)
    assert plot_fan(found, axes()).get_ylabel() == "Surprise"
