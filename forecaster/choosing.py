"""What a command line says of laws and weights: names and paths, priors and noise in place of their own, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.errors import UsageError
from forecaster.families import family_names, with_families
from forecaster.noise import with_noise
from forecaster.override import parse_priors, with_priors_each
from forecaster.runs import Runs
from forecaster.shelf import default_laws, law
from forecaster.weighting import BASES

if TYPE_CHECKING:
    from forecaster.law import Law


@dataclass(frozen=True)
class LawChoice:
    """Which laws, and what is changed of them.

    Args:
        names: comma-separated names and paths; the table's default mixture where empty.
        priors: such as `alpha=Normal(0.35, 0.05)`, each for every law that has the parameter.
        noise: such as `Normal,constant`, for every law; each law's own where empty.
        group: the column that names each run's family, which then has its own level; all pooled as one where empty.
        own_exponents: whether each family has its own exponents, too.
    """

    names: str = ""
    priors: tuple[str, ...] = ()
    noise: str = ""
    group: str = ""
    own_exponents: bool = False

    @property
    def changes(self) -> bool:
        """Whether priors, noise or families differ from the laws' own."""
        return bool(self.priors or self.noise or self.group)


def laws_named(choice: LawChoice, runs: Runs) -> tuple[Law, ...]:
    """The laws that were chosen, with the priors and the noise that were asked for.

    Raises:
        LawError: an unknown name, a page that is not valid, or a prior that fits none of the laws.
        UsageError: two laws of one name, or no such noise.
    """
    chosen = tuple(law(name) for name in listed_names(choice.names)) if choice.names else default_laws(runs)
    if not chosen:
        raise UsageError(f"`{choice.names}` names no law", where="--law")
    called = [each.name for each in chosen]
    for name in called:
        if called.count(name) > 1:
            raise UsageError(f"two laws are called {name}; name each once", where="--law")
    if choice.group:
        names = family_names(runs, choice.group)
        chosen = tuple(with_families(each, names, choice.group, exponents=choice.own_exponents) for each in chosen)
    elif choice.own_exponents:
        raise UsageError("--own-exponents needs --group, the column that names the families", where="--own-exponents")
    return changed(chosen, choice)


def changed(laws: Sequence[Law], choice: LawChoice) -> tuple[Law, ...]:
    """Laws with the priors and the noise that were asked for.

    Raises:
        LawError: a prior that fits none of the laws.
        UsageError: no such noise.
    """
    return with_priors_each(tuple(with_noise(each, choice.noise) for each in laws), parse_priors(choice.priors))


def weights_said(weights: str, *, fast: bool) -> str | dict[str, float]:
    """What --weights and --fast ask for: a way of weighting, numbers by law, or nothing.

    Raises:
        UsageError: neither a known way nor NAME=0.5,...; or both options, saying different things.
    """
    if fast and weights not in ("", "equal"):
        raise UsageError(f"--fast means equal weights, and --weights asks for {weights}; give one", where="--weights")
    if fast or weights in ("", *BASES):
        return "equal" if fast else weights
    numbers = {}
    for each in listed_names(weights):
        name, _, value = each.partition("=")
        try:
            numbers[name.strip()] = float(value)
        except ValueError:
            raise UsageError(
                f"`{weights}` is neither {', '.join(BASES)} nor NAME=0.5,NAME=0.5", where="--weights"
            ) from None
    return numbers


def listed_names(names: str) -> list[str]:
    """The parts of a comma-separated list, without blanks around them."""
    return [name.strip() for name in names.split(",") if name.strip()]
