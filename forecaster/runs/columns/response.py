"""What a response is: a language-model loss, a score, an error rate, or another quantity; and which way is better."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from forecaster.errors import RunsError, clipped
from forecaster.notes import Note
from forecaster.runs.columns.vocabulary import plain

Kind = Literal["loss", "score", "error", "positive", "signed"]

KINDS = tuple(kind for kind in get_args(Kind) if kind != "signed")
"""What a person can say a response is; one that is not above zero throughout is `signed` by itself."""

WORDS = {
    "loss": "a language-model loss",
    "score": "a score between 0 and 1",
    "error": "an error rate between 0 and 1",
    "positive": "a quantity above 0",
    "signed": "a quantity of either sign",
}
"""Each kind for a person."""

# Parts of a header, whatever stands before and after them.
_LOSS = ("loss", "nll", "xent", "entropy", "bitsperbyte", "bpb", "nats")

_LOWER_IS_BETTER = ("ppl", "perplexity", "mse", "rmse", "mae", "fid", "latency", "seconds")

# Whole words of a header, so that "em" is not found in "embedding".
_ERROR = frozenset({"error", "err", "wer", "cer", "eer", "misclassification", "failure"})

_SCORE = frozenset({
    "accuracy", "acc", "f1", "ndcg", "mrr", "map", "auc", "roc", "auroc", "auprc", "recall", "precision", "bleu",
    "rouge", "chrf", "em", "exactmatch", "score", "iou", "miou", "dice", "winrate", "pass", "solve", "solved",
    "success", "correct", "hit", "hits", "top1", "top5", "spearman", "pearson", "mmlu", "gsm8k", "hellaswag", "arc",
    "humaneval", "mbpp", "winogrande", "piqa", "boolq", "lambada", "triviaqa", "bbh", "gpqa", "swebench",
    "truthfulqa", "squad", "glue",
})  # fmt: skip

FEWEST_LETTERS = 5
"""From which a word is looked for anywhere in a header."""

_PERCENT = {"%", "pct", "percent", "percentage"}

SURELY_PERCENT = 10.0
"""Scores of at most so many might be percents, or marks out of ten."""

RISES = 0.3
"""Correlation with the scale, on ranks, from which a response is taken to rise."""


@dataclass(frozen=True)
class Response:
    """What a table's response is.

    Args:
        kind: of it.
        upward: whether more is better.
        why: in a few words, to follow "because".
        percent: whether its cells are percents, a hundred times the response.
        doubtful: whether it may as well be of another kind, so that it must be said.
    """

    kind: Kind
    upward: bool
    why: str
    percent: bool = False
    doubtful: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether it lies between 0 and 1."""
        return self.kind in ("score", "error")

    @property
    def note(self) -> Note:
        """What must be said of it."""
        better = "higher is better" if self.upward else "lower is better"
        scaled = "; its cells are percents and were divided by 100" if self.percent else ""
        return Note(
            "response-kind",
            f"the response is taken to be {WORDS[self.kind]}, {better}: {self.why}{scaled}",
            self.doubtful,
        )


def looks_like_loss(header: str) -> bool:
    """Whether a header looks like a language model's loss: loss, nll, cross entropy, bits per byte ...

    A likelihood is one only where it says that it is negative; else more of it is better.
    """
    said = plain(header)
    return any(word in said for word in _LOSS) or ("likelihood" in said and "neg" in said)


def looks_like_score(header: str) -> bool:
    """Whether a header looks like a score: accuracy, F1, pass@1, MMLU ..."""
    return _names(header, _SCORE) and not looks_like_error(header)


def looks_like_error(header: str) -> bool:
    """Whether a header looks like an error rate: error, WER ..."""
    return _names(header, _ERROR) and not _words(header) & {"mean", "squared", "absolute", "standard", "std", "rms"}


