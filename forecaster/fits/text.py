"""A fit in words and columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from forecaster.fits.posterior import Fit
from forecaster.quantity import finite
from forecaster.show.document import Document, Section, Sentence, Verbatim
from forecaster.show.table import Table, number, shown, significant, spread


def fit_document(fit: Fit) -> Document:
    """The checks, and every parameter before and after the data with its own."""
    table = parameter_table(fit)
    draws = zip(table.rows, fit.table["R-hat"], fit.table["ESS"], strict=True)
    rows = tuple((*row, number(rhat, 3), number(ess, 0)) for row, rhat, ess in draws)
    judged = replace(table, columns=(*table.columns, "R-hat", "ESS"), rows=rows)
    formula = Verbatim(f"{shown(fit.runs.response)} = {shown(fit.law.formula.text, 1000)}")
    checks = Sentence(f"Checks: {shown(fit.verdict.text, 2000)}")
    sections = (Section("Formula", (formula,)), Section("", (checks,)), Section(judged.caption, (judged,)))
    return Document(f"{shown(fit.law.name)} fitted to {shown(fit.runs.text, 1000)}", sections)


def fit_dict(fit: Fit) -> dict[str, Any]:
    """JSON-ready: parameters with medians, equal-tailed intervals and checks, and the verdict."""
    return {
        "parameters": {
            str(name): {
                "median": row["median"],
                "interval": {"90": [row["5%"], row["95%"]]},
                "rhat": finite(row["R-hat"]),
                "ess": finite(row["ESS"]),
            }
            for name, row in fit.table.iterrows()
        },
        "verdict": fit.verdict.as_dict(),
        "seed": fit.seed,
        "law_sha256": fit.law.sha256,
        "runs_sha256": fit.runs.sha256,
    }


PRIOR_DRAWS = 4000


def parameter_table(fit: Fit) -> Table:
    """Each parameter of a law before and after the data: natural parameters first, then the sampled ones."""
    law, posterior = fit.law, fit.posterior
    before = _prior_intervals(fit)
    rows = []
    for name in dict.fromkeys((*law.parameters, *law.priors)):
        low, median, high = np.quantile(posterior[name].values, [0.05, 0.5, 0.95])
        rows.append(
            (
                shown(name),
                shown(law.priors[name].text, 200) if name in law.priors else "follows from those below",
                before[name],
                significant(float(median)),
                spread((significant(float(low)), significant(float(high)))),
            )
        )
    columns = ("Parameter", "Prior", "90% before the data", "Median after", "90% after the data")
    return Table(f"Parameters of {shown(law.name)}", columns, tuple(rows), frozenset({"Prior"}))


def _prior_intervals(fit: Fit) -> dict[str, str]:
    """Exact where a prior names only the table's references, else from draws of the priors."""
    law, known = fit.law, fit.references.values
    draws = law.draw_priors(known, draws=PRIOR_DRAWS, seed=1)
    said = {}
    for name, values in draws.items():
        prior = law.priors.get(name)
        if prior is not None and set(prior.names) <= set(known):
            ends = prior.interval(0.9, known)
        else:
            # A prior so wide that a draw overflows has no such interval.
            low, high = np.quantile(values, [0.05, 0.95]) if np.isfinite(values).all() else (np.nan, np.nan)
            ends = (float(low), float(high))
        said[name] = spread((significant(ends[0], 2), significant(ends[1], 2)))
    return said
