"""What the card says of one point, ready for its template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.grade import grade
from forecaster.power_scaling import THRESHOLD
from forecaster.report import evidence, prose, rows
from forecaster.report.answers import answers
from forecaster.report.caveats import changes, omissions
from forecaster.report.explorer import explorer, explorer_absent
from forecaster.report.likelihood import words_sentence
from forecaster.report.pictures import pictures

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

    from forecaster.report import Report
    from forecaster.sensitivity import Sensitivity

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
        "question": prose.question(forecast, point),
        "answer": answer,
        "chances": [(target, prose.chance(probability, words)) for target, probability in answer.targets],
        "words": words_sentence([probability for _, probability in answer.targets], words),
        "evidence": evidence.record_line(forecast),
        "no_fan": f"Figures are drawn for the first {MOST_FIGURES} points.",
        "ranges": rows.range_table(answer),
        "other_ranges": prose.other_ranges(forecast, answer),
        "distance": prose.distance_text(forecast, point, answer),
        "beyond_tested": evidence.beyond_tested(forecast, point),
        "shares": rows.share_table(answer),
        "noise": prose.noise_sentence(forecast, answer),
        "laws": rows.law_table(answer),
        "weights": evidence.weights_reason(forecast),
        "grade_letter": graded.letter,
        "grade_weakest": evidence.grade_weakest(graded),
        "grade": evidence.grade_sentence(forecast, point),
        "grade_table": evidence.grade_table(forecast, point),
        "tornado": _tornado(sensitivity, index),
        "no_tornado": report.no_sensitivity,
        "change": changes(forecast, point, answer, sensitivity),
        "omissions": omissions(forecast, point),
        **_figures(report, index),
        **_explorer(report, index, shelf, level),
    }


def _figures(report: Report, index: int) -> dict[str, Any]:
    from forecaster.report.exhibits import exhibits, front_exhibits

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
    from forecaster.report.tornado import left_out_sentences, power_table, tornado

    if sensitivity is None:
        return None
    return pictures(tornado(sensitivity), f"tornado{index}") | {
        "left_out": left_out_sentences(sensitivity),
        "power": power_table(sensitivity),
        "power_means": POWER_MEANS,
    }
