"""The evidence grade: each letter from its stated rule, the weakest decides, and it knows nothing of likelihood."""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from making import HELD, make_fit, make_record, make_runs

from forecaster.backtests.result import Backtest
from forecaster.backtests.weighting import Weighting
from forecaster.fits.extrapolation import LANGUAGE_LOSS, OTHER_RESPONSE, studied
from forecaster.fits.power_scaling import Power
from forecaster.fits.verdict import Verdict
from forecaster.forecasts.evidence.grade import Grade, expected_coverage, farthest_tested, grade, own_score
from forecaster.forecasts.evidence.rules import RULES
from forecaster.forecasts.forecast import forecast
from forecaster.forecasts.result import Forecast
from forecaster.laws.shelf import law
from forecaster.runs.points import Target
from forecaster.runs.table import Runs

LAWS = ("chinchilla", "coupled")


def ask(record: Backtest | None, *, names: tuple[str, ...] = LAWS, runs: Runs | None = None) -> Forecast:
    runs = record.runs if record is not None else runs or make_runs()
    weighting = Weighting({name: 1 / len(names) for name in names}, "extrapolation", "earned", record)
    fits = [make_fit(law(name), runs, E=1.8) for name in names]
    answer = forecast(fits, "N=10B,D=200B", weights=weighting, allow_failed_checks=True)
    passed = {name: Verdict("pass", 1.0, 4000, 0) for name in names}
    return replace(answer, verdicts=passed, unchecked=False)


@pytest.fixture(scope="module")
def answer() -> Forecast:
    return ask(make_record(make_runs(), HELD))


def unstudied(answer: Forecast) -> Forecast:
    """The same of a response that no publication told of."""
    return replace(answer, extrapolation=OTHER_RESPONSE)


def line(answer: Forecast, name: str, **point: Any) -> tuple[str, str]:
    """One criterion's letter and value, with parts of the point replaced."""
    found = grade(answer, replace(answer.points[0], **point))
    return next((each.letter, each.value) for each in found.criteria if each.name == name)


def with_record(answer: Forecast, record: Backtest | None) -> Forecast:
    return replace(answer, weighting=replace(answer.weighting, record=record))


@pytest.mark.parametrize(
    ("name", "numbers", "letter"),
    [
        ("distance", (0.5,), "A"),
        ("distance", (30,), "A"),
        ("distance", (31,), "B"),
        ("distance", (100,), "B"),
        ("distance", (110,), "C"),
        ("distance", (1000,), "C"),
        ("distance", (1100,), "D"),
        ("runs", (50,), "A"),
        ("runs", (49,), "B"),
        ("runs", (25,), "B"),
        ("runs", (24,), "C"),
        ("runs", (15,), "C"),
        ("runs", (14,), "D"),
        ("decades of scale", (3.0,), "A"),
        ("decades of scale", (2.9,), "B"),
        ("decades of scale", (2.0,), "B"),
        ("decades of scale", (1.9,), "C"),
        ("decades of scale", (1.0,), "C"),
        ("decades of scale", (0.9,), "D"),
        ("coverage", (0.85,), "A"),
        ("coverage", (0.84,), "B"),
        ("coverage", (0.75,), "B"),
        ("coverage", (0.74,), "C"),
        ("coverage", (0.6,), "C"),
        ("coverage", (0.59,), "D"),
        ("agreement of laws", (0.0,), "A"),
        ("agreement of laws", (0.25,), "A"),
        ("agreement of laws", (0.26,), "B"),
        ("agreement of laws", (0.5,), "B"),
        ("agreement of laws", (0.51,), "C"),
        ("agreement of laws", (1.0,), "C"),
        ("agreement of laws", (1.01,), "D"),
        ("prior dominance", (0.25,), "A"),
        ("prior dominance", (0.26,), "B"),
        ("prior dominance", (0.5,), "B"),
        ("prior dominance", (0.51,), "C"),
        ("prior dominance", (0.75,), "C"),
        ("prior dominance", (0.76,), "D"),
        ("checks", (0, 0), "A"),
        ("checks", (1, 0), "C"),
        ("checks", (0, 1), "D"),
        ("checks", (3, 1), "D"),
    ],
)
def test_a_letter_ends_at_its_threshold(name: str, numbers: tuple[float, ...], letter: str) -> None:
    assert RULES[name].letter(*numbers) == letter


