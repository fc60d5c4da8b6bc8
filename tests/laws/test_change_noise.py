"""Another noise by name: what is said changes, the rest stays, and the page says what is sampled."""

from __future__ import annotations

import pytest
from making import make_fit, make_runs

from forecaster.errors import UsageError
from forecaster.laws.change_noise import with_noise
from forecaster.laws.page import read_law
from forecaster.laws.shelf import law, shelf


@pytest.mark.parametrize("name", shelf())
@pytest.mark.parametrize("words", ["Normal", "constant", "Normal,constant", "StudentT, growing"])
def test_every_law_takes_another_noise_and_its_page_reads_back(name: str, words: str) -> None:
    made = with_noise(law(name), words)
    again = read_law(made.text, name=name)
    assert again.sha256 == made.sha256
    assert made.sampled == law(name).sampled and made.formula == law(name).formula
    assert (made.noise.nu is None) == ("Normal" in words)
    if "constant" in words:
        assert "d" not in made.noise.scale.names and "growth" not in made.noise.sampled


def test_what_is_not_said_stays() -> None:
    kept = with_noise(law("chinchilla"), "Normal")
    assert kept.noise.scale.names == law("chinchilla").noise.scale.names
    assert set(kept.noise.sampled) == {"sigma", "growth"}
    back = with_noise(kept, "StudentT")
    assert back.noise.nu is not None and set(back.noise.sampled) == {"sigma", "growth", "tail"}
    assert with_noise(law("chinchilla"), "") == law("chinchilla")


def test_a_constant_noise_is_the_same_at_any_distance() -> None:
    made = make_fit(with_noise(law("chinchilla"), "constant"), make_runs(), draws=20)
    assert (made.noise_scale(0.0).values == made.noise_scale(5.0).values).all()
    growing = make_fit(law("chinchilla"), make_runs(), draws=20)
    assert (growing.noise_scale(0.0).values < growing.noise_scale(5.0).values).all()


def test_the_scale_of_the_noise_can_be_the_responses_own() -> None:
    assert with_noise(law("chinchilla"), "own").link == "own"
    assert with_noise(law("chinchilla"), "log").sha256 == law("chinchilla").sha256


@pytest.mark.parametrize(
    ("words", "said"), [("Cauchy", "is no noise"), ("own,logit", "contradict"), ("x" * 999, "...")]
)
def test_other_words_are_refused(words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        with_noise(law("chinchilla"), words)
