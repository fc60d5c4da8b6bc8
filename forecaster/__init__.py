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

import forecaster.interrupt  # noqa: F401  # isort: split
from forecaster.backtest import Backtest, backtest
from forecaster.band import Band
from forecaster.check import Check, check
from forecaster.comparison import Comparison, compare
from forecaster.diagnosis import Verdict
from forecaster.errors import ForecasterError, GateError, InputError
from forecaster.example import examples, read_example
from forecaster.fit import fit
from forecaster.fold import holdout, rolling_origins
from forecaster.forecast import Forecast, forecast
from forecaster.law import Law
from forecaster.noise import with_noise
from forecaster.override import with_priors
from forecaster.posterior import Fit
from forecaster.preset import Preset
from forecaster.prior_predictive import PriorPredictive, prior_predictive
from forecaster.published import predict
from forecaster.report import Report, report
from forecaster.runs import Runs, read_runs
from forecaster.scenario import Point, Scenario, scenario
from forecaster.sensitivity import Sensitivity, sensitivity
from forecaster.shelf import default_laws, law, shelf
from forecaster.store import load_fits, save_fits
from forecaster.weighting import Weighting, load_weighting, weigh

if TYPE_CHECKING:
    from forecaster.decide.allocate import allocate
    from forecaster.decide.allocation import Allocation
    from forecaster.decide.price import Price, price
    from forecaster.decide.require import require
    from forecaster.decide.requirement import Requirement

_LATER = {
    "Allocation": "allocation", "Price": "price", "Requirement": "requirement", "allocate": "allocate",
    "price": "price", "require": "require",
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
