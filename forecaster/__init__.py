"""Honest forecasts of what larger training runs will do.

    from forecaster import fit, forecast, law, read_runs
    runs = read_runs("runs.csv")
    fits = [fit(law(name), runs) for name in ("chinchilla", "coupled", "farseer_lite")]
    answer = forecast(fits, "N=70B,D=1.4T")
    answer.interval(0.9)

Heavy libraries load on first use, so importing the package costs little.
"""

# First, so that a signal during the other imports ends a command as later ones do.
import copyreg
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import forecaster.cli.interrupt  # noqa: F401  # isort: split

if TYPE_CHECKING:
    from forecaster.assess.comparison.compare import compare as compare
    from forecaster.assess.comparison.result import Comparison as Comparison
    from forecaster.assess.sensitivity.result import Sensitivity as Sensitivity
    from forecaster.assess.sensitivity.sensitivity import sensitivity as sensitivity
    from forecaster.backtests.backtest import backtest as backtest
    from forecaster.backtests.folds import holdout as holdout, rolling_origins as rolling_origins
    from forecaster.backtests.result import Backtest as Backtest
    from forecaster.backtests.weighting import Weighting as Weighting, load_weighting as load_weighting, weigh as weigh
    from forecaster.batches.batch import batch as batch
    from forecaster.batches.result import Batch as Batch
    from forecaster.decide.allocation.allocate import allocate as allocate
    from forecaster.decide.allocation.result import Allocation as Allocation
    from forecaster.decide.price import Price as Price, price as price
    from forecaster.decide.requirement.require import require as require
    from forecaster.decide.requirement.result import Requirement as Requirement
    from forecaster.errors import ForecasterError as ForecasterError, GateError as GateError, InputError as InputError
    from forecaster.fits.fit import fit as fit
    from forecaster.fits.posterior import Fit as Fit
    from forecaster.fits.store import load_fits as load_fits, save_fits as save_fits
    from forecaster.fits.verdict import Verdict as Verdict
    from forecaster.forecasts.forecast import forecast as forecast
    from forecaster.forecasts.prior_predictive import (
        PriorPredictive as PriorPredictive,
        prior_predictive as prior_predictive,
    )
    from forecaster.forecasts.result import Forecast as Forecast
    from forecaster.laws.change_noise import with_noise as with_noise
    from forecaster.laws.change_priors import with_priors as with_priors
    from forecaster.laws.law import Law as Law, Preset as Preset
    from forecaster.laws.presets import predict as predict
    from forecaster.laws.shelf import default_laws as default_laws, law as law, shelf as shelf
    from forecaster.reports.report import report as report
    from forecaster.reports.result import Report as Report
    from forecaster.runs.check import Check as Check, check as check
    from forecaster.runs.examples import examples as examples, read_example as read_example
    from forecaster.runs.fetch.fetch import Fetched as Fetched, fetch as fetch
    from forecaster.runs.filter import thin as thin
    from forecaster.runs.points import Point as Point, Scenario as Scenario, scenario as scenario
    from forecaster.runs.read import read_runs as read_runs
    from forecaster.runs.table import Runs as Runs
    from forecaster.stats.mixture import Band as Band

_HELD = {
    "assess.comparison.compare": "compare",
    "assess.comparison.result": "Comparison",
    "assess.sensitivity.result": "Sensitivity",
    "assess.sensitivity.sensitivity": "sensitivity",
    "backtests.backtest": "backtest",
    "backtests.folds": "holdout rolling_origins",
    "backtests.result": "Backtest",
    "backtests.weighting": "Weighting load_weighting weigh",
    "batches.batch": "batch",
    "batches.result": "Batch",
    "decide.allocation.allocate": "allocate",
    "decide.allocation.result": "Allocation",
    "decide.price": "Price price",
    "decide.requirement.require": "require",
    "decide.requirement.result": "Requirement",
    "errors": "ForecasterError GateError InputError",
    "fits.fit": "fit",
    "fits.posterior": "Fit",
    "fits.store": "load_fits save_fits",
    "fits.verdict": "Verdict",
    "forecasts.forecast": "forecast",
    "forecasts.prior_predictive": "PriorPredictive prior_predictive",
    "forecasts.result": "Forecast",
    "laws.change_noise": "with_noise",
    "laws.change_priors": "with_priors",
    "laws.law": "Law Preset",
    "laws.presets": "predict",
    "laws.shelf": "default_laws law shelf",
    "reports.report": "report",
    "reports.result": "Report",
    "runs.check": "Check check",
    "runs.examples": "examples read_example",
    "runs.fetch.fetch": "Fetched fetch",
    "runs.filter": "thin",
    "runs.points": "Point Scenario scenario",
    "runs.read": "read_runs",
    "runs.table": "Runs",
    "stats.mixture": "Band",
}
"""The public names that each module holds, which is loaded when one of them is first asked for."""

_PLACES = {name: module for module, names in _HELD.items() for name in names.split()}

__all__ = [*_PLACES]


def _read_only(items: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(items)


# Nouns hold read-only mappings, which Python itself can neither copy nor send to another process.
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        # Kept, so that the next time it is found without asking here.
        globals()[name] = found = getattr(import_module(f"forecaster.{_PLACES[name]}"), name)
        return found
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("forecaster")
        except PackageNotFoundError:
            return "unknown"
    raise AttributeError(f"module 'forecaster' has no attribute {name!r}")
