"""What a notebook shows of each noun: a compact box without scripts, in the notebook's own colours."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from forecaster.report import evidence, prose, rows
from forecaster.report.answers import answers
from forecaster.report.table import MISSING, MIXED, Table, number, shown, significant, spread

if TYPE_CHECKING:
    from forecaster.backtest import Backtest
    from forecaster.comparison import Comparison
    from forecaster.forecast import Forecast
    from forecaster.law import Law
    from forecaster.posterior import Fit
    from forecaster.report import Report
    from forecaster.runs import Runs

Bundle = dict[str, str]
"""What is shown by its media type: plain text and HTML."""

FIRST_ROWS = 5

FIGURE = (6.4, 3.6)
"""Inches of a fan."""

STYLE = """
.forecaster { max-width: 54rem; line-height: 1.45; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
 --ink: currentColor; --muted: currentColor; --accent: currentColor; --axis: currentColor; --paper: transparent;
 --grid: color-mix(in srgb, currentColor 18%, transparent); --shade: color-mix(in srgb, currentColor 6%, transparent);
 --band50: color-mix(in srgb, currentColor 34%, transparent);
 --band80: color-mix(in srgb, currentColor 18%, transparent);
 --band90: color-mix(in srgb, currentColor 12%, transparent); }
.forecaster p { margin: .35em 0; }
.forecaster .scroll { overflow-x: auto; }
.forecaster table { border-collapse: collapse; margin: .5em 0; border: 0; font-size: .92em; color: inherit; }
.forecaster caption { text-align: left; font-style: italic; padding: 0 0 .2em; color: inherit; }
.forecaster tr, .forecaster thead { background: none; border: 0; }
.forecaster th, .forecaster td { padding: .18em 1em .18em 0; border: 0; text-align: right; vertical-align: top;
 border-bottom: 1px solid color-mix(in srgb, currentColor 22%, transparent); background: none; color: inherit; }
