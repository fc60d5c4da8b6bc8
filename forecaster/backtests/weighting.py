"""A weighting: what part each law has in a forecast, why, and the track record that came with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from forecaster.backtests.backtest import NO_CUT, track_record
from forecaster.backtests.copies import copies
from forecaster.backtests.drift import informed
from forecaster.backtests.folds import ORIGINS, Fold, rolling_origins
from forecaster.backtests.loo import loo_weights
from forecaster.backtests.result import Backtest
from forecaster.backtests.trial import stacked, try_folds
from forecaster.errors import NotConverged, Say, ScenarioError, StoreError
from forecaster.fits.cache import fit_key, load_page, save_page
from forecaster.fits.ensemble import Ensemble
from forecaster.fits.extrapolation import Extrapolation
from forecaster.fits.posterior import Fit
from forecaster.fits.predict import extrapolation_of
from forecaster.fits.sampling.density import FIRST_TRY
from forecaster.fits.store import load_weighting_page
from forecaster.runs.data_checks import FEWEST_FOR_WEIGHTS
from forecaster.runs.table import Runs
from forecaster.stats.stacking import equal

FORMAT = 7

BASES = ("extrapolation", "equal", "loo")
"""Ways of weighting that need no numbers from the user."""

UNCUT = f"{NO_CUT}, so the laws get equal weights"

TOO_FEW = f"with fewer than {FEWEST_FOR_WEIGHTS} runs the laws get equal weights"

NONE_PASSED = "on no cut did every law pass its checks, so the laws get equal weights"

EARNED = "earned by how each law forecast the larger runs of this table from its smaller ones, at {cuts}"


@dataclass(frozen=True, eq=False)
class Weighting:
    """The laws' weights and where they come from.

    Args:
        weights: by law name, summing to one.
        basis: `extrapolation`, `equal`, `loo` or `given`.
        why: the reason, to follow "the weights are" or to stand alone.
        record: how forecasts from this table's smaller runs did on its larger ones; None where that was not tried
            or no cut allows it.
        term: what is added beyond the data, after the table's cuts have spoken; None where none did.
    """

    weights: Mapping[str, float]
    basis: str
    why: str
    record: Backtest | None = None
    term: Extrapolation | None = None

    def of(self, names: Sequence[str]) -> Weighting:
        """The weighting of some of its laws, their weights made to sum to one again.

        The record then leaves out the mixture, which was of other laws.

        Raises:
            ScenarioError: a law without a weight, or all weight lies on the laws left out.
        """
        if set(names) == set(self.weights):
            return self
        if missing := sorted(set(names) - set(self.weights)):
            raise ScenarioError(f"the weighting has no weight for {', '.join(missing)}; weigh these fits anew")
        total = sum(self.weights[name] for name in names)
        if not total > 0:
            raise ScenarioError(f"all weight lies on laws other than {', '.join(names)}")
        record = self.record
        if record is not None:
            gone = {"mixture", *self.weights} - set(names)
            points = record.points[~record.points["law"].isin(gone)].reset_index(drop=True)
            record = replace(record, points=points)
        return replace(self, weights={name: self.weights[name] / total for name in names}, record=record)

    @property
    def text(self) -> str:
        """The weights in one line, with their reason."""
        shares = ", ".join(f"{name} {weight:.0%}" for name, weight in self.weights.items())
        return f"Weights: {shares}; {self.why}."

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the weights with their reason; the record apart, as of `Backtest.as_dict`."""
        return {
            "basis": self.basis,
            "why": self.why,
            "weights": dict(self.weights),
        }

    @property
    def page(self) -> str:
        """The whole weighting as text from which `read_page` makes it again."""
        data: dict[str, Any] = {"weights": dict(self.weights), "basis": self.basis, "why": self.why, "record": None}
        if self.term is not None:
            data["term"] = asdict(self.term)
        if self.record is not None:
            data["record"] = {
                "points": self.record.points.to_dict("list"),
                "cuts": [[fold.by, fold.cut] for fold in self.record.folds],
                "weights": [dict(weights) for weights in self.record.weights],
                "basis": self.record.basis,
                "review": self.record.review,
                "failed": self.record.failed,
                "scale": self.record.scale,
            }
        return json.dumps(data)


