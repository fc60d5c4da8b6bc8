"""Scores: each agrees with its definition, and clusters count once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecaster.backtests.result import summarise
from forecaster.stats.scores import binomial_interval, crps, score_points


def score_point(y: float, draws: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    return dict(score_points(np.array([y]), draws[:, :, None], weights).iloc[0])


def normal_draws(count: int = 20_000) -> np.ndarray:
    return stats.norm.ppf((np.arange(count) + 0.5) / count)[None, :]


def test_a_standard_normal_scores_as_its_formulas_say() -> None:
    y = 0.7
    found = score_point(y, normal_draws(), np.ones(1))
    crps = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert found["crps"] == pytest.approx(crps, abs=1e-3)
    assert found["pit"] == pytest.approx(stats.norm.cdf(y), abs=1e-3)
    assert found["log_score"] == pytest.approx(stats.norm.logpdf(y), abs=0.02)
    assert found["error"] == pytest.approx(-y, abs=1e-3)
    assert found["width 90"] == pytest.approx(2 * stats.norm.ppf(0.95), abs=1e-3)
    assert (found["covered 50"], found["covered 80"]) == (0.0, 1.0)


def test_weights_make_a_mixture() -> None:
    draws = np.concatenate([normal_draws(), normal_draws() + 10])
    assert score_point(0.0, draws, np.array([0.25, 0.75]))["pit"] == pytest.approx(0.125, abs=1e-3)
    assert score_point(0.3, draws, np.array([1.0, 0.0]))["crps"] == pytest.approx(
        score_point(0.3, draws[:1], np.ones(1))["crps"], rel=1e-6
    )


def test_the_crps_is_that_of_the_reference_library() -> None:
    import scoringrules

    random = np.random.default_rng(1)
    draws, y = random.standard_t(3, (500, 7)), random.normal(size=7)
    w = random.dirichlet(np.ones(500))
    expected = scoringrules.crps_ensemble(y, draws.T, ens_w=np.broadcast_to(w, (7, 500)), estimator="qd")
    np.testing.assert_allclose(crps(y, draws, w), expected, rtol=1e-10)


def test_points_of_one_cluster_count_as_one() -> None:
    inside, outside = score_point(0.0, normal_draws(), np.ones(1)), score_point(9.0, normal_draws(), np.ones(1))
    rows = [{**inside, "ratio": 2.0, "cluster": "a"}] * 9 + [{**outside, "ratio": 4.0, "cluster": "b"}]
    score = summarise("x", pd.DataFrame(rows))
    assert score.points == 10
    assert score.clusters == 2
    assert score.coverage["90"] == pytest.approx(0.5)
    assert sum(score.pit) == pytest.approx(1)
    assert score.coverage_interval["90"] == binomial_interval(0.5, 2)


@pytest.mark.parametrize(("share", "trials"), [(0.0, 10), (1.0, 10), (0.9, 50)])
def test_the_binomial_interval_holds_the_share(share: float, trials: int) -> None:
    low, high = binomial_interval(share, trials)
    assert 0 <= low <= share <= high <= 1
    assert high - low < 0.35
