"""Likelihood words from a file: the scales that ship, and the refusal of ranges that cannot be meant."""

import re
from pathlib import Path

import pytest

from forecaster.errors import UsageError
from forecaster.show.probability import Words, chance, icd203, likelihood_word, odds, read_words, scales

IPCC = read_words("ipcc")


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "exceptionally unlikely"),
        (0.01, "exceptionally unlikely"),
        (0.02, "extremely unlikely"),
        (0.05, "extremely unlikely"),
        (0.06, "very unlikely"),
        (0.1, "very unlikely"),
        (0.11, "unlikely"),
        (0.32, "unlikely"),
        (0.33, "about as likely as not"),
        (0.66, "about as likely as not"),
        (0.67, "likely"),
        (0.89, "likely"),
        (0.9, "very likely"),
        (0.95, "extremely likely"),
        (0.98, "extremely likely"),
        (0.99, "virtually certain"),
        (1.0, "virtually certain"),
    ],
)
def test_of_nested_ranges_the_narrowest_speaks(probability: float, word: str) -> None:
    assert likelihood_word(probability, IPCC) == word


def test_every_percent_has_a_word_whose_range_holds_it() -> None:
    for name in scales():
        found = read_words(name)
        for whole in range(101):
            word = found.word(whole / 100)
            assert word.low <= whole <= word.high


def test_a_chance_is_said_in_the_words_asked_for() -> None:
    assert chance(0.7, IPCC) == "70% (14 in 20, likely)"
    assert chance(0.97, IPCC) == "97% (more than 19 in 20, extremely likely)"
    assert "likely (66 to 100%)" in [str(word) for word in IPCC.words]
    assert read_words(IPCC) is IPCC
    assert read_words() == icd203()


def test_the_scales_that_ship_are_named() -> None:
    assert scales() == ("icd203", "ipcc")
    with pytest.raises(UsageError, match="no scale of likelihood words nato; give icd203, ipcc or a TOML file"):
        read_words("nato")


def page(*words: str, more: str = "") -> str:
    return f'name = "ours"\nsource = "us"\n{more}\nwords = [{", ".join(words)}]\n'


def word(low: object, high: object, name: str = "") -> str:
    return f'{{ low = {low}, high = {high}, word = "{name or f"from {low} to {high}"}" }}'


def read(text: str, folder: Path) -> Words:
    path = folder / "ours.toml"
    path.write_text(text, "utf-8")
    return read_words(path)


def test_a_scale_of_ones_own_is_read(tmp_path: Path) -> None:
    found = read(page(word(0, 50, "improbable"), word(50, 100, "probable")), tmp_path)
    assert found.name == "ours"
    assert likelihood_word(0.2, found) == "improbable"
    assert likelihood_word(0.8, found) == "probable"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (page(word(0, 60), word(40, 100)), r"from 0 to 60 \(0 to 60%\) and from 40 to 100 \(40 to 100%\) overlap"),
        (page(word(0, 60), word(40, 100), more="nested = true"), "cross"),
        (page(word(0, 50), word(0, 100)), "need nested = true"),
        (page(word(0, 40), word(60, 100)), "leaves a gap before from 60"),
        (page(word(5, 100)), "reach from 5 to 100%"),
        (page(word(0, 95)), "reach from 0 to 95%"),
        (page(word(50, 100), word(0, 50)), "reach from 50"),
        (page(word(0, 20), word(50, 100), word(20, 50)), "leaves a gap before from 50"),
        (page(word(0, 20), word(20, 100), word(20, 50), more="nested = true"), "out of order"),
        (page(word(0, 20), word(0, 100), word(20, 100), more="nested = true"), "never speak.*: from 0 to 100"),
        (page(word(0, 50, "same"), word(50, 100, "same")), "a word twice"),
        (page(word(0, 0), word(0, 100)), "word 1 needs low < high"),
        (page(word(0, 50.5), word(50, 100)), "word 1 needs low < high, whole percents"),
        (page(word("false", "true")), "word 1 needs low < high"),
        (page(word(0, 101)), "word 1 needs low < high"),
        (page(word(0, 100, "a\\u202eb")), "word 1 needs word: a printable text"),
        (page("7"), "word 1 is no table"),
        (page(word(0, 100)).replace("}", ", colour = 1 }"), "word 1 has colour; known are high, low, word"),
        (page(word(0, 100), more="scale = 1"), "has scale; known are"),
        (page(word(0, 100), more='nested = "yes"'), "nested is true or false"),
        (page(), "needs words"),
        ("words = [", "cannot be read as TOML"),
        (page(word(0, 100)).replace('name = "ours"', ""), "needs name: a printable text"),
    ],
)
def test_a_scale_that_cannot_be_meant_is_refused_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        read(text, tmp_path)
    assert refused.value.where.endswith("ours.toml")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        read_words(path)
    with pytest.raises(UsageError, match="no scale"):
        read_words(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "almost no chance"),
        (0.01, "almost no chance"),
        (0.04, "almost no chance"),
        (0.05, "very unlikely"),
        (0.06, "very unlikely"),
        (0.19, "very unlikely"),
        (0.2, "unlikely"),
        (0.44, "unlikely"),
        (0.45, "roughly even"),
        (0.5, "roughly even"),
        (0.55, "roughly even"),
        (0.56, "likely"),
        (0.8, "likely"),
        (0.81, "very likely"),
        (0.95, "very likely"),
        (0.96, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_a_word_stands_for_its_range(probability: float, word: str) -> None:
    assert likelihood_word(probability) == word


def test_a_word_and_its_opposite_stand_for_mirrored_probabilities() -> None:
    opposite = {
        "almost no chance": "almost certain",
        "very unlikely": "very likely",
        "unlikely": "likely",
        "roughly even": "roughly even",
    }
    opposite |= {there: here for here, there in opposite.items()}
    for whole in range(101):
        assert likelihood_word(1 - whole / 100) == opposite[likelihood_word(whole / 100)]


def test_a_word_says_what_it_stands_for() -> None:
    meaning = {word.word: str(word) for word in icd203().words}
    assert meaning["likely"] == "likely (55 to 80%)"
    assert meaning["almost no chance"] == "almost no chance (0 to 5%)"
    for whole in range(101):
        low, high = re.findall(r"\d+", meaning[likelihood_word(whole / 100)])
        assert int(low) <= whole <= int(high)


@pytest.mark.parametrize(
    ("probability", "cases"),
    [
        (0.0, "less than 1 in 20"),
        (0.04, "less than 1 in 20"),
        (0.05, "1 in 20"),
        (0.5, "10 in 20"),
        (0.62, "12 in 20"),
        (0.95, "19 in 20"),
        (0.96, "more than 19 in 20"),
        (1.0, "more than 19 in 20"),
    ],
)
def test_odds_count_cases_in_twenty(probability: float, cases: str) -> None:
    assert odds(probability) == cases


def test_a_chance_is_a_number_then_cases_then_a_word() -> None:
    assert chance(0.62) == "62% (about 12 in 20, likely)"
    assert chance(0.8) == "80% (16 in 20, likely)"
    assert chance(0.0004) == "under 1% (less than 1 in 20, almost no chance)"
    assert chance(1.0) == "over 99% (more than 19 in 20, almost certain)"
