"""A price: what turns FLOP into money, accelerator-hours, energy and days."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from forecaster.decide.amount import Amount, amount
from forecaster.errors import InputError, UsageError, clipped, listed
from forecaster.stats.mixture import interval, quantiles, summary

BUNDLED = Path(__file__).with_name("prices.toml")

KEYS = ("peak", "utilisation", "price", "count", "power", "overhead")

APART = 1_000
"""Added to a seed, so that prices share no random number with a forecast's noise and drift."""

UNITS = {"USD": "USD", "accelerator_hours": "accelerator-hours", "MWh": "MWh", "days": "days"}
"""What a cost is counted in: its JSON keys, with the unit after each number."""


@dataclass(frozen=True)
class Price:
    """What one accelerator does and costs, each a number or a 90% range.

    Args:
        peak: FLOP/s.
        utilisation: share of the peak that training reaches, at most 1.
        price: USD for one accelerator-hour.
        count: accelerators used at once.
        power: kW drawn for one accelerator.
        overhead: power of the building over power of the servers.
        title: in a few words.
        sources: of each value, with its date.
    """

    peak: Amount
    utilisation: Amount
    price: Amount
    count: Amount
    power: Amount
    overhead: Amount
    title: str = ""
    sources: Mapping[str, str] = MappingProxyType({})

    def __post_init__(self) -> None:
        if self.utilisation.high > 1:
            raise UsageError(f"a utilisation of {self.utilisation.text} is above 1; give a share of the peak")

    def cost(self, flop: np.ndarray, weights: np.ndarray, *, seed: int) -> Cost:
        """What some compute costs; the price's own ranges multiply through as draws, independent of one another.

        Args:
            flop: draws, shape (law, sample).
            weights: of the laws, shape (law), summing to one.
            seed: of the price's random numbers.
        """
        draw = {name: getattr(self, name).draws(flop.shape[1], seed=seed + APART + i) for i, name in enumerate(KEYS)}
        utilisation = np.minimum(draw["utilisation"], 1.0)
        hours = flop / (draw["peak"] * utilisation * 3600)
        found = {
            "USD": hours * draw["price"],
            "accelerator_hours": hours,
            "MWh": hours * draw["power"] * draw["overhead"] / 1000,
            "days": hours / (24 * draw["count"]),
        }
        return Cost(draws=MappingProxyType(found), weights=weights, price=self)

    @property
    def text(self) -> str:
        """The assumptions in one line."""
        return (
            f"{clipped(self.title) or 'price given'}: {self.peak.text} FLOP/s at {self.utilisation.text} of peak, "
            f"{self.price.text} USD an hour, {self.count.text} accelerators, {self.power.text} kW each times "
            f"{self.overhead.text}"
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: both ends of each value."""
        return {"title": self.title, **{name: getattr(self, name).as_list() for name in KEYS}}


@dataclass(frozen=True, eq=False)
class Cost:
    """What a decision costs, as draws.

    Args:
        draws: by the keys of `UNITS`, each of shape (law, sample); infinite where the compute is.
        weights: of the laws, shape (law).
        price: by which it was reckoned.
    """

    draws: Mapping[str, np.ndarray]
    weights: np.ndarray
    price: Price

    def median(self, unit: str = "USD") -> float | None:
        """The value as likely to be exceeded as not; None where that lies among infinite draws."""
        return quantiles(self.draws[unit], self.weights, 0.5)[0]

    def interval(self, mass: float = 0.9, *, unit: str = "USD") -> tuple[float | None, float | None]:
        """The equal-tailed range that holds `mass`; an end is None where it lies among infinite draws."""
        return interval(self.draws[unit], self.weights, mass)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, by unit."""
        found = {unit: summary(self.draws[unit], self.weights) for unit in UNITS}
        return {**found, "price": self.price.as_dict()}


def price(said: str | Path | Price = "default") -> Price:
    """A price from a TOML file, the bundled one, or the bundled one with some values replaced.

    Args:
        said: `default`, the path of a file with the bundled one's keys, `utilisation=0.4,price=2..3`, or a file and
            replacements with commas between them.

    Raises:
        UsageError: a key that is not there, or a value that is no amount.
        InputError: the file cannot be read.
    """
    if isinstance(said, Price):
        return said
    file, replaced = BUNDLED, {}
    for part in (part.strip() for part in str(said).split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if equals and name in KEYS:
            replaced[name] = amount(value, parameter=f"price {name}")
        elif equals and not Path(part).exists():
            raise UsageError(f"there is no {clipped(name)} in a price; there are {listed(KEYS)}", parameter="price")
        elif part not in ("", "default"):
            file = Path(part)
    values, title, sources = _read(file)
    if replaced:
        title = f"{title}, with {listed(replaced)} as given"
    try:
        return Price(**(values | replaced), title=title, sources=MappingProxyType(sources))
    except UsageError as error:
        raise UsageError(error.message, parameter="price") from None


def _read(path: Path) -> tuple[dict[str, Amount], str, dict[str, str]]:
    """The values of a price file, its title, and where each value comes from."""
    try:
        page = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        said = "there is no such price file; `price` takes one, `default`, or price=2..3"
        raise InputError(said, where=str(path), named=("price",)) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot be read as a price file: {error}", where=str(path)) from None
    title = str(page.pop("title", path.stem))
    if unknown := sorted(set(page) - set(KEYS)):
        raise InputError(f"there is no {listed(unknown)} in a price; there are {listed(KEYS)}", where=str(path))
    entries = tomllib.loads(BUNDLED.read_text("utf-8"))
    entries.pop("title")
    entries |= {name: entry if isinstance(entry, dict) else {"value": entry} for name, entry in page.items()}
    values, sources = {}, {}
    for name in KEYS:
        if "value" not in entries[name]:
            raise InputError(f"[{name}] has no value", where=str(path))
        values[name] = amount(entries[name]["value"], where=f"{path}: {name}")
        sources[name] = "; ".join(str(entries[name][key]) for key in ("source", "date") if key in entries[name])
    return values, title, sources
