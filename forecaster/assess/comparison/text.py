"""A comparison of laws in words and columns."""

from __future__ import annotations

from collections.abc import Iterator

from forecaster.assess.comparison.result import NEAR_TIE_WEIGHT, Comparison
from forecaster.backtests.loo import NEAR_TIE_ELPD, NEAR_TIE_ERRORS
from forecaster.forecasts.tables import answers, law_table
from forecaster.runs.text import below_text, far_text, metric
from forecaster.show.document import Document, Section, Sentence, Stamp, bullets, note_lines, sentences
from forecaster.show.table import Table, number, share, shown
from forecaster.stats.psis import RELIABLE_K

LEFT_OUT = (
    "elpd: the sum over runs of the log density of each given all others, higher is better; p_loo: effective "
    f"parameters. The largest Pareto k is reliable up to {RELIABLE_K:g}. A near-tie is less than {NEAR_TIE_ELPD:g} or "
    f"{NEAR_TIE_ERRORS:g} standard errors apart."
)

EXTRAPOLATED = (
    "Held: the share of hidden larger runs inside the 90% range. A near-tie is less than "
    f"{NEAR_TIE_WEIGHT:g} of weight apart."
)


def comparison_document(comparison: Comparison) -> Document:
    """Each law by runs left out, by how it extrapolated and by what it forecasts, and which each measure favours."""
    left_out, extrapolated = _left_out_table(comparison), _extrapolation_table(comparison)
    sections = [
        Section("", tuple(Stamp(stamp) for stamp in comparison.stamps)),
        Section(left_out.caption, (left_out, Sentence(LEFT_OUT))),
        Section(extrapolated.caption, (extrapolated, Sentence(EXTRAPOLATED))),
        Section("", sentences(*_sentences(comparison))),
        *_point_sections(comparison),
        Section("", bullets(note_lines(comparison.notes))),
    ]
    return Document(f"{len(comparison.verdicts)} laws on {shown(comparison.runs.text, 1000)}", tuple(sections))


def _left_out_table(comparison: Comparison) -> Table:
    rows = [
        (
            shown(row["law"]),
            row["status"],
            *(number(row[key], 1, "-") for key in ("elpd", "se", "difference", "difference_se", "p_loo")),
            number(row["pareto_k"], 2, "-"),
            share(row["loo_weight"]),
        )
        for row in comparison.rows
    ]
    columns = ("Checks", "elpd", "Standard error", "To the best", "Its standard error", "p_loo", "Pareto k", "Weight")
    return Table("By leave-one-out", ("Law", *columns), tuple(rows), frozenset({"Checks"}))


def _extrapolation_table(comparison: Comparison) -> Table:
    rows = [
        (shown(row["law"]), share(row["coverage"]), number(row["crps"], 4, "-"), share(row["extrapolation_weight"]))
        for row in comparison.rows
    ]
    return Table("By extrapolation", ("Law", "Held larger runs", "CRPS", "Weight"), tuple(rows))


def _point_sections(comparison: Comparison) -> Iterator[Section]:
    """What each law and the mixture say of a new run at each point."""
    answer = comparison.answer
    for point, said in zip(answer.points, answers(answer), strict=True) if answer else ():
        far = far_text(comparison.runs, point.compute_ratio)
        if point.below_smallest > 1:
            far = below_text(comparison.runs, point.below_smallest)
        where = f"{shown(point.asked.text)}, {far} of the table"
        yield Section(f"{metric(comparison.runs)} of a new run at {where}", (law_table(said),))


def _sentences(comparison: Comparison) -> Iterator[str]:
    """Which law each measure favours, what it does not tell apart, and whether the measures agree."""
    winners, weighting = comparison.winners, comparison.weighting
    for by, measure in (("loo", "Leave-one-out"), ("extrapolation", "Extrapolation")):
        winner = winners[by]
        if winner is None:
            why = shown(weighting.why, 1000) if len(comparison.loos) > 1 else "only one law speaks"
            yield f"{measure} names no winner: {why}."
            continue
        ties = "; ".join(str(tie) for tie in comparison.near_ties if tie.by == by)
        why = "" if by == "loo" else f", its weights {shown(weighting.why, 1000)}"
        yield f"{measure} favours {shown(winner)}{why}. {f'Near-ties: {ties}' if ties else 'No near-ties'}."
    if None not in winners.values():
        one, other = winners.values()
        tied = any({one, other} == set(tie.laws) for tie in comparison.near_ties)
        apart = "They name different laws, but those are a near-tie." if tied else "They name different laws."
        yield "The two agree." if one == other else apart
    for name, verdict in comparison.verdicts.items():
        if verdict.status == "review":
            yield f"The checks of {shown(name)} passed with reservations: {shown(' '.join(verdict.notes), 1000)}"