def response_of(
    header: str, values: np.ndarray, rises: Callable[[], float], *, said: str = "", where: str = ""
) -> Response:
    """What a response is, by what a person said, else by its header and its values.

    Args:
        header: of its column.
        values: of the runs, shape (run).
        rises: gives the rank correlation of the response with the table's scale.
        said: one of `KINDS`, or nothing.
        where: the table, for errors.

    Raises:
        RunsError: no such kind, or one that the values cannot be; or header and values contradict each other.
    """
    low, high = float(values.min()), float(values.max())
    if said:
        return _as_said(said, header, low, high, rises, where)
    shown = clipped(header)
    if looks_like_loss(header):
        if low >= 0 and high <= 1 and rises() > RISES:
            raise RunsError(
                f"{shown} rises with scale and lies between 0 and 1, so it can hardly be a loss: say what it is by "
                "`response`, score or loss",
                where=where,
                named=("response",),
            )
        below_one = low > 0 and high <= 1 and not _in_bits(header)
        doubt = "; it lies between 0 and 1: an error rate must be said to be one" if below_one else ""
        return Response("loss", False, f"{shown} is a loss by its name{doubt}", doubtful=below_one)
    if low < 0 or (low == 0 and high > 1 and not _named_bounded(header)):
        up = rises() > 0
        return Response("signed", up, f"it {'rises' if up else 'falls'} with scale and is not above 0 throughout")
    if _less_is_better(header):
        return Response("positive", False, f"of {shown} less is better, by its name")
    percent = _percent(header, high, where)
    if looks_like_error(header):
        return _bounded_or_not("error", header, high, percent, f"{shown} is an error by its name")
    if looks_like_score(header):
        return _bounded_or_not("score", header, high, percent, f"{shown} is a score by its name")
    up = rises() > 0
    trend = "rises" if up else "falls"
    if high <= 1 or percent:
        return Response("score" if up else "error", up, f"it lies between 0 and 1 and {trend} with scale", percent)
    return Response("positive", up, f"it {trend} with scale, and {shown} names nothing known")


def _as_said(said: str, header: str, low: float, high: float, rises: Callable[[], float], where: str) -> Response:
    why = f"`response` {said}"
    if said not in KINDS:
        raise RunsError(f"{clipped(said)} is no kind of response; those are {', '.join(KINDS)}", parameter="response")
    if said in ("score", "error"):
        if low < 0 or high > 100:
            raise RunsError(
                f"{clipped(header)} goes from {low:g} to {high:g}; {WORDS[said]}, or up to 100 in percents, is needed",
                where=where,
            )
        return Response("score" if said == "score" else "error", said == "score", why, high > 1)
    if said == "loss":
        return Response("loss", False, why)
    if low <= 0:
        raise RunsError(f"{clipped(header)} goes down to {low:g}; {WORDS[said]} is needed", where=where)
    return Response("positive", _rising_unless_named(header, rises), why)


def _rising_unless_named(header: str, rises: Callable[[], float]) -> bool:
    falls = looks_like_error(header) or looks_like_loss(header) or _less_is_better(header)
    return not falls and (looks_like_score(header) or rises() > 0)


def _less_is_better(header: str) -> bool:
    return any(word in plain(header) for word in _LOWER_IS_BETTER)


def _named_bounded(header: str) -> bool:
    return looks_like_score(header) or looks_like_error(header)


def _bounded_or_not(kind: Literal["score", "error"], header: str, high: float, percent: bool, why: str) -> Response:
    if high <= 1 or percent:
        return Response(kind, kind == "score", why, percent)
    return Response("positive", kind == "score", f"{why}, and goes beyond 100")


def _percent(header: str, high: float, where: str) -> bool:
    """Whether cells are percents.

    Raises:
        RunsError: they may be, or may be marks.
    """
    marked = "%" in header or bool(_words(header) & _PERCENT)
    if high <= 1:
        return False
    if marked and high <= 100:
        return True
    if not _named_bounded(header) or high > 100:
        return False
    if high <= SURELY_PERCENT:
        raise RunsError(
            f"{clipped(header)} goes up to {high:g}: percents, or marks? say `response` score for percents, or "
            "`response` positive to take it as it is",
            where=where,
            named=("response", "response"),
        )
    return True


def _in_bits(header: str) -> bool:
    """Whether a loss is counted in bits, of which a byte or a character takes less than one."""
    return any(word in plain(header) for word in ("bit", "byte", "char", "bpb", "bpc"))


def _names(header: str, known: frozenset[str]) -> bool:
    """Whether a header holds one of some words: a long one anywhere, a short one whole."""
    said = plain(header)
    return bool(_words(header) & known) or any(len(word) >= FEWEST_LETTERS and word in said for word in known)


def _words(header: str) -> set[str]:
    """The words of a header, in lower case, and each pair of neighbours as one."""
    parts = [each.lower() for each in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+|%", header)]
    return {*parts, *(a + b for a, b in pairwise(parts))}