.forecaster th { font-weight: 600; }
.forecaster tbody th, .forecaster td:not(.words) { white-space: nowrap; }
.forecaster th, .forecaster td { overflow-wrap: normal; }
.forecaster .words { text-align: left; }
.forecaster .headline { font-size: 1.25em; font-weight: 600; }
.forecaster .stamp { border: 2px solid currentColor; padding: .4em .6em; font-weight: 600; }
.forecaster svg { width: 100%; max-width: 42rem; height: auto; }
.forecaster svg text { font-family: inherit !important; }
"""


def runs_bundle(runs: Runs) -> Bundle:
    """Spans, what was said in reading, and the first rows."""
    names = [name for name in ("N", "D", "C", "U", "loss", "loss_se", "family", "date") if runs.has(name)]
    lines = []
    for row in range(min(FIRST_ROWS, len(runs))):
        lines.append((runs.place(row), *(_cell(runs.table[name].iloc[row]) for name in names)))
    words = frozenset(names) & {"family", "date"}
    headers = (shown(runs.response) if name == "loss" else name for name in names)
    more = f", the first {FIRST_ROWS} of {len(runs)}" if len(runs) > FIRST_ROWS else ""
    table = Table(f"Runs{more}", ("Row", *headers), tuple(lines), words)
    notes = [f"{note.code}: {shown(note.text, 1000)}" for note in runs.notes]
    return _bundle(runs.text, _paragraph(shown(runs.text, 1000)), *map(_paragraph, notes), _table(table))


def law_bundle(law: Law) -> Bundle:
    """Formula, source, inputs and priors."""
    from forecaster.describe import law_text, prior_intervals

    intervals = prior_intervals(law)
    lines = []
    for name, prior in law.priors.items():
        ends = spread((significant(intervals[name].low, 2), significant(intervals[name].high, 2)))
        said = ends if intervals[name].exact else "depends on the table"
        lines.append((shown(name), shown(prior.text, 200), said))
    priors = Table("What is sampled", ("Parameter", "Prior", "90% interval"), tuple(lines), frozenset({"Prior"}))
    inputs = ", ".join(f"{name} ({unit})" for name, unit in law.inputs.items())
    return _bundle(
        law_text(law),
        f"<p><b>{_text(law.name)}</b>: {_text(law.title, 300)}</p>",
        f"<p><code>{_text(law.formula.text, 1000)}</code></p>",
        _paragraph(shown(f"Inputs: {inputs}. Source: {law.source}", 1000)),
        _table(priors),
    )


def fit_bundle(fit: Fit) -> Bundle:
    """The checks, and every parameter before and after the data."""
    from forecaster.describe import fit_text

    said = f"{fit.law.name} fitted to {fit.runs.text}"
    return _bundle(
        fit_text(fit),
        f"<p><b>{_text(said, 1000)}</b></p>",
        f"<p><code>{_text(fit.law.formula.text, 1000)}</code></p>",
        _paragraph(shown(f"Checks: {fit.verdict.text}", 2000)),
        _table(rows.parameter_table(fit)),
    )


def forecast_bundle(forecast: Forecast) -> Bundle:
    """The headline of each point with its ranges, and a fan of the first."""
    parts = [f'<p class="stamp">{escape(stamp)}</p>' for stamp in prose.stamps(forecast)]
    for index, (point, answer) in enumerate(zip(forecast.points, answers(forecast), strict=True)):
        parts += [
            _paragraph(prose.question(forecast, point)),
            f'<p class="headline">{escape(prose.headline(forecast, answer))}</p>',
            _paragraph(evidence.evidence_line(forecast, point)),
            _paragraph(prose.distance_text(forecast, point, answer)),
            *([_fan(forecast)] if index == 0 else []),
            _table(rows.range_table(answer)),
            _table(rows.law_table(answer)),
        ]
    warnings = [f"Warning, {code}: {text}" for code, text, warning in prose.note_lines(forecast) if warning]
    return _bundle(prose.forecast_text(forecast), *parts, *map(_paragraph, warnings))


def comparison_bundle(comparison: Comparison) -> Bundle:
    """Each law by runs left out and by how it extrapolated, and which each measure favours."""
    lines = [
        (
            shown(row["law"]),
            row["status"],
            _places(row["elpd"], 1),
            _places(row["difference"], 1),
            _places(row["difference_se"], 1),
            _places(row["pareto_k"], 2),
            _share(row["loo_weight"]),
            _share(row["coverage"]),
            _places(row["crps"], 4),
            _share(row["extrapolation_weight"]),
        )
        for row in comparison.rows
    ]
    columns = (
        "Law", "Checks", "elpd", "To the best", "Standard error", "Largest Pareto k", "Weight, runs left out",
        "Held larger runs", "CRPS", "Weight, extrapolation",
    )  # fmt: skip
    table = Table(f"{len(lines)} laws on {shown(comparison.runs.name)}", columns, tuple(lines), frozenset({"Checks"}))
    said = []
    for by, measure in (("loo", "Leave-one-out"), ("extrapolation", "Extrapolation")):
        winner = comparison.winners[by]
        ties = "; ".join(str(tie) for tie in comparison.near_ties if tie.by == by)
        if winner is not None:
            said.append(f"{measure} favours {shown(winner)}. {f'Near-ties: {ties}' if ties else 'No near-ties'}.")
    if comparison.unchecked:
        said.insert(0, "CHECKS FAILED: the numbers of laws that failed are shown only because that was asked.")
    said += [f"{'Warning' if note.warning else 'Note'}, {shown(str(note), 1000)}" for note in comparison.notes]
    points = []
    if comparison.answer is not None:
        answer = comparison.answer
        for point, each in zip(answer.points, answers(answer), strict=True):
            points += [_paragraph(prose.question(answer, point)), _table(rows.law_table(each))]
    return _bundle(comparison.text, _table(table), *map(_paragraph, said), *points)


def backtest_bundle(backtest: Backtest) -> Bundle:
    """How each method did on the runs that were hidden."""
    names = {"mixture": MIXED, **evidence.BASELINES}
    lines = []
    for score in backtest.scores:
        low, high = score.coverage_interval["90"]
        held = [f"{score.coverage[mass]:.0%}" for mass in ("50", "80", "90", "95")]
        rest = [
            _places(score.width["90"], 3),
            _places(score.crps, 4),
            _places(score.log_score, 2),
            f"{score.clusters:,}",
        ]
        lines.append((names.get(score.law, shown(score.law)), *held, f"{100 * low:.0f} to {high:.0%}", *rest))
    columns = (
        "Method", "Held by 50%", "80%", "90%", "95% range", "90% is", "Width of 90%", "CRPS", "Log score",
        "Hidden runs",
    )  # fmt: skip
    table = Table(f"Backtest of {shown(backtest.runs.name)}", columns, tuple(lines))
    said = f"On {backtest.scale}. The column after the four shares is the binomial 90% interval of the 90% range's."
    return _bundle(
        backtest.text, _paragraph(shown(backtest.text.split("\n", 1)[0], 1000)), _table(table), _paragraph(said)
    )


def report_bundle(report: Report) -> Bundle:
    """The forecast, and where its files are."""
    found = forecast_bundle(report.forecast)
    if not report.paths:
        return found
    written = f"Written: {', '.join(path.name for path in report.paths)}"
    return {
        "text/plain": f"{found['text/plain']}\n\n{written}",
        "text/html": f"{found['text/html']}<p>{_text(written, 1000)}</p>",
    }


def _bundle(text: str, *parts: str) -> Bundle:
    return {"text/plain": text, "text/html": f'<div class="forecaster"><style>{STYLE}</style>{"".join(parts)}</div>'}


def _text(text: str, longest: int = 60) -> str:
    return escape(shown(text, longest))


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _table(table: Table) -> str:
    def cells(line: Iterable[str], tag: str) -> str:
        said = []
        for index, cell in enumerate(line):
            kind = ' class="words"' if table.flush_left(index) else ""
            head = tag == "th" or index == 0
            scope = f' scope="{"col" if tag == "th" else "row"}"' if head else ""
            said.append(f"<{'th' if head else 'td'}{scope}{kind}>{escape(cell)}</{'th' if head else 'td'}>")
        return f"<tr>{''.join(said)}</tr>"

    body = "".join(cells(line, "td") for line in table.rows)
    return (
        f'<div class="scroll"><table><caption>{escape(table.caption)}</caption>'
        f"<thead>{cells(table.columns, 'th')}</thead><tbody>{body}</tbody></table></div>"
    )


def _fan(forecast: Forecast) -> str:
    from matplotlib.figure import Figure

    from forecaster.report.drawing import style
    from forecaster.report.fan_figure import plot_fan
    from forecaster.report.picture import svg

    with style():
        figure = Figure(figsize=FIGURE)
        plot_fan(forecast, figure.subplots())
    answer, point = answers(forecast)[0], forecast.points[0]
    described = f"At {answer.point} the median is {answer.median} and the 90% range {spread(answer.interval['90'])}."
    # A notebook may hold many forecasts, and each picture's ids must be its own.
    said = hashlib.sha256(f"{forecast.runs.sha256} {forecast.seed} {described}".encode()).hexdigest()[:8]
    title = f"Fan chart of {prose.metric(forecast.runs)}"
    picture = svg(figure, title=title, description=described, name=f"fan-{said}", themed=True)
    return f"{picture}{_paragraph(prose.figure_sentence(forecast, point))}"


def _cell(value: Any) -> str:
    from forecaster.quantity import format_quantity

    if isinstance(value, float):
        return MISSING if math.isnan(value) else f"{value:.5g}" if abs(value) < 1e4 else format_quantity(value)
    return shown(value)


def _places(value: float | None, places: int) -> str:
    return "-" if value is None else number(value, places)


def _share(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.0%}"
