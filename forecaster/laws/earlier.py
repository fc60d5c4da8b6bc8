"""An earlier fit: its exponents, as priors for another table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.errors import LawError, clipped, listed
from forecaster.laws.change_priors import with_priors
from forecaster.laws.formula.algebra import names_in
from forecaster.laws.formula.tree import Binary, walk
from forecaster.laws.law import Law
from forecaster.notes import Note

APART = 0.1
"""By how much the spread of the log of an exponent is widened for another table of the same recipe.

The Chinchilla law's exponents on the three corpora of Gadre et al. 2024 (arXiv:2403.08540) and on the two of Porian et
al. 2024 (arXiv:2406.19146) lie at most that far apart on the log. Between recipes their logs differ by .2 (alpha) and
.4 (beta) as standard deviations over ten tables of language models, as widely as the shelf's priors allow.
"""


@dataclass(frozen=True)
class Earlier:
    """What a fit of another table says of laws' exponents.

    Exponents alone are taken: a level, a floor and what a term is worth are those of a text and a tokenizer, and shares
    are those of a table's centre.

    Args:
        name: of the fit, as a person would say it.
        runs: the name of its table.
        sha256: of all that it holds.
        priors: by law and parameter, as text.
    """

    name: str
    runs: str
    sha256: str
    priors: Mapping[str, Mapping[str, str]]

    def note(self, laws: Sequence[Law]) -> Note:
        """What some laws took from it."""
        said = "; ".join(f"{each.name}: {listed(self.priors[each.name])}" for each in laws if each.name in self.priors)
        return Note(
            "prior-from",
            f"priors on exponents ({said}) are from {clipped(self.name, 200)}, a fit to {clipped(self.runs)} (SHA-256 "
            f"{self.sha256[:12]}), each with the median and spread of the log that it has there, the spread widened by "
            f"{APART:g}; all other priors are the laws' own",
        )

    def refuse_other(self, laws: Sequence[Law]) -> None:
        """Refuse laws of which it knows none.

        Raises:
            LawError: with those that it knows.
        """
        if not any(each.name in self.priors for each in laws):
            known, asked = listed(self.priors) or "no law", listed(each.name for each in laws)
            raise LawError(
                f"the fit in {clipped(self.name, 200)} has exponents of {known}, not of {asked}: name one by `law`",
                parameter="prior_from",
                named=("law",),
            )


def exponents(law: Law) -> list[str]:
    """The formula's parameters that stand in powers of what holds an input, and so have no unit."""
    powers = [node for node in walk(law.formula.tree) if isinstance(node, Binary) and node.symbol == "**"]
    found = [name for power in powers if set(names_in(power.left)) & set(law.inputs) for name in names_in(power.right)]
    return [name for name in law.parameters if name in found]


def transferred(law: Law, draws: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Priors for another table from draws of a law's exponents.

    None is given for those that can be 0 or less, which say how another exponent changes about the table's own centre.

    Args:
        law: whose exponents.
        draws: of each, any shape.
    """
    logs = {name: np.log(values) for name, values in draws.items() if (values > 0).all()}
    found = {
        name: f"LogNormal({float(each.mean()):.4g}, {math.hypot(float(each.std()), APART):.3g})"
        for name, each in logs.items()
    }
    try:
        with_priors(law, found)
    except LawError:  # too many would be sampled
        return {name: prior for name, prior in found.items() if name in law.sampled}
    return found