def read_page(page: str, runs: Runs) -> Weighting:
    """The weighting of a table from its page.

    Raises:
        ValueError, KeyError, TypeError: the page is not one.
    """
    import pandas as pd

    data = json.loads(page)
    kept = data["record"]
    record = None
    if kept is not None:
        record = Backtest(
            runs=runs,
            folds=tuple(Fold.at(runs, by=by, cut=cut) for by, cut in kept["cuts"]),
            points=pd.DataFrame(kept["points"]),
            weights=tuple(kept["weights"]),
            basis=kept["basis"],
            review=kept["review"],
            failed=kept["failed"],
            scale=kept["scale"],
        )
    term = data.get("term")
    if term is not None:
        term = Extrapolation(**{**term, "believed": tuple(term["believed"])})
    return Weighting(data["weights"], data["basis"], data["why"], record, term)


def load_weighting(folder: str | Path, runs: Runs) -> Weighting | None:
    """The weighting that a saved fit holds, or None.

    Args:
        folder: of the saved fit.
        runs: its table.

    Raises:
        StoreError: it is damaged.
    """
    page = load_weighting_page(folder)
    try:
        return read_page(page, runs) if page else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"its weighting is damaged ({error}); make it again", where=str(folder)) from None


def given(weights: Mapping[str, float], names: Sequence[str]) -> Weighting:
    """The weights that a user names, made to sum to one; a law not named gets none.

    Raises:
        ScenarioError: a law that is not there, a negative weight, or none above zero.
    """
    unknown = sorted(set(weights) - set(names))
    total = sum(weights.get(name, 0.0) for name in names)
    if unknown or not 0 < total < float("inf") or any(not weight >= 0 for weight in weights.values()):
        said = ", ".join(f"{name}={weight:g}" for name, weight in weights.items())
        raise ScenarioError(f"weights {said} do not fit the laws {', '.join(names)}: each 0 or more, not all 0")
    return Weighting({name: weights.get(name, 0.0) / total for name in names}, "given", "given by the user")


def weigh(
    fits: Sequence[Fit], *, basis: str = "extrapolation", cache: bool = True, say: Say | None = None
) -> Weighting:
    """Weigh the laws of some fits of one table.

    By extrapolation, every law is fitted to the smaller runs below each of four cuts and judged by how densely it
    foretold the larger ones; see `stack`. The same fits give the track record, in which a cut's own mixture uses
    only weights earned at earlier cuts.

    Args:
        fits: of the whole table, with one seed.
        basis: `extrapolation`, `equal`, or `loo` (stacking of leave-one-out densities).
        cache: whether fits and the weighting may come from, and go to, the cache.
        say: called with a line of progress now and then.

    Raises:
        ScenarioError: an unknown basis.
    """
    names = [fit.law.name for fit in fits]
    if basis not in BASES:
        raise ScenarioError(f"weights are {', '.join(BASES)} or NAME=0.5,..., not {basis}")
    if basis == "equal":
        return Weighting(equal(names, copies(fits)), "equal", "equal, as asked; no track record was made")
    if basis == "loo":
        return Weighting(loo_weights(fits), "loo", "from leave-one-out densities inside the table, as asked")
    return _earned(fits, names, cache=cache, say=say)


def _earned(fits: Sequence[Fit], names: Sequence[str], *, cache: bool, say: Say | None) -> Weighting:
    runs, seed, laws = fits[0].runs, fits[0].seed, [fit.law for fit in fits]
    folds = rolling_origins(runs)
    if not folds:
        return Weighting(equal(names, copies(fits)), "equal", UNCUT)
    before = extrapolation_of(Ensemble(tuple(fits)))
    parts = [FORMAT, ORIGINS, asdict(before), [str(law.exponent) for law in laws]]
    parts += [fit_key(law, runs, seed=seed, settings=FIRST_TRY) for law in laws]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    if cache and (page := load_page(key)) is not None:
        try:
            return read_page(page, runs)
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
    trials = try_folds(folds, laws, seed=seed, cache=cache, say=say)
    try:
        record = track_record(runs, trials, seed=seed, say=say)
    except NotConverged:
        record = None
    alike = copies(fits)
    cuts = f"{len(folds)} cut{'s' if len(folds) > 1 else ''}"
    if len(names) == 1:
        made = Weighting({names[0]: 1.0}, "equal", "all on the one law", record)
    elif len(runs) < FEWEST_FOR_WEIGHTS:
        made = Weighting(equal(names, alike), "equal", TOO_FEW, record)
    elif not any(set(names) <= set(trial.names) for trial in trials):
        made = Weighting(equal(names, alike), "equal", NONE_PASSED, record)
    else:
        made = Weighting(stacked(trials, names, alike=alike), "extrapolation", EARNED.format(cuts=cuts), record)
    term = informed(before, trials, made.weights)
    made = replace(made, term=term if term.believed else None)
    if cache:
        save_page(key, made.page)
    return made
