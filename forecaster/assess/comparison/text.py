"""A comparison of laws in words and columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from forecaster.assess.comparison.result import NEAR_TIE_WEIGHT, Comparison
from forecaster.backtests.loo import NEAR_TIE_ELPD, NEAR_TIE_ERRORS
from forecaster.errors import clipped
from forecaster.forecasts import tables as forecasts_tables
from forecaster.forecasts import text as forecasts_text
from forecaster.forecasts.answer import PointForecast
from forecaster.forecasts.result import Forecast
from forecaster.forecasts.tables import answers
from forecaster.quantity import format_quantity
from forecaster.show.html import Bundle, html_bundle, html_paragraph, html_table
from forecaster.show.table import Table, as_share, shown, with_places
from forecaster.stats.psis import RELIABLE_K

WIDTH = 100

HEADER = (
    f"  {'':<14}{'leave-one-out':>47}{'extrapolation':>23}\n"
    f"  {'law':<14}{'elpd':>8}{'se':>6}{'to best':>8}{'se':>6}{'p_loo':>6}{'k':>6}{'weight':>7}"
    f"{'in 90%':>8}{'CRPS':>8}{'weight':>7}{'checks':>8}"
)

LEGEND = (
    "  elpd: sum over runs of the log density of each given all others, higher is better; se: standard error. p_loo: "
    f"effective parameters. k: the largest Pareto k, reliable up to {RELIABLE_K:g}. in 90%: share of hidden larger "
    f"runs inside the 90% range. Near-tie: elpd less than {NEAR_TIE_ELPD:g} or {NEAR_TIE_ERRORS:g} standard errors "
    f"apart, or extrapolation weights less than {NEAR_TIE_WEIGHT:g} apart."
)


def comparison_text(comparison: Comparison) -> str:
    """The comparison, readable aloud, at most 100 columns wide."""
    blocks = [
        f"{len(comparison.verdicts)} laws on {comparison.runs.text}",
        "\n".join([HEADER, *(_row_text(row) for row in comparison.rows), "", LEGEND]),
        "\n".join(_sentences(comparison)),
    ]
    if comparison.unchecked:
        blocks.insert(0, "CHECKS FAILED: the numbers of laws that failed are shown only because that was asked.")
    if comparison.answer is not None:
        blocks += [_point_text(comparison.answer, point) for point in comparison.answer.points]
    if comparison.notes:
        blocks.append("\n".join(f"- {'Warning' if note.warning else 'Note'}, {note}" for note in comparison.notes))
    lines = "\n\n".join(blocks).splitlines()
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False) if line else "" for line in lines
    )


def _sentences(comparison: Comparison) -> Iterator[str]:
    """Which law each measure favours, what it does not tell apart, and whether the measures agree."""
    winners, weighting = comparison.winners, comparison.weighting
    for by, measure in (("loo", "Leave-one-out"), ("extrapolation", "Extrapolation")):
        winner = winners[by]
        if winner is None:
            why = weighting.why if len(comparison.loos) > 1 else "only one law speaks"
            yield f"{measure} names no winner: {why}."
            continue
        ties = "; ".join(str(tie) for tie in comparison.near_ties if tie.by == by)
        why = "" if by == "loo" else f", its weights {weighting.why}"
        yield f"{measure} favours {clipped(winner)}{why}. {f'Near-ties: {ties}' if ties else 'No near-ties'}."
    if None not in winners.values():
        one, other = winners.values()
        tied = any({one, other} == set(tie.laws) for tie in comparison.near_ties)
        apart = "They name different laws, but those are a near-tie." if tied else "They name different laws."
        yield "The two agree." if one == other else apart
    for name, verdict in comparison.verdicts.items():
        if verdict.status == "review":
            yield f"The checks of {clipped(name)} passed with reservations: {' '.join(verdict.notes)}"


def _row_text(row: Mapping[str, Any]) -> str:
    def number(key: str, width: int, places: int) -> str:
        value = row[key]
        return f"{'-' if value is None or not math.isfinite(value) else f'{value:.{places}f}':>{width}}"

    share = "-" if row["coverage"] is None else f"{row['coverage']:.0%}"
    return (
        f"  {_short(row['law'])}{number('elpd', 8, 1)}{number('se', 6, 1)}{number('difference', 8, 1)}"
        f"{number('difference_se', 6, 1)}{number('p_loo', 6, 1)}{number('pareto_k', 6, 2)}{number('loo_weight', 7, 2)}"
        f"{share:>8}{number('crps', 8, 4)}{number('extrapolation_weight', 7, 2)}{row['status']:>8}"
    )


def _point_text(answer: Forecast, point: PointForecast) -> str:
    """What each law and the mixture say of a new run at a point."""
    said = point.as_dict(answer.weights, ())
    places = point.predictive.decimals
    lines = [
        f"{clipped(answer.runs.response)} of a new run at {point.asked}, {format_quantity(point.compute_ratio)} times "
        "the largest run of the table",
        f"  {'law':<14}{'median':>10}{'90% range':>22}{'weight':>8}",
    ]
    for name, of in (said["by_law"] | {"mixture": said | {"weight": 1.0}}).items():
        low, high = of["interval"]["90"]
        ends = f"{low:.{places}f} to {high:.{places}f}"
        lines.append(f"  {_short(name)}{of['median']:>10.{places}f}{ends:>22}{of['weight']:>8.2f}")
    return "\n".join(lines)


def _short(name: str) -> str:
    """A name in a column of fourteen."""
    return f"{clipped(name, 10) if len(name) > 13 else clipped(name):<14}"


def comparison_bundle(comparison: Comparison) -> Bundle:
    """Each law by runs left out and by how it extrapolated, and which each measure favours."""
    lines = [
        (
            shown(row["law"]),
            row["status"],
            with_places(row["elpd"], 1),
            with_places(row["difference"], 1),
            with_places(row["difference_se"], 1),
            with_places(row["pareto_k"], 2),
            as_share(row["loo_weight"]),
            as_share(row["coverage"]),
            with_places(row["crps"], 4),
            as_share(row["extrapolation_weight"]),
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
            points += [
                html_paragraph(forecasts_text.question(answer, point)),
                html_table(forecasts_tables.law_table(each)),
            ]
    return html_bundle(comparison.text, html_table(table), *map(html_paragraph, said), *points)
