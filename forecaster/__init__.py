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
    from forecaster.backtests.folds import holdout as holdout
    from forecaster.backtests.folds import rolling_origins as rolling_origins
    from forecaster.backtests.result import Backtest as Backtest
    from forecaster.backtests.weighting import Weighting as Weighting
    from forecaster.backtests.weighting import load_weighting as load_weighting
    from forecaster.backtests.weighting import weigh as weigh
    from forecaster.decide.allocation.allocate import allocate as allocate
    from forecaster.decide.allocation.result import Allocation as Allocation
    from forecaster.decide.price import Price as Price
    from forecaster.decide.price import price as price
    from forecaster.decide.requirement.require import require as require
    from forecaster.decide.requirement.result import Requirement as Requirement
    from forecaster.errors import ForecasterError as ForecasterError
    from forecaster.errors import GateError as GateError
    from forecaster.errors import InputError as InputError
    from forecaster.fits.fit import fit as fit
    from forecaster.fits.posterior import Fit as Fit
    from forecaster.fits.store import load_fits as load_fits
    from forecaster.fits.store import save_fits as save_fits
    from forecaster.fits.verdict import Verdict as Verdict
    from forecaster.forecasts.forecast import forecast as forecast
    from forecaster.forecasts.prior_predictive import PriorPredictive as PriorPredictive
    from forecaster.forecasts.prior_predictive import prior_predictive as prior_predictive
    from forecaster.forecasts.result import Forecast as Forecast
    from forecaster.laws.change_noise import with_noise as with_noise
    from forecaster.laws.change_priors import with_priors as with_priors
    from forecaster.laws.law import Law as Law
    from forecaster.laws.law import Preset as Preset
    from forecaster.laws.presets import predict as predict
    from forecaster.laws.shelf import default_laws as default_laws
    from forecaster.laws.shelf import law as law
    from forecaster.laws.shelf import shelf as shelf
    from forecaster.reports.report import report as report
    from forecaster.reports.result import Report as Report
    from forecaster.runs.check import Check as Check
    from forecaster.runs.check import check as check
    from forecaster.runs.examples import examples as examples
    from forecaster.runs.examples import read_example as read_example
    from forecaster.runs.points import Point as Point
    from forecaster.runs.points import Scenario as Scenario
    from forecaster.runs.points import scenario as scenario
    from forecaster.runs.read import read_runs as read_runs
    from forecaster.runs.table import Runs as Runs
    from forecaster.stats.mixture import Band as Band

_PLACES = {
    "allocate": "decide.allocation.allocate",
    "backtest": "backtests.backtest",
    "check": "runs.check",
    "compare": "assess.comparison.compare",
    "default_laws": "laws.shelf",
    "examples": "runs.examples",
    "fit": "fits.fit",
    "forecast": "forecasts.forecast",
    "holdout": "backtests.folds",
    "law": "laws.shelf",
    "load_fits": "fits.store",
    "load_weighting": "backtests.weighting",
    "predict": "laws.presets",
    "price": "decide.price",
    "prior_predictive": "forecasts.prior_predictive",
    "read_example": "runs.examples",
    "read_runs": "runs.read",
    "report": "reports.report",
    "require": "decide.requirement.require",
    "rolling_origins": "backtests.folds",
    "save_fits": "fits.store",
    "scenario": "runs.points",
    "sensitivity": "assess.sensitivity.sensitivity",
    "shelf": "laws.shelf",
    "weigh": "backtests.weighting",
    "with_noise": "laws.change_noise",
    "with_priors": "laws.change_priors",
    "Allocation": "decide.allocation.result",
    "Backtest": "backtests.result",
    "Band": "stats.mixture",
    "Check": "runs.check",
    "Comparison": "assess.comparison.result",
    "Fit": "fits.posterior",
    "Forecast": "forecasts.result",
    "ForecasterError": "errors",
    "GateError": "errors",
    "InputError": "errors",
    "Law": "laws.law",
    "Point": "runs.points",
    "Preset": "laws.law",
    "Price": "decide.price",
    "PriorPredictive": "forecasts.prior_predictive",
    "Report": "reports.result",
    "Requirement": "decide.requirement.result",
    "Runs": "runs.table",
    "Scenario": "runs.points",
    "Sensitivity": "assess.sensitivity.result",
    "Verdict": "fits.verdict",
    "Weighting": "backtests.weighting",
}
"""Every public name with the module that holds it, which is loaded when the name is first asked for."""

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
