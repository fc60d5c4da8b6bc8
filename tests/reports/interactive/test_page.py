"""The explorer: what it ships, what it computes in a browser, and that nothing of a reader's file becomes markup."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsing import seen, text_of
from making import make_fit, make_runs

from forecaster.errors import UsageError
from forecaster.fits.extrapolation import STUDIED
from forecaster.fits.posterior import Fit
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.points import code_of
from forecaster.forecasts.result import Forecast
from forecaster.laws.families import with_families
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.law import is_count
from forecaster.laws.shelf import law
from forecaster.reports.interactive.controls import controls
from forecaster.reports.interactive.page import difference_sentence, explorer, explorer_absent, script_hashes
from forecaster.reports.interactive.thinning import thinned
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs, with_codes
from forecaster.show.probability import chance
from forecaster.stats.mixture import MASSES, weighted_quantile

CLOSE = 1e-10
HOSTILE = ("</script><script>alert(1)</script>", "<!--", "\u2028\u202e\"'&<img src=x onerror=alert(1)>", "x" * 10_000)
WEIGHTS = {"chinchilla": 0.5, "coupled": 0.3, "farseer_lite": 0.2}


def of_size_and_data() -> Forecast:
    runs = make_runs()
    fits = [make_fit(law(name), runs, spread=0.05, draws=500, seed=i) for i, name in enumerate(WEIGHTS)]
    return forecast(fits, "N=70B,D=1.4T", targets=[1.95, 1.9], weights=WEIGHTS, allow_failed_checks=True)


def of_size_alone() -> Forecast:
    N = np.geomspace(1e7, 1e10, 20)
    runs = read_runs(pd.DataFrame({"N": N, "loss": 1.7 + 400 / N**0.34}))
    fits = [make_fit(law(name), runs) for name in ("power_floor", "shifted_power_law")]
    return forecast(fits, "N=70B", targets=[1.8], weights="equal", allow_failed_checks=True)


def of_learning_rate() -> Forecast:
    lr = np.geomspace(1e-4, 1e-2, 30)
    runs = make_runs(lr=lr[::-1].copy(), batch=np.linspace(2e5, 3e6, 30))
    fits = [make_fit(law("learning_rate_batch"), runs)]
    return forecast(fits, {"N": 7e10, "D": 1.4e12, "lr": 1e-3, "batch": 2e6}, weights="equal", allow_failed_checks=True)


def of_a_score() -> Forecast:
    C = np.geomspace(1e18, 1e22, 20)
    runs = read_runs(pd.DataFrame({"C": C, "score": 0.1 + 0.6 / (1 + (1e20 / C) ** 0.5)}), columns="loss=score")
    fits = [make_fit(law("logistic"), runs)]
    return forecast(fits, "C=1e23", targets=[0.65], weights="equal", allow_failed_checks=True)


def of_families() -> Forecast:
    runs = with_codes(make_runs(family=[HOSTILE[i % 3] for i in range(30)]), "family")
    names = sorted(HOSTILE[:3])
    fits = [make_fit(with_families(law("chinchilla"), names, "family"), runs)]
    point = {"N": 7e10, "D": 1.4e12, **code_of([fit.law for fit in fits], HOSTILE[1])}
    return forecast(fits, point, targets=[1.95], weights="equal", allow_failed_checks=True)


MADE = {
    "size and data": (of_size_and_data, {"N": 2e11, "D": 3e11, "C": 5e26}),
    "size alone": (of_size_alone, {"N": 3e9}),
    "learning rate": (of_learning_rate, {"lr": 5e-4, "batch": 1e6, "D": 5e11}),
    "a score": (of_a_score, {"C": 4e24}),
    "families": (of_families, {"N": 1e10, "C": 1e24}),
}
"""Forecasts of every kind, each with the inputs that a reader then sets, one after the other."""


@pytest.fixture(scope="module")
def made() -> dict[str, Forecast]:
    return {name: make() for name, (make, _) in MADE.items()}


@pytest.fixture(scope="module")
def answer(made: dict[str, Forecast]) -> Forecast:
    return made["size and data"]


@pytest.fixture(scope="module")
def fragments(made: dict[str, Forecast]) -> dict[str, str]:
    return {name: str(explorer(each)) for name, each in made.items()}


def data_of(markup: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*?)</script>', markup, flags=re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def exponent(fit: Fit, values: Mapping[str, Any], inputs: Mapping[str, Any], d: float) -> np.ndarray:
    """The share by which what scale removes falls per e-fold at the table's top, on the path through a point."""

    def response(efolds: float) -> np.ndarray:
        there = {}
        for name, value in inputs.items():
            column = fit.design.columns[name]
            half = 0.5 if fit.runs.scale == "C" and column in ("N", "D") else 1.0 if column == fit.runs.scale else 0.0
            there[name] = value * math.exp(half * (efolds - d))
        logs = fit.references.log_centre | {n: math.log(x) for n, x in there.items() if is_count(fit.law, n)}
        return np.asarray(evaluate(fit.law.formula, {**values, **there}, logs=logs))

    with np.errstate(all="ignore"):
        end = np.nanmin([response(far) for far in (300.0, 100.0, 30.0, 10.0)], axis=0)
        found = (np.log(response(-0.01) - end) - np.log(response(0.01) - end)) / 0.02
    return np.where(np.isfinite(found), np.maximum(found, 0.0), 0.0)


