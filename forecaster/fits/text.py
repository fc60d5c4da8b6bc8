"""A fit in words and columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.fits.posterior import Fit
from forecaster.show.html import Bundle, html_bundle, html_paragraph, html_table, html_text
from forecaster.show.table import Table, shown, significant, spread


def fit_text(fit: Fit) -> str:
    """A fit's parameters with their 90% intervals, and its checks."""
    table = fit.table
    width = max(len(str(name)) for name in table.index)
    natural = set(fit.law.parameters)
    head = f"{'':<{width + 2}}{'median':>12}{'5%':>12}{'95%':>12}{'R-hat':>8}{'ESS':>7}"
    lines = [f"{fit.law.name}: loss = {fit.law.formula}", f"  checks: {fit.verdict.text}", head]
    sampled_said = False
    for name, row in table.iterrows():
        if name not in natural and not sampled_said:
            sampled_said = True
            lines.append("  sampled")
        numbers = "".join(f"{_digits(row[column], row['ESS']):>12}" for column in ("median", "5%", "95%"))
        lines.append(f"  {name!s:<{width}}{numbers}{row['R-hat']:>8.3f}{row['ESS']:>7.0f}")
    return "\n".join(lines)


def fit_dict(fit: Fit) -> dict[str, Any]:
    """JSON-ready: parameters with medians, equal-tailed intervals and checks, and the verdict."""
    return {
        "parameters": {
            str(name): {
                "median": row["median"],
                "interval": {"90": [row["5%"], row["95%"]]},
                "rhat": round(row["R-hat"], 4),
                "ess": round(row["ESS"]),
            }
            for name, row in fit.table.iterrows()
        },
        "verdict": fit.verdict.as_dict(),
        "seed": fit.seed,
        "law_sha256": fit.law.sha256,
        "runs_sha256": fit.runs.sha256,
    }


def _digits(value: float, ess: float) -> str:
    """Three significant digits: with a few hundred effective draws the next one is noise."""
    return f"{value:.3g}" if ess < 5_000 else f"{value:.4g}"


def fit_bundle(fit: Fit) -> Bundle:
    """The checks, and every parameter before and after the data."""

    said = f"{fit.law.name} fitted to {fit.runs.text}"
    return html_bundle(
        fit_text(fit),
        f"<p><b>{html_text(said, 1000)}</b></p>",
        f"<p><code>{html_text(fit.law.formula.text, 1000)}</code></p>",
        html_paragraph(shown(f"Checks: {fit.verdict.text}", 2000)),
        html_table(parameter_table(fit)),
    )


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
