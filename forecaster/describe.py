"""Laws and fits described in plain text and as JSON-ready data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forecaster.law import Law
from forecaster.posterior import Fit, is_count

DRAWS = 20_000


def shelf_text(laws: Sequence[Law]) -> str:
    """One block a law: its name, what it says, its formula."""
    width = max(len(law.name) for law in laws)
    lines = []
    for law in laws:
        lines.append(f"{law.name:<{width}}  {law.title}")
        lines.append(f"{'':<{width}}  {law.formula}")
    return "\n".join([*lines, "", "`forecaster laws NAME` shows one in full."])


def law_text(law: Law) -> str:
    """One law in full: formula, source, inputs, parameters, and each prior with its 90% interval."""
    lines = [f"{law.name}: {law.title}", "", f"  loss = {law.formula}", f"  source: {law.source}", "", "Inputs"]
    lines += [f"  {name}  {unit}" for name, unit in law.inputs.items()]
    lines += ["", "Priors of what is sampled, with the equal-tailed 90% interval of each"]
    intervals = prior_intervals(law)
    width = max(len(name) for name in law.priors)
    text_width = max(len(prior.text) for prior in law.priors.values())
    for name, prior in law.priors.items():
        low, high = intervals[name]
        lines.append(f"  {name:<{width}}  {prior.text:<{text_width}}  {low:.3g} to {high:.3g}")
    if law.natural:
        lines += ["", "The formula's parameters from the sampled ones"]
        natural_width = max(len(name) for name in law.natural)
        lines += [f"  {name:<{natural_width}}  {formula}" for name, formula in law.natural.items()]
        centres = ", ".join(f"{name}0" for name in law.inputs)
        lines.append(f"  {centres}: geometric mean(s) of the table; L0: its median loss")
    lines += ["", f"Noise on the log of the loss: {law.noise.family}"]
    lines.append(f"  scale  {law.noise.scale}")
    if law.noise.nu is not None:
        lines.append(f"  nu     {law.noise.nu}")
    lines.append("  d is the log of a run's compute over the largest compute in the table")
    return "\n".join(lines)


def law_dict(law: Law) -> dict[str, Any]:
    """JSON-ready: a law's page with each prior's 90% interval."""
    intervals = prior_intervals(law)
    return {
        "name": law.name,
        "title": law.title,
        "source": law.source,
        "formula": law.formula.text,
        "inputs": dict(law.inputs),
        "priors": {
            name: {"prior": prior.text, "interval": {"90": list(intervals[name])}} for name, prior in law.priors.items()
        },
        "natural": {name: formula.text for name, formula in law.natural.items()},
        "noise": {
            "family": law.noise.family,
            "scale": law.noise.scale.text,
            "nu": law.noise.nu.text if law.noise.nu is not None else None,
        },
        "sha256": law.sha256,
    }


def prior_intervals(law: Law) -> dict[str, tuple[float, float]]:
    """The equal-tailed 90% interval of each prior, in the table's centre coordinates.

    Exact where a prior's arguments are numbers; where they name other parameters or reference values, from draws
    with each count's centre at 1e9 and the others, and the response, at 1.
    """
    references: dict[str, float] = {f"{name}0": 1e9 if is_count(law, name) else 1.0 for name in law.inputs}
    references["L0"] = 1.0
    drawn: dict[str, np.ndarray] | None = None
    intervals = {}
    for name, prior in law.priors.items():
        if not prior.names:
            intervals[name] = prior.interval(0.9)
            continue
        drawn = drawn or law.draw_priors(references, draws=DRAWS, seed=1)
        low, high = np.quantile(drawn[name], [0.05, 0.95])
        intervals[name] = (float(low), float(high))
    return intervals


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
