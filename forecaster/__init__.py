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
from forecaster.assess.comparison.compare import compare
from forecaster.assess.comparison.result import Comparison
from forecaster.assess.sensitivity.result import Sensitivity
from forecaster.assess.sensitivity.sensitivity import sensitivity
from forecaster.backtests.backtest import backtest
from forecaster.backtests.folds import holdout, rolling_origins
from forecaster.backtests.result import Backtest
from forecaster.backtests.weighting import Weighting, load_weighting, weigh
from forecaster.errors import ForecasterError, GateError, InputError
from forecaster.fits.fit import fit
from forecaster.fits.posterior import Fit
from forecaster.fits.store import load_fits, save_fits
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.prior_predictive import PriorPredictive, prior_predictive
from forecaster.forecasts.result import Forecast
from forecaster.laws.change_noise import with_noise
from forecaster.laws.change_priors import with_priors
from forecaster.laws.law import Law, Preset
from forecaster.laws.presets import predict
from forecaster.laws.shelf import default_laws, law, shelf
from forecaster.reports.report import report
from forecaster.reports.result import Report
from forecaster.runs.check import Check, check
from forecaster.runs.examples import examples, read_example
from forecaster.runs.points import Point, Scenario, scenario
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs
from forecaster.stats.mixture import Band

if TYPE_CHECKING:
    from forecaster.decide.allocation.allocate import allocate
    from forecaster.decide.allocation.result import Allocation
    from forecaster.decide.price import Price, price
    from forecaster.decide.requirement.require import require
    from forecaster.decide.requirement.result import Requirement

_LATER = {
    "Allocation": "allocation.result", "Price": "price", "Requirement": "requirement.result",
    "allocate": "allocation.allocate", "price": "price", "require": "requirement.require",
}  # fmt: skip
"""Decisions, each with its module: loaded when first asked for, so that every other command starts sooner."""

__all__ = [
    "Allocation",
    "Backtest",
    "Band",
    "Check",
    "Comparison",
    "Fit",
    "Forecast",
    "ForecasterError",
    "GateError",
    "InputError",
    "Law",
    "Point",
    "Preset",
    "Price",
    "PriorPredictive",
    "Report",
    "Requirement",
    "Runs",
    "Scenario",
    "Sensitivity",
    "Verdict",
    "Weighting",
    "allocate",
    "backtest",
    "check",
    "compare",
    "default_laws",
    "examples",
    "fit",
    "forecast",
    "holdout",
    "law",
    "load_fits",
    "load_weighting",
    "predict",
    "price",
    "prior_predictive",
    "read_example",
    "read_runs",
    "report",
    "require",
    "rolling_origins",
    "save_fits",
    "scenario",
    "sensitivity",
    "shelf",
    "weigh",
    "with_noise",
    "with_priors",
]


def _read_only(items: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(items)


# Nouns hold read-only mappings, which Python itself can neither copy nor send to another process.
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f"forecaster.decide.{_LATER[name]}"), name)
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("forecaster")
        except PackageNotFoundError:
            return "unknown"
    raise AttributeError(f"module 'forecaster' has no attribute {name!r}")
