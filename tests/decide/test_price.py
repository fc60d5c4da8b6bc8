"""Prices and amounts: arithmetic, ranges, files, and what is refused."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from forecaster.decide.amount import Amount, amount
from forecaster.decide.price import BUNDLED, KEYS, UNITS, price
from forecaster.errors import InputError, UsageError

FLOP = np.full((1, 4000), 3.6e21)


def test_known_values_multiply_exactly() -> None:
    exact = price("peak=1e15,utilisation=0.5,price=3,count=100,power=1,overhead=1.2")
    cost = exact.cost(FLOP, np.ones(1), seed=1)
    hours = 3.6e21 / (1e15 * 0.5 * 3600)
    assert [cost.median(unit) for unit in UNITS] == pytest.approx([3 * hours, hours, hours * 1.2 / 1000, hours / 2400])
    assert cost.interval(0.9) == pytest.approx((3 * hours, 3 * hours))


def test_ranges_multiply_through() -> None:
    known = "peak=1e15,utilisation=0.5,count=100,power=1,overhead=1"
    one = price(f"{known},price=2..8").cost(FLOP, np.ones(1), seed=1)
    low, high = one.interval(0.9)
    assert low is not None and high is not None
    hours = 3.6e21 / (1e15 * 0.5 * 3600)
    assert (low, high) == pytest.approx((2 * hours, 8 * hours), rel=0.02)
    both = price(f"{known.replace('utilisation=0.5', 'utilisation=0.25..0.75')},price=2..8")
    wider = both.cost(FLOP, np.ones(1), seed=1).interval(0.9)
    assert wider[0] is not None and wider[1] is not None and wider[1] / wider[0] > high / low


def test_compute_that_is_never_enough_costs_without_end() -> None:
    flop = np.where(np.arange(4000) < 1000, np.inf, 1e22)[None, :]
    cost = price().cost(flop, np.ones(1), seed=1)
    assert cost.median() is not None and cost.interval(0.9)[1] is None


def test_every_default_has_a_value_a_source_and_a_date() -> None:
    page = tomllib.loads(BUNDLED.read_text("utf-8"))
    for key in KEYS:
        assert {"value", "unit", "source", "date"} == set(page[key]), key
        assert len(page[key]["source"]) > 20


def test_a_file_replaces_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('title = "our cluster"\nprice = "1..2"\n[count]\nvalue = 64\n', "utf-8")
    mine = price(path)
    assert mine.price == Amount(1, 2) and mine.count.low == 64 and mine.peak == price().peak
    assert mine.text.startswith("our cluster") and price(f"{path},count=32").count.low == 32


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ("speed=3", "no speed in a price"),
        ("price=free", "not a quantity"),
        ("price=3..2", "begins above its end"),
        ("utilisation=1.5", "above 1"),
        ("nowhere.toml", "no such price file"),
    ],
)
def test_a_wrong_price_is_refused_in_one_line(said: str, match: str) -> None:
    with pytest.raises((UsageError, InputError), match=match) as refusal:
        price(said)
    assert "\n" not in str(refusal.value)


def test_an_amount_is_log_normal_between_its_ends() -> None:
    found = amount("1T..20T")
    draws = found.draws(4000, seed=1)
    assert np.quantile(draws, [0.05, 0.95]) == pytest.approx([1e12, 2e13], rel=0.03)
    assert found.median == pytest.approx(np.sqrt(20) * 1e12) and amount("5T").known
    for wrong in ("", "0", "1..2..3", "5..x"):
        with pytest.raises(UsageError):
            amount(wrong, parameter="inference_tokens")
