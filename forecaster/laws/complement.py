"""The complement: a law of scores asked of error rates."""

from __future__ import annotations

import tomllib

from forecaster.laws.formula.algebra import replaced, text_of
from forecaster.laws.formula.tree import Binary, Name, Number
from forecaster.laws.law import Law
from forecaster.laws.page import page_text, read_law


def of_error(law: Law) -> Law:
    """The law of an error rate that is 1 less the law's score, under its old name and with a page of its own.

    Every parameter keeps its meaning and its prior; noise, on the logit, is the same for both.

    Args:
        law: of a score.
    """
    page = tomllib.loads(law.text)
    rest = {"L0": Binary("-", Number(1.0), Name("L0"))}
    page["title"] = f"An error rate, 1 less {law.title[:1].lower()}{law.title[1:]}"
    page["formula"] = f"1 - ({law.formula.text})"
    page["natural"] = {name: text_of(replaced(each.tree, rest)) for name, each in law.natural.items()}
    page["response"] = {"link": law.link}
    page.pop("presets", None)
    return read_law(page_text(page), name=law.name)
