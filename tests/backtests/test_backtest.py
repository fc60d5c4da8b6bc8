"""The backtest: nothing leaks, the baselines are what they say, and a known law is covered as promised."""

from __future__ import annotations

import json

import numpy as np
import pytest
from making import chinchilla_loss, make_runs

from forecaster.backtests.backtest import backtest, roll
from forecaster.backtests.baselines import frontier, huber_bootstrap, naive_last, naive_line
from forecaster.backtests.folds import Fold, holdout, rolling_origins
from forecaster.backtests.trial import stacked, try_folds
from forecaster.cli.main import main
from forecaster.errors import InputError
from forecaster.laws.shelf import law
from forecaster.runs.read import read_runs
from forecaster.runs.table import Runs

LAWS = ("chinchilla", "kaplan")


@pytest.fixture(scope="module")
def runs() -> Runs:
    return make_runs(sizes=6, lengths=6, noise=0.004)


def spoiled(fold: Fold, runs: Runs) -> Runs:
    """The same table with a signal in the hidden responses that only a leak could pick up."""
    table = runs.table.copy()
    hidden = table["C"] > fold.train.column("C").max()
    table.loc[hidden, "loss"] *= 3.0
    return read_runs(table)


def test_nothing_of_the_hidden_runs_leaks_into_their_forecast(runs: Runs) -> None:
    laws = [law(name) for name in LAWS]
    fold = holdout(runs, holdout=0.3)
    honest = backtest(runs, laws, [fold])
    other = spoiled(fold, runs)
    planted = backtest(other, laws, [holdout(other, holdout=0.3)])
    assert planted.weights == honest.weights
    widths = [column for column in honest.points if column.startswith("width")]
    assert planted.points[widths].equals(honest.points[widths])
    shift = planted.points["error"] - honest.points["error"]
    np.testing.assert_allclose(shift, -np.log(3.0), rtol=1e-9)


def test_earned_weights_prefer_the_law_that_made_the_table(runs: Runs) -> None:
    weights = stacked(roll(runs, [law(name) for name in LAWS]), LAWS)
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["chinchilla"] > 0.5
    small = runs.select(np.arange(len(runs)) < 14)
    assert roll(small, [law(name) for name in LAWS]) == ()
    assert stacked((), LAWS) == {"chinchilla": 0.5, "kaplan": 0.5}


def test_a_rolling_record_weighs_by_earlier_cuts_and_by_runs_that_were_shown(runs: Runs) -> None:
    laws = [law(name) for name in LAWS]
    folds = rolling_origins(runs)
    trials = try_folds(folds, laws)
    honest = backtest(runs, laws, folds)
    assert honest.weights[0] == {"chinchilla": 0.5, "kaplan": 0.5}
    other = spoiled(folds[-1], runs)
    planted = backtest(other, laws, rolling_origins(other))
    assert planted.weights == honest.weights
    # Had the second cut looked at all that the first hides, it would have weighed otherwise.
    assert honest.weights[1] != stacked(trials[:1], LAWS)
    assert honest.weights[1] == stacked(trials[:1], LAWS, shown_by=folds[1])


def test_a_backtest_scores_laws_mixture_and_baselines(runs: Runs) -> None:
    found = backtest(runs, [law(name) for name in LAWS], rolling_origins(runs), basis="equal")
    scores = {score.law: score for score in found.scores}
    assert list(scores) == [*LAWS, "mixture", "naive-last", "naive-line", "huber-bootstrap"]
    assert scores["mixture"].coverage["90"] > 0.8
    assert scores["chinchilla"].crps < scores["naive-line"].crps < scores["naive-last"].crps
    data = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert {"law", "points", "compute_ratio", "coverage", "width", "crps", "log_score", "rmsle"} <= set(
        data["backtest"][0]
    )
    assert all(set(row["coverage"]) == {"50", "80", "90", "95"} for row in data["backtest"])
    assert "mixture" in found.text


def test_a_run_hidden_by_several_cuts_counts_once(runs: Runs) -> None:
    folds = rolling_origins(runs)
    found = backtest(runs, [law("chinchilla")], folds, basis="equal")
    hidden = max(len(fold.test) for fold in folds)
    assert found.scores[0].clusters == hidden
    assert found.scores[0].points == sum(len(fold.test) for fold in folds)


def test_what_cannot_be_backtested_is_refused(runs: Runs) -> None:
    with pytest.raises(InputError, match="no cut"):
        backtest(runs, [law("chinchilla")], [])
    with pytest.raises(InputError, match="nonsense"):
        backtest(runs, [law("chinchilla")], [holdout(runs)], cluster="nonsense")
    with pytest.raises(InputError, match="weights"):
        backtest(runs, [law("chinchilla")], [holdout(runs)], basis="best")


def test_the_line_continues_a_power_law_and_the_last_value_stays() -> None:
    straight = make_runs(sizes=5, lengths=5, noise=0.0, loss=lambda N, D: 50 * (6 * N * D) ** -0.05)
    fold = holdout(straight)
    truth = np.log(fold.test.column("loss"))
    np.testing.assert_allclose(np.median(naive_line(fold, seed=1), axis=0), truth, atol=1e-3)
    last = np.log(fold.train.column("loss").min())
    np.testing.assert_allclose(np.median(naive_last(fold, seed=1), axis=0), last, atol=1e-3)


def test_the_frontier_has_one_run_a_budget() -> None:
    table = make_runs(sizes=4, lengths=4, noise=0.0).table
    budgets = np.geomspace(1e18, 1e20, 4)
    table = table.assign(C=np.repeat(budgets, 4) * (1 + 1e-12 * np.arange(16)))
    runs = read_runs(table)
    x, y = frontier(runs)
    assert len(x) <= 4
    assert (np.diff(x) > 1).all() and (np.diff(y) <= 0).all()
    assert y[-1] == np.log(table["loss"].min())


def test_the_huber_fit_finds_a_law_without_noise() -> None:
    clean = make_runs(sizes=7, lengths=7, noise=0.0)
    fold = holdout(clean, holdout=0.3)
    expected = np.log(chinchilla_loss(fold.test.column("N"), fold.test.column("D")))
    np.testing.assert_allclose(np.median(huber_bootstrap(fold, seed=1), axis=0), expected, atol=3e-3)


def test_the_command_prints_the_same_scores_as_json(
    runs: Runs, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"{tmp_path}/runs.csv"
    runs.table.to_csv(path, index=False)
    arguments = ["backtest", path, "--law", "chinchilla", "--weights", "equal", "--quiet"]
    assert main([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert main(arguments) == 0
    text = capsys.readouterr().out
    row = next(line for line in text.splitlines() if line.strip().startswith("chinchilla"))
    # The text rounds what JSON rounds to six places, so the last one printed may differ.
    assert any(abs(float(cell) - data["backtest"][0]["crps"]) < 5.1e-5 for cell in row.split() if "." in cell)
