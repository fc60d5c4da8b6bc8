"""A law of scores asked of error rates."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.errors import RunsError
from forecaster.fits.fit import fit
from forecaster.laws.choice import Choice
from forecaster.laws.formula.tree import evaluate
from forecaster.laws.shelf import DEFAULT_SCORE, DEFAULT_SCORE_ONE_INPUT, default_laws, law, of_error
from forecaster.runs.read import read_runs
from tests.runs.columns.test_response import FALLING, RISING, table


@pytest.mark.parametrize("name", dict.fromkeys((*DEFAULT_SCORE, *DEFAULT_SCORE_ONE_INPUT)))
def test_the_error_is_what_the_score_leaves_of_one(name: str) -> None:
    score, error = law(name), of_error(law(name))
    assert (error.name, error.link, error.of_score) == (name, "logit", False)
    assert {n: p.text for n, p in error.priors.items()} == {n: p.text for n, p in score.priors.items()}
    centre = {f"{each}0": 1e9 for each in score.inputs}
    drawn = score.draw_priors({**centre, "L0": 0.7, "S0": 1.0}, draws=50, seed=1)
    sampled = {n: drawn[n] for n in score.priors}
    at = dict.fromkeys(score.inputs, 30000000000.0)
    of_score = evaluate(score.formula, score.complete(sampled, {**centre, "L0": 0.7, "S0": 1.0}) | at)
    of_rate = evaluate(error.formula, error.complete(sampled, {**centre, "L0": 0.3, "S0": 1.0}) | at)
    np.testing.assert_allclose(of_rate, 1 - of_score, rtol=1e-9)


def test_a_table_of_errors_asks_the_laws_of_scores_turned_round() -> None:
    errors = read_runs(table("error", FALLING), columns="loss=error")
    scores = read_runs(table("accuracy", RISING), columns="loss=accuracy")
    assert [each.formula.text[:4] for each in Choice().of(errors)] == ["1 - "] * 3
    assert [each.name for each in Choice().of(errors)] == [each.name for each in Choice().of(scores)]
    assert [each.sha256 for each in default_laws(errors)] == [each.sha256 for each in Choice().of(errors)]
    with pytest.raises(RunsError, match="error is an error rate and logistic of scores"):
        fit(law("logistic"), errors)
    # A law that is not of scores is asked as it is.
    assert Choice((law("power_floor"),)).of(errors) == (law("power_floor"),)
    assert Choice((law("logistic"),)).of(scores) == (law("logistic"),)