def numpy_draws(answer: Forecast, data: Mapping[str, Any], at: Mapping[str, float]) -> list[np.ndarray]:
    """Responses of a new run by law, on the scale of the link, from what the page ships and the laws' own trees."""
    d = math.log(at[data["scale"]] / data["largest"])
    h = min(max(d, 0.0), math.log(STUDIED))
    found = []
    for shipped in data["laws"]:
        fit = next(fit for fit in answer.fits if fit.law.name == shipped["name"])
        bytes_ = base64.b64decode(shipped["draws"])
        table = np.frombuffer(bytes_, dtype="<f8").reshape(-1, len(shipped["columns"]))
        values: dict[str, Any] = dict(zip(shipped["columns"], table.T, strict=True)) | fit.references.values
        held = answer.points[0].at
        # A law may have more columns than the page ships: those of other families are never looked at.
        values = dict.fromkeys(fit.law.parameters, np.nan) | values
        inputs = fit.design.inputs_at(dict(held) | dict(at))
        logs = fit.references.log_centre | {
            name: math.log(value) for name, value in inputs.items() if is_count(fit.law, name)
        }
        m = fit.link.on(evaluate(fit.law.formula, values | inputs, logs=logs))
        scale = evaluate(fit.law.noise.scale, values | {"d": d})
        rate = exponent(fit, values, inputs, d) if shipped["exponent_moves"] and h > 0 else 1.0
        found.append(m + h * table[:, -1] * rate + scale * table[:, -2])
    return found


def numpy_answer(answer: Forecast, data: Mapping[str, Any], at: Mapping[str, float], target: float) -> list[float]:
    """Median, ends of the ranges and chance of a target."""
    weights = np.array([shipped["weight"] for shipped in data["laws"]])
    draws, link = numpy_draws(answer, data, at), answer.fits[0].link
    p = [0.5, *((1 + side * mass) / 2 for mass in MASSES for side in (-1, 1))]
    goal, above = link.threshold(target), answer.runs.improves_upward
    met = sum(w * (row >= goal if above else row <= goal).mean() for w, row in zip(weights, draws, strict=True))
    return [*map(float, link.back(weighted_quantile(draws, p, weights))), float(met)]


@pytest.mark.parametrize("name", MADE)
def test_what_is_shipped_is_the_forecasts_own_draws(
    name: str, made: dict[str, Forecast], fragments: dict[str, str]
) -> None:
    answer = made[name]
    point = answer.points[0]
    kept = thinned(answer, point, draws=400)
    data = data_of(fragments[name])
    for shipped, mine in zip(data["laws"], numpy_draws(answer, data, point.at), strict=True):
        whole = point.by_law[shipped["name"]].draws[0]
        assert mine == pytest.approx(whole[kept.rows[shipped["name"]]], rel=1e-12)


LISTEN = """
const faults = [], heard = {};
addEventListener("error", (event) => faults.push(String(event.message)));
addEventListener("securitypolicyviolation", (event) => faults.push(event.violatedDirective));
for (const name of ["error", "warn"]) console[name] = (...words) => faults.push(words.join(" "));
document.addEventListener("explored", (event) => { heard[event.target.id] = event.detail; }, true);
"""

