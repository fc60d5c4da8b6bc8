"""The forecast card as one HTML page that needs nothing else: no network, no library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.report import evidence, prose, rows
from forecaster.report.javascript import in_script
from forecaster.report.point_page import point_page
from forecaster.report.table import shown
from forecaster.report.template import rendered, templates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.forecast import Forecast
    from forecaster.report import Report

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
        "unit": prose.unit(forecast.runs),
        "stamps": prose.stamps(forecast),
        "blocks": blocks,
        "record": {
            "sentence": evidence.record_sentence(forecast),
            "short": evidence.record_table(forecast, short=True),
            "table": evidence.record_table(forecast),
            "notes": evidence.record_notes(forecast),
        },
        "grade_means": evidence.GRADE_MEANS,
        "runs_table": rows.runs_table(forecast),
        "laws": rows.formula_table(forecast).rows,
        "assumptions": prose.assumptions(report),
        "checks_line": prose.checks_line(forecast),
        "check_notes": prose.check_notes(forecast),
        "checks": rows.checks_table(forecast),
        "notes": prose.note_lines(forecast),
        "provenance": provenance_rows(report),
        "provenance_line": provenance_line(report),
        "command": shown(report.provenance["command"], 2000),
        "parameter_tables": [rows.parameter_table(fit) for fit in forecast.fits],
        "embedded": Markup(in_script(json.loads(report.json))),
    }
    return rendered(shelf, values)


def policy(scripted: Iterable[str]) -> str:
    """The page's content security policy: nothing from anywhere, and of scripts only those that it came with.

    Args:
        scripted: the parts of the page that hold scripts.
    """
    from forecaster.report.explorer import script_hashes

    hashes = [f"'{each}'" for part in scripted for each in script_hashes(part)]
    scripts = f"; script-src {' '.join(hashes)}" if hashes else ""
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data:{scripts}"


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


def provenance_line(report: Report) -> str:
    """The same in one line, hashes cut short; the annex has them whole."""
    facts = report.provenance
    laws = ", ".join(f"{shown(name)} {sha256[:8]}" for name, sha256 in facts["laws"].items())
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    table = f"{len(report.forecast.runs)} runs in {shown(facts['runs'])} (SHA-256 {facts['runs_sha256'][:12]})"
    return f"{table}; laws {laws}; seed {facts['seed']}; {versions}; made {report.made}."
