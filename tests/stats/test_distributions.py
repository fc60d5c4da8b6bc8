"""Prior families as a table: no family without a density, and each density that of its distribution."""

import numpy as np
import pytest
from scipy import stats

from forecaster.stats.distributions import FAMILIES, Family

X = np.array([0.11, 0.35, 0.62, 0.93])
KNOWN = {
    "Normal": ((0.2, 0.7), lambda x, mu, sigma: stats.norm.logpdf(x, mu, sigma)),
    "LogNormal": ((-0.4, 0.6), lambda x, mu, sigma: stats.norm.logpdf(np.log(x), mu, sigma)),
    "LogitNormal": ((0.3, 1.1), lambda x, mu, sigma: stats.norm.logpdf(np.log(x / (1 - x)), mu, sigma)),
    "StudentT": ((4.0, 0.1, 0.5), lambda x, nu, mu, sigma: stats.t.logpdf(x, nu, mu, sigma)),
    "HalfNormal": ((0.8,), lambda x, sigma: stats.halfnorm.logpdf(x, scale=sigma)),
    "Exponential": ((1.7,), lambda x, rate: stats.expon.logpdf(x, scale=1 / rate)),
    "Gamma": ((2.5, 3.0), lambda x, shape, rate: stats.gamma.logpdf(x, shape, scale=1 / rate)),
    "Beta": ((2.0, 3.5), lambda x, a, b: stats.beta.logpdf(x, a, b)),
    "Uniform": ((0.0, 1.0), lambda x, lower, upper: stats.uniform.logpdf(x, lower, upper - lower)),
}


def test_every_family_has_a_known_density_to_be_held_against() -> None:
    assert set(KNOWN) == set(FAMILIES)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_a_density_differs_from_the_known_one_by_a_constant_alone(name: str) -> None:
    arguments, known = KNOWN[name]
    off: list[float] = []
    # Away from every argument too, so that nothing that depends on one is left out.
    for moves in np.vstack([np.zeros(len(arguments)), 0.25 * np.eye(len(arguments))]):
        moved = np.array(arguments) + moves
        ours, theirs = FAMILIES[name].log_density(X, *moved), known(X, *moved)
        assert (np.isfinite(ours) == np.isfinite(theirs)).all()
        off += list(ours[np.isfinite(ours)] - theirs[np.isfinite(theirs)])
    assert np.ptp(off) < 1e-12


def test_no_family_can_be_made_without_a_density() -> None:
    given = {name: value for name, value in vars(FAMILIES["Normal"]).items() if name != "log_density"}
    with pytest.raises(TypeError, match="log_density"):
        Family(**given)
