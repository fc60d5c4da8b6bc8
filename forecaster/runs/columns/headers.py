"""Headers: what each one means, judged by its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from forecaster.inputs import INPUTS
from forecaster.runs.columns.units import Unit, split_unit
from forecaster.runs.columns.vocabulary import (
    ALIASES,
    BARS,
    COMPUTE,
    DATA,
    DAYS,
    EMBEDDING,
    EVALUATION,
    EXAMPLES,
    FLOPS,
    MAY_STAND,
    NEUTRAL,
    NO,
    NO_RESPONSE,
    PARAMETERS,
    PARTS,
    RESPONSES,
    SEEN,
    TOKENS,
    TRAINING,
    UNIQUE,
    WITH,
    plain,
    word_set,
)

NUMBERS = (*INPUTS, "loss", "loss_se")

STANDARD = (*NUMBERS, "family", "date")

_MEANT = {alias: standard for standard, aliases in ALIASES.items() for alias in aliases.split()}

# Most of many headers hold none of these, and nothing more is asked of them.
_ROOT = re.compile(
    r"param|tok|flo[ps]|comput|days|loss|nll|xent|entropy|likelihood|bp[bc]|bits|size|emb|seen|train|^[ncdu](?![^\W\d_])",
    flags=re.IGNORECASE,
)

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_WORD = re.compile(r"[^\W_]+")

LONGEST_RUN_TOGETHER = 40

_NOT_COUNTS = re.compile(r"tokeni|parameteri|parametri|hyper")


@dataclass(frozen=True)
class Meaning:
    """What a header seems to mean.

    Args:
        standard: the standard column.
        rank: 0 for an exact name, 1 for a usual one, 2 for one whose every word is understood, 3 for such a count of
            parameters without embeddings, 4 where a word is not understood.
        unit: that the header names; None where it names none.
        training: whether it is a training loss.
        twin: of a loss: `plain` for one that says no more, `evaluation` for one that says just that it is one.
    """

    standard: str
    rank: int
    unit: Unit | None = None
    training: bool = False
    twin: str = ""


def meaning(header: str) -> Meaning | None:
    """What a header seems to mean, by its name or its words; None where it means no standard column."""
    if header in STANDARD:
        return Meaning(header, 0, twin="plain" if header == "loss" else "")
    usual = _MEANT.get(plain(header))
    if usual is None and not _ROOT.search(header):
        return None
    words = words_of(header)
    if usual is not None and not ("/" in header and words & BARS - {"loss"}):
        return Meaning(usual, 1, twin=_twin(words) if usual == "loss" else "")
    if not _is_loss(words):
        if words & BARS and not words & DAYS:
            return None
        bare, unit = split_unit(header)
        if unit is not None and (counted := _counted(bare, unit)) is not None:
            return counted
    found = _of_words(words)
    if found is None:
        return None
    standard, rank = found
    loss = standard == "loss"
    return Meaning(standard, rank, training=loss and bool(words & TRAINING), twin=_twin(words) if loss else "")


def _counted(bare: str, unit: Unit) -> Meaning | None:
    """What a header with a unit means; None where the unit is not one of what is left."""
    words = words_of(bare) | (words_of(unit.text) & (PARAMETERS | TOKENS))
    usual = _MEANT.get(plain(bare))
    found = (
        (usual, 1)
        if usual is not None and usual in INPUTS
        else ("N", 2)
        if words - NEUTRAL == {"size"}
        else _of_words(words)
    )
    if found is None or found[0] not in INPUTS or (unit.flop and found[0] != "C"):
        return None
    # A small letter after a single one, as in "n_b", and a bare "TFLOPs", which may be a speed, are not taken for sure.
    alone = words <= FLOPS if unit.flop else len(bare) == 1
    return Meaning(found[0], found[1] if unit.sure or not alone else 4, unit)


def counted(header: str) -> str:
    """Which of N, D, C and U a header speaks of in words, "params" or "tokens"; empty for any other."""
    words = words_of(header)
    found = [
        said for said, nouns in (("N", PARAMETERS), ("U" if words & UNIQUE else "D", TOKENS), ("C", COMPUTE))
        if words & nouns
    ]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def words_of(header: str) -> frozenset[str]:
    """A header's words in lower case, split at signs, at inner capitals and where they were run together."""
    found = _WORD.findall(_CAMEL.sub(" ", header).lower())
    return frozenset(part for word in found for part in _apart(word))


def _of_words(words: frozenset[str]) -> tuple[str, int] | None:
    """The standard column that words speak of, and its rank as in `Meaning`."""
    if _is_loss(words):
        return None if words & NO_RESPONSE else ("loss", _rank(words, "loss"))
    counted = [bool(words & nouns) for nouns in (PARAMETERS, TOKENS, COMPUTE)]
    if words & (BARS | EVALUATION) or sum(counted) > 1 or any(_NOT_COUNTS.search(word) for word in words):
        return None
    if words & EMBEDDING or counted[0] or {"model", "size"} <= words:
        return _parameters(words)
    if counted[1]:
        standard = "U" if words & UNIQUE else "D"
        return standard, _rank(words, standard)
    if counted[2]:
        return "C", _rank(words, "C")
    if "size" in words and words & DATA:
        return "D", _rank(words, "D") if words & (TRAINING | {"dataset", "corpus"}) else 4
    if words & EXAMPLES and words & (SEEN | TRAINING):
        return "D", _rank(words, "D") if words & SEEN else 4
    if words - NEUTRAL == {"size"}:
        return "N", 4
    stems = (("D", "token"), ("N", "param"), ("C", "flop"))
    return next(((standard, 4) for standard, stem in stems if any(stem in word for word in words)), None)


def _parameters(words: frozenset[str]) -> tuple[str, int] | None:
    without, counts = bool(words & NO), bool(words & (PARAMETERS | {"n"}))
    if words & EMBEDDING and not (counts and (without or words & WITH)):
        return None
    rank = _rank(words, "N")
    return "N", 3 if rank == 2 and words & EMBEDDING and without else rank


def _is_loss(words: frozenset[str]) -> bool:
    pairs = ({"cross", "entropy"}, {"bits", "byte"}, {"log", "likelihood"})
    return bool(words & RESPONSES) or any(pair <= words for pair in pairs)


def _rank(words: frozenset[str], standard: str) -> int:
    return 4 if words - NEUTRAL - MAY_STAND[standard] else 2


def _twin(words: frozenset[str]) -> str:
    rest = words - word_set("config summary final last metrics history mean avg average")
    if rest == {"loss"}:
        return "plain"
    return "evaluation" if "loss" in rest and rest - {"loss"} and rest - {"loss"} <= EVALUATION else ""


@lru_cache(4096)
def _apart(word: str) -> tuple[str, ...]:
    """A word as the known parts that it was run together of; itself where it is known, or is made of anything else."""
    if not word.isalpha() or len(word) > LONGEST_RUN_TOGETHER or word in BARS or word in NO_RESPONSE or word in PARTS:
        return (word,)
    found = _split(word)
    return found if found else (word,)


def _split(word: str) -> tuple[str, ...]:
    if not word:
        return ()
    for part in PARTS:
        if word == part:
            return (part,)
        if word.startswith(part) and (rest := _split(word[len(part) :])):
            return (part, *rest)
    return ()
