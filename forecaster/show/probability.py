"""Probabilities in words: a fixed word for each range, and cases in twenty."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from forecaster.errors import UsageError, clipped, listed
from forecaster.show.table import percent, whole_percent

FOLDER = Path(__file__).with_name("words")

LONGEST_WORD = 40


@dataclass(frozen=True)
class Word:
    """A likelihood word with what it stands for.

    Args:
        low: lower end of its range, a whole percent.
        high: upper end, likewise.
        word: such as "likely".
    """

    low: int
    high: int
    word: str

    def __str__(self) -> str:
        return f"{self.word} ({self.low} to {self.high}%)"

    def holds(self, other: Word) -> bool:
        """Whether another word's range lies inside this one's and is narrower."""
        return self.low <= other.low and other.high <= self.high and self.high - self.low > other.high - other.low


@dataclass(frozen=True)
class Words:
    """A scale of likelihood words.

    Args:
        name: what a person calls it, "ICD 203".
        source: who fixed the ranges.
        words: each with its range, from the lowest up.
    """

    name: str
    source: str
    words: tuple[Word, ...]

    def word(self, probability: float) -> Word:
        """The word for a probability, chosen by the whole percent that is printed beside it.

        Of ranges that lie inside one another the narrowest that applies speaks. Neighbours share their common end;
        there the one nearer to even is taken, the weaker claim.

        Args:
            probability: from 0 to 1.
        """
        whole = whole_percent(probability)
        near = [each for each in self.words if each.low <= whole <= each.high]
        narrowest = [each for each in near if not any(each.holds(other) for other in near)]
        return min(narrowest, key=lambda each: abs(each.low + each.high - 100))


def read_words(source: str | Path | Words = "icd203") -> Words:
    """A scale of likelihood words, by its name here (icd203, ipcc) or from a TOML file.

    The file has a `name`, a `source`, and `words`: a list of {low, high, word} in whole percent, from the lowest up,
    each range beginning where the one before it ends, from 0 to 100. With `nested = true` ranges may also lie inside
    one another, as "very likely" (90 to 100) inside "likely" (66 to 100); then the narrowest that applies is used.

    Raises:
        UsageError: no such scale or file; or ranges that cross, leave a gap, are out of order or can never speak.
    """
    if isinstance(source, Words):
        return source
    text = str(source)
    path = FOLDER / f"{text}.toml" if text in scales() else Path(source)
    if path.suffix != ".toml" or not path.is_file():
        known = ", ".join(scales())
        raise UsageError(f"there is no scale of likelihood words {clipped(text, 200)}; give {known} or a TOML file")
    return _read(path)


def scales() -> tuple[str, ...]:
    """The names of the scales that ship."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def _read(path: Path) -> Words:
    try:
        page = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read as TOML ({error})", where=str(path)) from None
    try:
        _refuse_unknown(page, {"name", "source", "nested", "words"})
        if not isinstance(page.get("words"), list) or not page["words"]:
            raise ValueError('needs words = [{ low = 0, high = 5, word = "..." }, ...]')
        if not isinstance(nested := page.get("nested", False), bool):
            raise ValueError("nested is true or false")
        words = tuple(_word(each, number) for number, each in enumerate(page["words"], 1))
        found = Words(_text(page, "name"), _text(page, "source", longest=300), words)
        _refuse_bad_ranges(found, nested=nested)
    except ValueError as error:
        raise UsageError(f"{error}", where=str(path)) from None
    return found


def _word(given: Any, number: int) -> Word:
    where = f"word {number}"
    if not isinstance(given, dict):
        raise ValueError(f'{where} is no table; write {{ low = 0, high = 5, word = "..." }}')
    _refuse_unknown(given, {"low", "high", "word"}, where)
    low, high = given.get("low"), given.get("high")
    if type(low) is not int or type(high) is not int or not 0 <= low < high <= 100:
        raise ValueError(f"{where} needs low < high, whole percents from 0 to 100")
    return Word(low, high, _text(given, "word", where))


def _text(given: dict[str, Any], key: str, where: str = "", *, longest: int = LONGEST_WORD) -> str:
    text = given.get(key)
    if not isinstance(text, str) or not text.strip() or not text.isprintable() or len(text) > longest:
        said = f"{where} needs {key}" if where else f"needs {key}"
        raise ValueError(f"{said}: a printable text of at most {longest} characters")
    return text


def _refuse_unknown(given: dict[str, Any], known: set[str], where: str = "the file") -> None:
    if more := sorted(set(given) - known):
        raise ValueError(f"{where} has {listed(more)}; known are {', '.join(sorted(known))}")


def _refuse_bad_ranges(found: Words, *, nested: bool) -> None:
    words = found.words
    if len({each.word for each in words}) < len(words):
        raise ValueError("names a word twice")
    if words[0].low != 0 or max(each.high for each in words) != 100:
        raise ValueError(
            f"leaves a gap: the ranges reach from {words[0].low} to {max(w.high for w in words)}%, not 0 to 100%"
        )
    reached = 0
    for one, other in pairwise(words):
        if (other.low, other.high) <= (one.low, one.high):
            raise ValueError(f"is out of order: {other} comes after {one}")
        reached = max(reached, one.high)
        if other.low > reached:
            raise ValueError(f"leaves a gap before {other}")
    for index, one in enumerate(words):
        for other in words[index + 1 :]:
            if other.low >= one.high or (nested and (one.holds(other) or other.holds(one))):
                continue
            cure = "cross" if nested else "overlap; ranges inside one another need nested = true"
            raise ValueError(f"{one} and {other} {cure}")
    spoken = {found.word(whole / 100).word for whole in range(101)}
    if never := [each.word for each in words if each.word not in spoken]:
        raise ValueError(f"has words that never speak, since narrower ranges cover theirs: {listed(never)}")


@cache
def icd203() -> Words:
    """The default scale, of US Intelligence Community Directive 203."""
    return read_words("icd203")


def likelihood_word(probability: float, words: Words | None = None) -> str:
    """The word for a probability.

    Below 1% is still "almost no chance" and above 99% still "almost certain" by the default scale.

    Args:
        probability: from 0 to 1.
        words: the scale; ICD 203 where not given.
    """
    return (words or icd203()).word(probability).word


def odds(probability: float) -> str:
    """A probability as cases in twenty, "12 in 20"; open at the ends, below 5% and above 95%."""
    whole = whole_percent(probability)
    if whole < 5:
        return "less than 1 in 20"
    if whole > 95:
        return "more than 19 in 20"
    return f"{round(whole / 5)} in 20"


def chance(probability: float, words: Words | None = None) -> str:
    """A probability as a number, as cases in twenty and as a word: "62% (about 12 in 20, likely)"."""
    whole = whole_percent(probability)
    about = "about " if 5 <= whole <= 95 and whole % 5 else ""
    return f"{percent(probability)} ({about}{odds(probability)}, {likelihood_word(probability, words)})"


def words_sentence(probabilities: list[float], words: Words | None = None) -> str:
    """What the words used for some chances stand for; empty without any."""
    scale = words or icd203()
    used = dict.fromkeys(str(scale.word(probability)) for probability in probabilities)
    return f"Words stand for fixed ranges ({scale.name}): {', '.join(used)}." if used else ""
