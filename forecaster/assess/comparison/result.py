"""A comparison: laws side by side, by runs left out, by how they extrapolated, and by what they forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from forecaster.backtests.loo import LeaveOneOut, difference, differences
from forecaster.backtests.weighting import Weighting
from forecaster.errors import clipped
from forecaster.fits.ensemble import failures, few_runs
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.result import Forecast
from forecaster.notes import Note
from forecaster.runs.table import Runs
from forecaster.show.document import Document
from forecaster.show.json import json_ready
from forecaster.show.result import Result

if TYPE_CHECKING:
    import pandas as pd

NEAR_TIE_WEIGHT = 0.1
"""Extrapolation weights closer than this do not tell laws apart."""

UNCHECKED = "CHECKS FAILED: the numbers of laws that failed are shown only because that was asked."


@dataclass(frozen=True)
class NearTie:
    """Two laws that a measure does not tell apart.

    Args:
        by: `loo` or `extrapolation`.
        laws: the two, in the order in which they were given.
        apart: the first's elpd or weight minus the second's.
        se: standard error of the difference in elpd; None for weights.
    """

    by: str
    laws: tuple[str, str]
    apart: float
    se: float | None = None

    def __str__(self) -> str:
        size = f"{abs(self.apart):.2f}" if self.se is None else f"{abs(self.apart):.1f} (se {self.se:.1f})"
        return f"{clipped(self.laws[0])} and {clipped(self.laws[1])}, {size} apart"


@dataclass(frozen=True, eq=False)
class Comparison(Result):
    """Several laws on one table, side by side; a law that failed its checks has a verdict and no numbers.

    Args:
        runs: the table.
        verdicts: of every law's checks, in the order in which they were given.
        loos: how densely each law that speaks foretells runs left out, by name.
        loo_weights: their stacking weights by runs left out.
        weighting: their weights in the forecast, earned by extrapolation or otherwise, with the track record.
        answer: what they forecast at the points asked for; None where none was.
        notes: what a reader must hear.
    """

    runs: Runs
    verdicts: Mapping[str, Verdict]
    loos: Mapping[str, LeaveOneOut]
    loo_weights: Mapping[str, float]
    weighting: Weighting
    answer: Forecast | None
    notes: tuple[Note, ...] = ()

    @property
    def unchecked(self) -> bool:
        """Whether failed checks were overridden."""
        return bool(failures(self.verdicts).keys() & self.loos.keys())

    @property
    def stamps(self) -> list[str]:
        """What must stand on every output; empty for most."""
        if self.answer is not None:
            from forecaster.forecasts.text import few_stamps

            said = few_stamps(self.answer)
        else:
            few = few_runs(self.runs)
            said = [f"FEW RUNS: {few}. The comparison leans on the priors."] if few else []
        return [*said, UNCHECKED] if self.unchecked else said

    @property
    def extrapolation_weights(self) -> Mapping[str, float]:
        """By law name; empty where the weights were not earned by extrapolation."""
        return self.weighting.weights if self.weighting.basis == "extrapolation" else {}

    @property
    def winners(self) -> dict[str, str | None]:
        """The law of the highest elpd (`loo`) and of the highest weight (`extrapolation`); None without a rival."""
        elpd = {name: loo.elpd for name, loo in self.loos.items()}
        measures = {"loo": elpd, "extrapolation": dict(self.extrapolation_weights)}
        return {by: max(of, key=lambda name: of[name]) if len(of) > 1 else None for by, of in measures.items()}

    @property
    def near_ties(self) -> tuple[NearTie, ...]:
        """Every pair that a measure does not tell apart, those by runs left out first."""
        ties = []
        for pair in combinations(self.loos, 2):
            apart = difference(self.loos[pair[0]], self.loos[pair[1]])
            if apart.near_tie:
                ties.append(NearTie("loo", pair, apart.elpd, apart.se))
        for pair in combinations(self.extrapolation_weights, 2):
            gap = self.weighting.weights[pair[0]] - self.weighting.weights[pair[1]]
            if abs(gap) < NEAR_TIE_WEIGHT:
                ties.append(NearTie("extrapolation", pair, gap))
        return tuple(ties)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each law's numbers; those that do not exist are None.

        Its `status`; `elpd`, `se`, `difference` to the best law and `difference_se`, `p_loo`, `pareto_k` (the largest)
        and `unreliable_runs` (how many exceed 0.7) by runs left out; both weights; `coverage` (of the 90% range) and
        `crps` over larger runs that were hidden.
        """
        record = self.weighting.record
        scores = {score.law: score for score in record.scores} if record else {}
        apart = differences(list(self.loos.values()))
        rows: list[dict[str, Any]] = []
        for name, verdict in self.verdicts.items():
            loo, score = self.loos.get(name), scores.get(name)
            rows.append(
                {
                    "law": name,
                    "status": verdict.status,
                    "elpd": loo and loo.elpd,
                    "se": loo and loo.se,
                    "difference": loo and apart[name].elpd,
                    "difference_se": loo and apart[name].se,
                    "p_loo": loo and loo.p_loo,
                    "pareto_k": loo and loo.worst_k,
                    "unreliable_runs": loo and len(loo.unreliable),
                    "loo_weight": self.loo_weights.get(name),
                    "extrapolation_weight": self.extrapolation_weights.get(name),
                    "coverage": score and score.coverage["90"],
                    "crps": score and score.crps,
                }
            )
        return rows

    @property
    def table(self) -> pd.DataFrame:
        """One row a law: the numbers of `rows`, and the median and the ends of the 90% range at each point."""
        import pandas as pd

        rows = self.rows
        for point in self.answer.points if self.answer else ():
            for row in rows:
                band = point.by_law.get(row["law"])
                ends = (band.median, *band.interval(0.9)) if band else (None, None, None)
                names = (f"{name} at {point.asked}" for name in ("median", "90% low", "90% high"))
                row |= dict(zip(names, ends, strict=True))
        return pd.DataFrame(rows).set_index("law")

    @property
    def document(self) -> Document:
        """All that is said of it, in sections."""
        from forecaster.assess.comparison.text import comparison_document

        return comparison_document(self)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the key `compare` of the command-line contract; numbers that do not exist are None."""
        ties = [{"by": t.by, "laws": list(t.laws), "difference": t.apart, "se": t.se} for t in self.near_ties]
        data = {
            "laws": self.rows,
            "points": self.answer.as_dict()["forecast"] if self.answer else [],
            "winners": self.winners,
            "near_ties": ties,
            "weighting": self.weighting.as_dict(),
            "verdict": {name: verdict.as_dict() for name, verdict in self.verdicts.items()},
            "unchecked": self.unchecked,
            "stamps": self.stamps,
            "notes": [note.as_dict() for note in self.notes],
        }
        return {"compare": json_ready(data)}