MOVE = """
const said = [], right = (each) => each.getBoundingClientRect().right;
const look = (i) => {
  const root = document.getElementById(`explorer-${i}`);
  const text = (selector) => root.querySelector(selector).textContent;
  said.push({
    i, heard: heard[root.id], shown: text("[data-median]"), chance: text("[data-chance]"),
    low: root.querySelectorAll("[data-low]")[2].textContent, warnings: text("[data-warnings]"),
    refusal: text("[data-refusal]"), dots: root.querySelectorAll("circle").length,
    wide: Math.max(...[...root.querySelectorAll(":not(.explorer-unseen)")].map(right)) - right(root),
  });
};
const change = (i, selector, value) => {
  const field = document.querySelector(`#explorer-${i} ${selector}`);
  field.value = value(field);
  field.dispatchEvent(new Event("input"));
  look(i);
};
for (let i = 0; i < COUNT; i += 1) look(i);
for (const [i, j, value] of MOVES) change(i, `[data-input="${j}"]`, () => String(value));
change(0, '[data-slider="0"]', (slider) => slider.min);
change(0, "[data-target-slider]", (slider) => slider.max);
change(0, "[data-input]", () => "-7 bilion");
const fan = () => document.querySelector("#explorer-0 svg").innerHTML;
const first = fan();
document.querySelector("#explorer-0 [data-reset]").click();
look(0);
setTimeout(() => {
  const reset = fan();
  change(0, "[data-input]", () => "1B");
  setTimeout(() => {
    document.getElementById("said").textContent = JSON.stringify({ said, faults, fans: [first, reset, fan()] });
  }, 300);
}, 300);
"""


def told_by(fragments: list[str], moves: list[tuple[int, int, float]], folder: Path) -> Any:
    """What a page of explorers as wide as a phone says at first and after every move, under the card's own policy."""
    end = MOVE.replace("COUNT", str(len(fragments))).replace("MOVES", json.dumps(moves))
    body = f"<script>{LISTEN}</script>{''.join(fragments)}<pre id='said'></pre><script>{end}</script>"
    allowed = " ".join(f"'{each}'" for each in script_hashes(body))
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    page = f'<!DOCTYPE html><html lang="en">{head}<body style="width: 360px; margin: 0">{body}'
    return json.loads(text_of(seen(page, folder), "said"))


def test_the_numbers_follow_in_a_browser_and_are_numpys(
    made: dict[str, Forecast], fragments: dict[str, str], tmp_path: Path
) -> None:
    answers = list(made.values())
    pages = [each.replace("explorer-1", f"explorer-{i}") for i, each in enumerate(fragments.values())]
    moves = []
    for i, (each, (_, changes)) in enumerate(zip(answers, MADE.values(), strict=True)):
        names = [control.name for control in controls(each, each.points[0])]
        moves += [(i, names.index(changed), value) for changed, value in changes.items()]
    told = told_by(pages, moves, tmp_path)
    assert told["faults"] == []
    looks = told["said"]
    datas = [data_of(each) for each in pages]
    for look in looks:
        heard = look["heard"]
        said = [heard["median"], *(end for ends in heard["ranges"] for end in ends), heard["chance"]]
        expected = numpy_answer(answers[look["i"]], datas[look["i"]], heard["at"], heard["target"])
        assert said == pytest.approx(expected, rel=CLOSE), look
        assert look["chance"] == chance(heard["chance"])
        assert float(look["shown"]) == pytest.approx(heard["median"], abs=0.6 * 10 ** -len(look["shown"].split(".")[1]))
        assert look["dots"] > len(answers[look["i"]].runs) and look["wide"] < 1
    count = len(pages)
    first, moved = looks[:count], looks[count : count + len(moves)]
    for (i, j, value), look in zip(moves, moved, strict=True):
        name = controls(answers[i], answers[i].points[0])[j].name
        assert look["heard"]["at"][name] == value
        assert look["heard"]["median"] != first[i]["heard"]["median"]
        if {"N", "D", "C"} <= look["heard"]["at"].keys():
            at = look["heard"]["at"]
            assert at["C"] == pytest.approx(6 * at["N"] * at["D"], rel=1e-12)
    beyond = next(look for look in moved if look["heard"]["at"].get("C") == 5e26)
    assert "Beyond what was studied" in beyond["warnings"]
    assert first[0]["warnings"] == ""
    to_smallest, to_easiest, refused, back, _ = looks[-5:]
    assert to_smallest["heard"]["at"]["N"] == pytest.approx(1e7, rel=1e-6)
    assert to_easiest["heard"]["chance"] > to_smallest["heard"]["chance"]
    assert refused["heard"] == to_easiest["heard"] and "not a quantity above 0" in refused["refusal"]
    assert back["heard"] == first[0]["heard"]
    at_first, reset, moved_fan = told["fans"]
    assert at_first == reset != moved_fan