def test_the_words_of_a_rule_hold_its_thresholds() -> None:
    assert RULES["runs"].text == "A: 50 or more, B: 25 or more, C: 15 or more, D: fewer, or than a law's parameters"
    for name, rule in RULES.items():
        assert [level.letter for level in rule.levels] == [each for each in "ABCD" if f"{each}: " in rule.text]
        for level in rule.levels:
            for bound in (bound for bound in level.bounds if 0 < bound < np.inf):
                share = name in ("coverage", "prior dominance") and bound < 1
                said = f"{bound:.0%}" if share else f"{bound:,g}"
                assert said in rule.text


def test_priors_that_move_the_answer_more_than_the_data_cost_letters(
    answer: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_law(sensitivities: dict[str, tuple[float, float]]) -> tuple[str, str]:
        monkeypatch.setattr(
            "forecaster.fits.power_scaling.power_scale",
            lambda fit, at, *, only_response: (Power(fit.law.name, "response", *sensitivities[fit.law.name]),),
        )
        # What was told before is kept.
        monkeypatch.setattr("forecaster.fits.power_scaling._shares", {})
        return line(answer, "prior dominance", compute_ratio=answer.points[0].compute_ratio)

    names = list(answer.weights)
    assert by_law(dict.fromkeys(names, (0.02, 0.08))) == ("A", "20% is the priors', 80% the data's")
    assert by_law(dict.fromkeys(names, (0.16, 0.04))) == ("D", "80% is the priors', 20% the data's")
    assert by_law(dict.fromkeys(names, (np.nan, 0.04))) == ("D", "cannot be told from these draws")
    # Laws count by their weight.
    one = {name: (0.1, 0.0) if name == names[0] else (0.0, 0.1) for name in names}
    share = round(answer.weights[names[0]] / sum(answer.weights.values()), 2)
    assert by_law(one)[1] == f"{share:.0%} is the priors', {1 - share:.0%} the data's"


def test_the_weakest_line_decides(answer: Forecast) -> None:
    found = grade(answer, answer.points[0])
    assert [each.name for each in found.criteria] == list(RULES)
    assert found.letter == max(each.letter for each in found.criteria)
    letters = [replace(each, letter="A") for each in found.criteria]
    for index, name in enumerate(RULES):
        worse = [*letters[:index], replace(letters[index], letter="C"), *letters[index + 1 :]]
        assert Grade("C", tuple(worse)).weakest == (worse[index],)
        assert f"Evidence grade C: the weakest line is {name} (" in Grade("C", tuple(worse)).text
    assert Grade("A", tuple(letters)).weakest == ()
    assert Grade("A", tuple(letters)).text == "Evidence grade A: every line has that letter."


def test_a_point_far_beyond_what_was_backtested_is_no_better_than_c(answer: Forecast) -> None:
    near = with_record(answer, make_record(answer.runs, HELD, farthest=3.0))
    assert line(near, "distance", compute_ratio=30.0) == ("A", "30 times the largest run, backtested to 3")
    assert line(near, "distance", compute_ratio=31.0) == ("C", "31 times the largest run, backtested to 3")
    assert line(near, "distance", compute_ratio=90.0)[0] == "C"
    assert line(near, "distance", compute_ratio=2000.0)[0] == "D"
    assert line(near, "distance", compute_ratio=0.009)[1] == "within the scale that was measured, backtested to 3"
    none = with_record(answer, None)
    assert line(none, "distance", compute_ratio=2.0) == ("C", "2 times the largest run, nothing backtested")
    assert farthest_tested(none) == 0


def test_numbers_are_judged_as_they_are_printed(answer: Forecast) -> None:
    assert line(answer, "distance", compute_ratio=30.4) == ("A", "30 times the largest run, backtested to 20")
    assert line(answer, "distance", compute_ratio=30.6)[0] == "B"
    almost = unstudied(with_record(answer, make_record(answer.runs, HELD | {"mixture": 0.596}, hidden=500)))
    assert line(almost, "coverage") == ("C", "never studied; 60% of 500 hidden runs of this table")


def test_runs_and_their_span_are_counted(answer: Forecast) -> None:
    assert line(answer, "runs") == ("B", "30")
    assert line(answer, "decades of scale") == ("A", "4.5")
    small = answer.runs.select(answer.runs.column("C") > 0.02 * answer.runs.column("C").max())
    fewer = replace(answer, fits=tuple(replace(fit, runs=small) for fit in answer.fits))
    assert line(fewer, "runs") == (RULES["runs"].letter(len(small)), f"{len(small)}")
    assert line(fewer, "decades of scale")[0] == "C"


@pytest.mark.parametrize("ratio", [0.5, 2.0, 20.0, 50.0, 500.0])
@pytest.mark.parametrize("informed", [True, False])
def test_coverage_is_the_studys_at_the_distance_whatever_the_tables_record(
    answer: Forecast, ratio: float, informed: bool
) -> None:
    term = LANGUAGE_LOSS.informed([np.zeros(len(LANGUAGE_LOSS.grid))] if informed else [])
    asked = replace(answer, extrapolation=term)
    steps = [step for step in studied(ratio, farthest_tested(asked), informed=informed) if step.told]
    assert len(steps) in ((2, 1) if informed else (1,))
    share = round(min(step.share for step in steps), 2)
    seen = (RULES["coverage"].letter(share), f"{share:.0%} where such ranges were studied")
    assert line(asked, "coverage", compute_ratio=ratio) == seen
    assert line(with_record(asked, None), "coverage", compute_ratio=ratio)[1].endswith("were studied")


def test_where_nothing_was_studied_the_record_counts_for_no_more_than_c(answer: Forecast) -> None:
    asked = unstudied(answer)
    assert line(asked, "coverage") == ("C", "never studied; 90% of 40 hidden runs of this table")
    repeated = with_record(asked, make_record(answer.runs, HELD, hidden=10, repeats=4))
    assert line(repeated, "coverage")[1].startswith("never studied; 90% of 10 hidden runs")


def test_one_law_has_nothing_to_agree_with() -> None:
    alone = unstudied(ask(make_record(make_runs(), HELD), names=("chinchilla",)))
    assert line(alone, "coverage") == ("C", "never studied; 80% of 40 hidden runs of this table")
    assert line(alone, "agreement of laws") == ("C", "one law only, nothing to compare")
    assert grade(alone, alone.points[0]).letter == "C"


def test_without_study_and_track_record_coverage_is_d(answer: Forecast) -> None:
    none = unstudied(with_record(answer, None))
    assert line(none, "coverage") == ("D", "never studied, no track record")
    assert grade(none, none.points[0]).letter == "D"


def test_a_mixture_with_a_law_left_out_has_no_record_of_its_own() -> None:
    names = ("chinchilla", "coupled", "farseer_lite")
    three = ask(make_record(make_runs(), HELD | {"farseer_lite": 0.7}), names=names)
    failed = dict(three.verdicts) | {"farseer_lite": Verdict("fail", 1.4, 20, 7)}
    two = replace(three, weighting=three.weighting.of(LAWS), fits=three.fits[:2], verdicts=failed)
    two = replace(two, points=tuple(replace(p, by_law={name: p.by_law[name] for name in LAWS}) for p in two.points))
    assert own_score(three) is not None
    assert own_score(two) is None
    assert line(unstudied(two), "coverage") == ("D", "never studied, no track record of just these laws")
    assert line(two, "checks") == ("D", "1 of 3 laws failed or left out")


def bands(*medians: float) -> Mapping[str, Any]:
    return {name: SimpleNamespace(median=value) for name, value in zip(LAWS, medians, strict=True)}


def test_agreement_is_the_span_of_medians_over_the_range(answer: Forecast) -> None:
    predictive = SimpleNamespace(interval=lambda mass: (1.0, np.exp(0.1)) if mass == 0.9 else (1.0, 1.0))
    for apart, letter in ((0.0, "A"), (0.025, "A"), (0.026, "B"), (0.05, "B"), (0.1, "C"), (0.102, "D")):
        found = line(answer, "agreement of laws", predictive=predictive, by_law=bands(2.0, 2.0 * np.exp(-apart)))
        assert found == (letter, f"medians span {10 * apart:.2f} of the 90% range"), apart
    flat = SimpleNamespace(interval=lambda _: (1.0, 1.0))
    assert line(answer, "agreement of laws", predictive=flat, by_law=bands(2.0, 2.0))[0] == "D"


def test_a_law_without_weight_has_no_say_in_agreement(answer: Forecast) -> None:
    silent = replace(answer, weighting=Weighting({"chinchilla": 1.0, "coupled": 0.0}, "given", "given by the user"))
    assert line(silent, "agreement of laws", by_law=bands(2.0, 20.0))[0] == "C"


def test_checks_are_those_of_every_law(answer: Forecast) -> None:
    assert line(answer, "checks") == ("A", "2 laws, all passed")
    review = replace(answer, verdicts=dict(answer.verdicts) | {"coupled": Verdict("review", 1.02, 500, 1)})
    assert line(review, "checks") == ("C", "1 of 2 laws for review")
    shown = replace(answer, verdicts=dict(answer.verdicts) | {"coupled": Verdict("fail", 1.2, 50, 9)})
    assert line(shown, "checks") == ("D", "1 of 2 laws failed or left out")


def test_a_grade_is_json_ready(answer: Forecast) -> None:
    found = grade(answer, answer.points[0])
    data = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert data["letter"] == found.letter
    assert data["weakest"] == [each.name for each in found.weakest]
    assert [set(each) for each in data["criteria"]] == [{"name", "letter", "value", "rule"}] * 7


def test_a_grade_knows_nothing_of_the_outcome(answer: Forecast) -> None:
    assert grade(
        replace(answer, targets=(Target(0.1, above=False), Target(9.0, above=False))), answer.points[0]
    ) == grade(answer, answer.points[0])


def test_json_carries_the_studys_coverage_where_there_is_any(answer: Forecast) -> None:
    (said,) = (point["expected_coverage"] for point in json.loads(json.dumps(answer.as_dict()))["forecast"])
    steps = expected_coverage(answer, answer.points[0])
    assert said["90"] == min(step.share for step in steps)
    assert [step["by"] for step in said["steps"]] == [step.by for step in steps]
    assert unstudied(answer).as_dict()["forecast"][0]["expected_coverage"] is None


def test_a_point_over_ten_times_beyond_what_the_cuts_tested_is_warned_of() -> None:
    runs = make_runs()
    fits = [make_fit(law(name), runs, E=1.8) for name in LAWS]
    term = LANGUAGE_LOSS.informed([np.zeros(len(LANGUAGE_LOSS.grid))])
    shares = dict.fromkeys(LAWS, 0.5)
    codes = []
    for farthest in (50.0, 1.5):
        record = make_record(runs, HELD, farthest=farthest)
        weighting = Weighting(shares, "extrapolation", "earned", record, term)
        (point,) = forecast(fits, "N=30B,D=1T", weights=weighting, allow_failed_checks=True).points
        assert point.compute_ratio > 15
        codes.append({note.code for note in point.notes})
    assert "beyond-tested" not in codes[0] and "beyond-tested" in codes[1]
