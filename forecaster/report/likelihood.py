"""Probabilities in words: a fixed word for each range, and cases in twenty."""

from __future__ import annotations

from forecaster.report.table import percent, whole_percent

LIKELIHOOD_WORDS = (
    (5, "almost no chance"),
    (20, "very unlikely"),
    (45, "unlikely"),
    (55, "roughly even"),
    (80, "likely"),
    (95, "very likely"),
    (100, "almost certain"),
)
"""Upper ends in percent, after ICD 203; its outer words (1 to 5, 95 to 99) are extended to 0 and 100."""


def likelihood_word(probability: float) -> str:
    """The word that ICD 203 (US Intelligence Community Directive, 2015) gives a probability.

    The word is chosen by the whole percent that is printed beside it. Neighbouring words share their common end;
    there the weaker one is taken, so a word and its mirror image always stand for mirrored probabilities. Below 1%
    is still "almost no chance", above 99% still "almost certain".

    Args:
        probability: from 0 to 1.
    """
    whole = whole_percent(probability)
    if whole > 50:
        return next(word for end, word in LIKELIHOOD_WORDS if whole <= end)
    return next(word for _, word in reversed(LIKELIHOOD_WORDS) if whole >= _start(word))


def word_range(word: str) -> str:
    """A likelihood word with what it stands for, "likely (55 to 80%)"."""
    end = next(end for end, each in LIKELIHOOD_WORDS if each == word)
    return f"{word} ({_start(word)} to {end}%)"


def _start(word: str) -> int:
    ends = [0, *(end for end, _ in LIKELIHOOD_WORDS)]
    return next(start for start, (_, each) in zip(ends, LIKELIHOOD_WORDS, strict=False) if each == word)


def odds(probability: float) -> str:
    """A probability as cases in twenty, "12 in 20"; open at the ends, below 5% and above 95%."""
    whole = whole_percent(probability)
    if whole < 5:
        return "less than 1 in 20"
    if whole > 95:
        return "more than 19 in 20"
    return f"{round(whole / 5)} in 20"


def chance(probability: float) -> str:
    """A probability as a number, as cases in twenty and as a word: "62% (about 12 in 20, likely)"."""
    whole = whole_percent(probability)
    about = "about " if 5 <= whole <= 95 and whole % 5 else ""
    return f"{percent(probability)} ({about}{odds(probability)}, {likelihood_word(probability)})"