def test_at_the_cards_point_it_shows_the_cards_numbers_up_to_what_it_says(answer: Forecast) -> None:
    point = answer.points[0]
    kept = thinned(answer, point, draws=400)
    found = numpy_answer(answer, data_of(explorer(answer)), point.at, 1.95)
    ends = [end for mass in MASSES for end in point.predictive.interval(mass)]
    assert abs(found[0] - point.predictive.median) == pytest.approx(kept.here.median, abs=1e-9)
    assert np.abs(np.subtract(found[1:-1], ends)).max() == pytest.approx(kept.here.ends, abs=1e-9)
    assert abs(found[-1] - answer.probability(below=1.95)) <= kept.here.chance + 1e-9
    low, high = point.predictive.interval(0.9)
    assert kept.here.ends < 0.02 * (high - low)
    assert kept.elsewhere.ends > 0
    said = difference_sentence(answer, point, kept)
    assert f"{kept.kept:,} of them" in said and "all 6,000 draws" in said
    worse = replace(kept, here=replace(kept.here, ends=0.25, chance=0.013))
    assert "at most 0.25" in difference_sentence(answer, point, worse)
    assert "1.3 percentage points" in difference_sentence(answer, point, worse)


def test_laws_give_draws_by_their_weight(answer: Forecast) -> None:
    kept = thinned(answer, answer.points[0], draws=300)
    assert {name: len(rows) for name, rows in kept.rows.items()} == {
        "chinchilla": 450,
        "coupled": 270,
        "farseer_lite": 180,
    }
    assert all(len(set(rows)) == len(rows) for rows in kept.rows.values())


def test_a_law_without_weight_is_not_shipped() -> None:
    runs = make_runs()
    fits = [make_fit(law(name), runs) for name in ("chinchilla", "coupled")]
    weights = {"chinchilla": 1.0, "coupled": 0.0}
    answer = forecast(fits, "N=70B,D=1.4T", weights=weights, allow_failed_checks=True)
    assert [each["name"] for each in data_of(explorer(answer))["laws"]] == ["chinchilla"]


def test_names_from_a_file_stay_text(answer: Forecast) -> None:
    runs: Runs = replace(answer.runs, name=HOSTILE[0], response=HOSTILE[2] + HOSTILE[3])
    fits = tuple(replace(fit, runs=runs) for fit in answer.fits)
    markup = str(explorer(replace(answer, fits=fits)))
    assert markup.count("<script") == markup.count("</script") == 2 and "<img" not in markup
    assert len(markup) < 200_000
    assert "alert" not in markup.split("<script>")[1]


@pytest.mark.parametrize("name", MADE)
def test_it_is_small_and_fetches_nothing(name: str, fragments: dict[str, str]) -> None:
    markup = fragments[name]
    assert len(markup) < 350_000
    assert markup.count("<script") == 2
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|\bfetch\(|eval\(|new Function|\bimport\b|src=", markup)
    assert re.search(r"@media print \{ \.explorer \{ display: none", markup)


def test_many_draws_are_cut_to_what_a_page_can_carry(answer: Forecast) -> None:
    assert len(str(explorer(answer, draws=100_000))) < 350_000


def test_where_it_cannot_be_given_it_says_why(answer: Forecast) -> None:
    assert explorer_absent(answer) == ""
    point = answer.points[0]
    broken = replace(point, predictive=replace(point.predictive, draws=np.full_like(point.predictive.draws, np.nan)))
    lost = replace(answer, points=(broken,))
    assert "no finite range" in explorer_absent(lost)
    with pytest.raises(UsageError, match="no finite range"):
        explorer(lost)
