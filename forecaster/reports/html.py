"""The forecast card as one HTML page that needs nothing else: no network, no library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.fits import text as fits_text
from forecaster.fits.power_scaling import THRESHOLD
from forecaster.forecasts import evidence as forecasts_evidence
from forecaster.forecasts import tables as forecasts_tables
from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.grade import grade
from forecaster.forecasts.tables import answers
from forecaster.laws.formula.javascript import in_script
from forecaster.reports import caveats as reports_caveats
from forecaster.reports.card import title
from forecaster.reports.caveats import changes, omissions
from forecaster.reports.interactive.page import explorer, explorer_absent
from forecaster.reports.provenance import provenance_line, provenance_rows
from forecaster.reports.template import rendered, templates
from forecaster.runs import text as runs_text
from forecaster.show import probability as show_probability
from forecaster.show.figure import pictures
from forecaster.show.probability import words_sentence
from forecaster.show.table import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2.sandbox import SandboxedEnvironment

    from forecaster.assess.sensitivity.result import Sensitivity
    from forecaster.reports.result import Report

GENERATOR = "forecaster"


def card_html(report: Report) -> str:
    """The card on one page, and an annex with all that stands behind it.

    Args:
        report: whose forecast is shown.

    Returns:
        A whole HTML document; every name from a file or a law page stands in it as text.

    Raises:
        UsageError: the report's own templates cannot be filled.
    """
    import json

    from markupsafe import Markup

    forecast = report.forecast
    shelf, css = templates(report.template)
    level = 3 if len(forecast.points) > 1 else 2
    blocks = [point_page(report, index, shelf=shelf, level=level) for index in range(len(forecast.points))]
    values = {
        "title": title(forecast),
        "generator": GENERATOR,
        "css": Markup(css),
        "policy": policy(block["explorer"] for block in blocks if block["explorer"]),
        "made": report.made,
        "unit": runs_text.unit(forecast.runs),
        "stamps": forecasts_text.stamps(forecast),
        "blocks": blocks,
        "record": {
            "sentence": forecasts_evidence.record_sentence(forecast),
            "short": forecasts_evidence.record_table(forecast, short=True),
            "table": forecasts_evidence.record_table(forecast),
            "notes": forecasts_evidence.record_notes(forecast),
        },
        "grade_means": forecasts_evidence.GRADE_MEANS,
        "runs_table": forecasts_tables.runs_table(forecast),
        "laws": forecasts_tables.formula_table(forecast).rows,
        "assumptions": reports_caveats.assumptions(report),
        "checks_line": forecasts_text.checks_line(forecast),
        "check_notes": forecasts_text.check_notes(forecast),
        "checks": forecasts_tables.checks_table(forecast),
        "notes": forecasts_text.note_lines(forecast),
        "provenance": provenance_rows(report),
        "provenance_line": provenance_line(report),
        "command": shown(report.provenance["command"], 2000),
        "parameter_tables": [fits_text.parameter_table(fit) for fit in forecast.fits],
        "embedded": Markup(in_script(json.loads(report.json))),
    }
    return rendered(shelf, values)


def policy(scripted: Iterable[str]) -> str:
    """The page's content security policy: nothing from anywhere, and of scripts only those that it came with.

    Args:
        scripted: the parts of the page that hold scripts.
    """
    from forecaster.reports.interactive.page import script_hashes

    hashes = [f"'{each}'" for part in scripted for each in script_hashes(part)]
    scripts = f"; script-src {' '.join(hashes)}" if hashes else ""
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:{scripts}"


MOST_FIGURES = 3
"""Points that get a fan; more would make a page too heavy to send. Figures of the annex and the explorer go with the
first point alone."""

POWER_MEANS = (
    f"How far each distribution moves where the priors or the likelihood are made a little stronger or weaker; "
    f"{THRESHOLD:g} and more counts as moved."
)

ONLY_FIRST = "On this card the explorer starts from its first point."


def point_page(report: Report, index: int, *, shelf: SandboxedEnvironment, level: int = 2) -> dict[str, Any]:
    """Numbers, sentences, tables and pictures of one point.

    Args:
        report: whose forecast is shown.
        index: of the point, from 0.
        shelf: where the page's templates are found.
        level: of the point's headings.
    """
    forecast, words = report.forecast, report.words
    point, answer = forecast.points[index], answers(forecast)[index]
    graded = grade(forecast, point)
    sensitivity = report.sensitivities[index] if index < len(report.sensitivities) else None
    return {
        "question": forecasts_text.question(forecast, point),
        "answer": answer,
        "chances": [(target, show_probability.chance(probability, words)) for target, probability in answer.targets],
        "words": words_sentence([probability for _, probability in answer.targets], words),
        "evidence": forecasts_evidence.record_line(forecast),
        "no_fan": f"Figures are drawn for the first {MOST_FIGURES} points.",
        "ranges": forecasts_tables.range_table(answer),
        "other_ranges": forecasts_text.other_ranges(forecast, answer),
        "distance": forecasts_text.distance_text(forecast, point, answer),
        "beyond_tested": forecasts_evidence.beyond_tested(forecast, point),
        "shares": forecasts_tables.share_table(answer),
        "noise": forecasts_text.noise_sentence(forecast, answer),
        "laws": forecasts_tables.law_table(answer),
        "weights": forecasts_evidence.weights_reason(forecast),
        "grade_letter": graded.letter,
        "grade_weakest": forecasts_evidence.grade_weakest(graded),
        "grade": forecasts_evidence.grade_sentence(forecast, point),
        "grade_table": forecasts_evidence.grade_table(forecast, point),
        "tornado": _tornado(sensitivity, index),
        "no_tornado": report.no_sensitivity,
        "change": changes(forecast, point, answer, sensitivity),
        "omissions": omissions(forecast, point),
        **_figures(report, index),
        **_explorer(report, index, shelf, level),
    }


def _figures(report: Report, index: int) -> dict[str, Any]:
    from forecaster.reports.figures.exhibits import exhibits, front_exhibits

    forecast = report.forecast
    found: dict[str, Any] = {"fan": None, "exhibits": [], "absent": []}
    if index >= MOST_FIGURES:
        return found
    front = {each.name: pictures(each, f"{each.name}{index}") for each in front_exhibits(forecast, point=index)}
    log, linear = front["fan"], front["fan-linear"]
    found["fan"] = {"sentence": log["sentence"], "table": log["table"]}
    for scale, drawn in (("log", log), ("linear", linear)):
        found["fan"] |= {f"{scale}_{width}": drawn[width] for width in ("wide", "narrow")}
    found["exhibits"] = [front["by-law"]] if "by-law" in front else []
    if index == 0:
        annex = exhibits(forecast, point=index)
        found["exhibits"] += [pictures(each, each.name) for each in annex.shown]
        found["absent"] = list(annex.absent.items())
    return found


def _explorer(report: Report, index: int, shelf: SandboxedEnvironment, level: int) -> dict[str, Any]:
    why = ONLY_FIRST if index else explorer_absent(report.forecast, index=index)
    made = None if why else explorer(report.forecast, index=index, level=level, words=report.words, shelf=shelf)
    return {"explorer": made, "no_explorer": why}


def _tornado(sensitivity: Sensitivity | None, index: int) -> dict[str, Any] | None:
    from forecaster.assess.sensitivity.plot import tornado
    from forecaster.assess.sensitivity.text import left_out_sentences, power_table

    if sensitivity is None:
        return None
    return pictures(tornado(sensitivity), f"tornado{index}") | {
        "left_out": left_out_sentences(sensitivity),
        "power": power_table(sensitivity),
        "power_means": POWER_MEANS,
    }
