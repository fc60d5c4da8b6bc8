"""The forecast card as one HTML page that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from forecaster.report import evidence, prose, rows
from forecaster.report.answers import Answer, answers
from forecaster.report.table import shown, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecaster.answer import PointForecast
    from forecaster.forecast import Forecast
    from forecaster.report import Report

TEMPLATES = Path(__file__).with_name("templates")

GENERATOR = "forecaster"

MOST_FIGURES = 6
"""Points that get figures; more would make a page too heavy to send."""

SCALES: tuple[Literal["log", "linear"], ...] = ("log", "linear")
NARROW_FIGURE = (4.3, 4.1)
"""Inches of a fan for a phone."""


def card_html(report: Report) -> str:
    """The card: question, answer, fan, distance, sources of uncertainty, track record, laws, grade, checks.

    Args:
        report: whose forecast is shown.

    Returns:
        A whole HTML document; every name from a file or a law page stands in it as text.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    forecast = report.forecast
    shelf = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    said = answers(forecast)
    pairs = list(zip(forecast.points, said, strict=True))
    return shelf.get_template("card.html.j2").render(
        title=title(forecast),
        generator=GENERATOR,
        # The style sheet is the package's own, and nothing of the user's enters it.
        css=Markup((TEMPLATES / "card.css").read_text("utf-8").strip()),
        made=report.made,
        unit=prose.unit(forecast.runs),
        stamps=prose.stamps(forecast),
        blocks=[_block(forecast, point, answer, index) for index, (point, answer) in enumerate(pairs)],
        record={
            "sentence": evidence.record_sentence(forecast),
            "table": evidence.record_table(forecast),
            "notes": evidence.record_notes(forecast),
        },
        grade_means=evidence.GRADE_MEANS,
        runs_table=rows.runs_table(forecast),
        laws=rows.formula_table(forecast).rows,
        assumptions=prose.assumptions(forecast, said),
        checks_line=prose.checks_line(forecast),
        check_notes=prose.check_notes(forecast),
        checks=rows.checks_table(forecast),
        notes=prose.note_lines(forecast),
        provenance=provenance_rows(report),
        parameter_tables=[rows.parameter_table(fit) for fit in forecast.fits],
    )


def title(forecast: Forecast) -> str:
    """The question; where several points were asked, what they share."""
    if len(forecast.points) == 1:
        return prose.question(forecast, forecast.points[0])
    runs = forecast.runs
    return (
        f"What {prose.metric(runs)} will {len(forecast.points)} new runs reach, "
        f"judging by the {len(runs)} runs in {shown(runs.name)}?"
    )


def provenance_rows(report: Report) -> list[tuple[str, str, bool]]:
    """What a forecast rests on, as (name, value, whether it is set as code)."""
    facts = report.provenance
    listed = [
        ("Made", report.made, False),
        ("Runs", f"{len(report.forecast.runs)} in {shown(facts['runs'])}, SHA-256 {facts['runs_sha256'][:12]}", False),
        ("SHA-256 of the runs", facts["runs_sha256"], True),
        *((f"SHA-256 of {shown(name)}", sha256, True) for name, sha256 in facts["laws"].items()),
        ("Seed", f"{facts['seed']}", False),
        ("Versions", ", ".join(f"{name} {version}" for name, version in facts["versions"].items()), False),
    ]
    return [*listed, ("Command", shown(facts["command"], 2000), True)] if facts["command"] else listed


def _block(forecast: Forecast, point: PointForecast, answer: Answer, index: int) -> dict[str, Any]:
    words = dict.fromkeys(prose.likelihood_word(probability) for _, probability in answer.targets)
    drawn = index < MOST_FIGURES
    return {
        "question": prose.question(forecast, point),
        "answer": answer,
        "chances": [(target, prose.chance(probability)) for target, probability in answer.targets],
        "evidence": evidence.evidence_line(forecast, point),
        "words": ", ".join(prose.word_range(word) for word in words),
        "fan": _fan(forecast, point, answer, index) if drawn else None,
        "ranges": rows.range_table(answer),
        "other_ranges": prose.other_ranges(forecast, answer),
        "distance": prose.distance_text(forecast, point, answer),
        "beyond_tested": evidence.beyond_tested(forecast, point),
        "shares": rows.share_table(answer),
        "noise": prose.noise_sentence(forecast, answer),
        "by_law": _by_law(forecast, answer, index) if drawn and len(answer.laws) > 1 else None,
        "laws": rows.law_table(answer),
        "weights": evidence.weights_reason(forecast),
        "grade": evidence.grade_sentence(forecast, point),
        "grade_table": evidence.grade_table(forecast, point),
    }


def _fan(forecast: Forecast, point: PointForecast, answer: Answer, index: int) -> Mapping[str, Any]:
    from forecaster.report.fan import fan
    from forecaster.report.figure import plot_fan

    along = fan(forecast, point)
    described = (
        f"At {answer.point} the median is {answer.median} and the 90% range {spread(answer.interval['90'])}. "
        f"{prose.distance_text(forecast, point, answer)} {prose.figure_sentence(forecast, point)}"
    )
    what = f"Fan chart of {prose.metric(forecast.runs)}"
    pictures = {}
    for scale in SCALES:
        for width, size in (("wide", None), ("narrow", NARROW_FIGURE)):
            ax = plot_fan(forecast, _axes(size), scale=scale, point=index, along=along)
            said = what + (", linear scale" if scale == "linear" else "")
            pictures[f"{scale}_{width}"] = _picture(ax, said, described, f"fan{index}{scale}{width}")
    return pictures | {
        "sentence": prose.figure_sentence(forecast, point),
        "table": rows.fan_table(forecast, point, along),
    }


def _by_law(forecast: Forecast, answer: Answer, index: int) -> Any:
    from forecaster.report.figure import law_figure_size, plot_by_law

    ax = plot_by_law(forecast, _axes(law_figure_size(len(answer.laws) + 1)), point=index)
    parts = [f"{law.name} {law.median}, {law.low} to {law.high}" for law in answer.laws]
    described = f"Median and 90% range: {'; '.join(parts)}; mixed {answer.median}, {spread(answer.interval['90'])}."
    return _picture(ax, "Forecast under each law", described, f"laws{index}")


def _axes(size: tuple[float, float] | None = None) -> Axes:
    from matplotlib.figure import Figure

    from forecaster.report.figure import style

    with style():
        axes: Axes = Figure(figsize=size).subplots()
        return axes


def _picture(ax: Axes, title: str, description: str, name: str) -> Any:
    from markupsafe import Markup
    from matplotlib.figure import Figure

    from forecaster.report.picture import svg

    figure = ax.figure
    assert isinstance(figure, Figure)
    # Text inside the picture is escaped where it is drawn.
    return Markup(svg(figure, title=title, description=description, name=name, themed=True))
