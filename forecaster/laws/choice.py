"""A choice of laws: which a table is asked with, and what is changed of every one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from forecaster.errors import UsageError
from forecaster.laws.change_noise import with_noise
from forecaster.laws.change_priors import parse_priors, with_priors_each
from forecaster.laws.earlier import Earlier
from forecaster.laws.families import with_families
from forecaster.laws.law import Law
from forecaster.laws.shelf import asked_of, default_laws
from forecaster.runs.table import Runs, family_names


@dataclass(frozen=True)
class Choice:
    """Which laws a table is asked with.

    Args:
        laws: those that were named; the table's default mixture where there are none.
        priors: in place of the laws' own, such as `alpha=Normal(0.35, 0.05)`.
        noise: in place of the laws' own, as of `forecaster.laws.change_noise.with_noise`.
        group: the column that names each run's family; empty for none.
        own_exponents: whether each family also has its own exponents.
        earlier: whose exponents are priors, but for those in `priors`.

    Raises:
        UsageError: two laws of one name, or exponents of families without families.
    """

    laws: tuple[Law, ...] = ()
    priors: tuple[str, ...] = ()
    noise: str = ""
    group: str = ""
    own_exponents: bool = False
    earlier: Earlier | None = None

    def __post_init__(self) -> None:
        called = [each.name for each in self.laws]
        for name in called:
            if called.count(name) > 1:
                raise UsageError(f"two laws are called {name}; name each once", parameter="law")
        if self.own_exponents and not self.group:
            said = "`own_exponents` needs `group`, the column that names the families"
            raise UsageError(said, named=("own_exponents", "group"))

    def of(self, runs: Runs) -> tuple[Law, ...]:
        """The laws for one table, changed as was asked.

        Args:
            runs: with its families counted where a column names them.

        Raises:
            LawError: a prior that fits none of the laws, an earlier fit of none of them, or a law that cannot be given
                families.
            UsageError: no such noise.
        """
        chosen = asked_of(self.laws, runs.course) or default_laws(runs)
        if self.group:
            names = family_names(runs, self.group)
            chosen = tuple(with_families(each, names, self.group, exponents=self.own_exponents) for each in chosen)
        return changed(chosen, priors=self.priors, noise=self.noise, earlier=self.earlier)

    def noted(self, runs: Runs, laws: Sequence[Law]) -> Runs:
        """The runs with what must be said of their laws' priors."""
        return replace(runs, notes=(*runs.notes, self.earlier.note(laws))) if self.earlier else runs


def changed(
    laws: Sequence[Law], *, priors: Iterable[str] = (), noise: str = "", earlier: Earlier | None = None
) -> tuple[Law, ...]:
    """Laws with other priors and another noise.

    Raises:
        LawError: a prior that fits none of the laws, or an earlier fit of none of them.
        UsageError: no such noise.
    """
    if earlier is not None:
        earlier.refuse_other(laws)
    noisy = tuple(with_noise(each, noise) for each in laws)
    return with_priors_each(noisy, parse_priors(priors), by_law=earlier.priors if earlier else {})
