"""The options of the command line: each once, and in the groups that several commands take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.models import OptionInfo, ParameterInfo

from forecaster.errors import QuantityError, UsageError, clipped
from forecaster.quantity import parse_quantity
from forecaster.runs.points import Scenario, scenario


def output_option(help: str) -> Any:
    """Where a command writes to, said in its own words."""
    return typer.Option("-o", help=help)


Columns = Annotated[
    list[str] | None,
    typer.Option(
        help="Which header is which, such as N=params,loss=val_loss, a law's input as batch=bs, and in which unit, "
        '"N=params (M)"; repeatable.'
    ),
]

Where = Annotated[str, typer.Option(help="Keep only these rows, such as \"family == 'a'\".")]

Rows = Annotated[
    str,
    typer.Option(help="Keep at most this many rows, such as 10K, evenly over the scale; without it all are kept."),
]

Response = Annotated[
    str,
    typer.Option(
        help="What the response is: loss, score or error (a rate), both in [0, 1] or percents, or positive. "
        "[default: judged by its header and values]"
    ),
]

Checkpoints = Annotated[
    str,
    typer.Option(
        help="Of rows that are checkpoints of one run: last or all of them. [default: last, where seen to be such]"
    ),
]

Law = Annotated[str, typer.Option(help="Names on the shelf or paths to TOML files, comma-separated.")]

Prior = Annotated[
    list[str] | None,
    typer.Option(
        help='In place of a law\'s own: "alpha=Normal(0.35, 0.05)" or "alpha=LogNormal 90% in 0.2..0.5"; repeatable.'
    ),
]

Noise = Annotated[
    str,
    typer.Option(
        help="In place of a law's own: StudentT or Normal, growing or constant, log, own or logit; comma-separated."
    ),
]

Family = Annotated[str, typer.Option(help="Of which family the point is, with --group; else of a new one.")]

Weights = Annotated[
    str,
    typer.Option(
        help="Of the laws: extrapolation (earned on the table's own larger runs), equal, loo, or "
        "NAME=0.5,NAME=0.5. [default: extrapolation]"
    ),
]

Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of every random number.")]

SeedOrSaved = Annotated[
    int | None, typer.Option(min=0, max=2**32 - 1, help="Of every random number. [default: 1, or the saved fit's]")
]

AllowFailedChecks = Annotated[
    bool, typer.Option("--allow-failed-checks", help="Show numbers of fits whose checks failed, stamped.")
]

Fast = Annotated[
    bool, typer.Option("--fast", help="Equal weights and no track record: one fit a law instead of up to five.")
]

NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither look for finished fits nor keep them.")]

PriceWords = Annotated[
    str,
    typer.Option(
        help="Give the cost, too: default, a TOML file, or values in place of the default's, such as "
        "price=2..3,utilisation=0.4,count=4096; LOW..HIGH is a 90% range."
    ),
]

Figure = Annotated[Path | None, output_option("Draw it into this file, .svg or .png.")]


@dataclass(frozen=True)
class RunsChoice:
    """RUNS, and how a table is read."""

    runs: Annotated[
        str,
        typer.Argument(
            metavar="RUNS",
            help="Table of runs: CSV, TSV, Parquet, JSON, JSONL or XLSX, or what a tracker writes; - for what is piped "
            "in; or a saved fit's folder.",
        ),
    ]
    columns: Columns = None
    where: Where = ""
    rows: Rows = ""
    checkpoints: Checkpoints = ""
    response: Response = ""

    @property
    def named(self) -> str | None:
        """Which header is which, all that was said in one."""
        return joined(self.columns)

    @property
    def most(self) -> int | None:
        """How many rows are to be kept at most.

        Raises:
            UsageError: it is no whole number above zero.
        """
        if not self.rows:
            return None
        try:
            number = parse_quantity(self.rows)
        except QuantityError:
            number = 0.0
        if number < 1 or number != int(number):
            raise UsageError(f'"{clipped(self.rows)}" is not a whole number of rows, such as 10K', where="--rows")
        return int(number)


@dataclass(frozen=True)
class LawChoice:
    """Which laws, the table's default mixture where none is named; and what is changed of every one of them."""

    law: Law = ""
    prior: Prior = None
    noise: Noise = ""
    group: Annotated[
        str,
        typer.Option(help="The column that names each run's family, which then has its own level, partially pooled."),
    ] = ""
    own_exponents: Annotated[
        bool,
        typer.Option("--own-exponents", help="With --group: each family has its own exponents, too, partially pooled."),
    ] = False

    prior_from: Annotated[
        str,
        typer.Option(help="A saved fit of the same laws to another table, whose exponents, widened, are the priors."),
    ] = ""

    @property
    def changes(self) -> bool:
        """Whether priors, noise or families differ from the laws' own."""
        return bool(self.prior or self.noise or self.group or self.prior_from)


@dataclass(frozen=True)
class Asked:
    """Points, and targets at each."""

    at: Annotated[
        list[str], typer.Option(help="A point: N=70B,D=1.4T, or C=6e23 for the compute-optimal split; repeatable.")
    ]
    target: Annotated[
        list[str] | None,
        typer.Option(
            help='Give the chance of meeting this: "<=1.95", ">=0.9", or a number, to be met in the direction in which '
            "the response improves; repeatable."
        ),
    ] = None

    def scenario(self) -> Scenario:
        """The points and targets as numbers."""
        return scenario(self.at, targets=self.target or ())


@dataclass(frozen=True)
class Sampling:
    """How a table is sampled."""

    seed: Seed = 1
    no_cache: NoCache = False


@dataclass(frozen=True)
class Comparing:
    """How laws are asked, those of a saved fit or of a table."""

    family: Family = ""
    seed: SeedOrSaved = None
    allow_failed_checks: AllowFailedChecks = False
    no_cache: NoCache = False


@dataclass(frozen=True)
class Forecasting(Comparing):
    """How laws are asked and mixed."""

    weights: Weights = ""
    fast: Fast = False


def grouped(verb: Callable[..., None]) -> Callable[..., None]:
    """The command of a verb: each of its parameters that is a dataclass of options is spread into those options.

    Raises:
        TypeError: a parameter that is neither an option, an argument nor a group of them.
        ValueError: one option twice.
    """
    hints = get_type_hints(verb, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)}
    spread: list[tuple[str, Any, Any]] = []
    for name, parameter in inspect.signature(verb).parameters.items():
        if name in groups:
            inner = get_type_hints(groups[name], include_extras=True)
            spread += [(each.name, inner[each.name], each.default) for each in fields(groups[name])]
        else:
            spread.append((name, hints[name], parameter.default))

    def command(**said: Any) -> None:
        built = {
            name: kind(**{each.name: said.pop(each.name) for each in fields(kind)}) for name, kind in groups.items()
        }
        verb(**built, **said)

    for name, kind, _ in spread:
        if not any(isinstance(each, ParameterInfo) for each in getattr(kind, "__metadata__", ())):
            raise TypeError(f"{name} of {verb.__name__} is {kind}; expected an annotated option or a group of them")
    command.__name__, command.__doc__, command.__module__ = verb.__name__, verb.__doc__, verb.__module__
    command.__annotations__ = {name: kind for name, kind, _ in spread}
    command.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind,
            default=inspect.Parameter.empty if default is MISSING else default,
        )
        for name, kind, default in spread
    ])  # fmt: skip
    return command


def joined(columns: list[str] | None) -> str | None:
    """What several --columns say, as one; None where nothing was said."""
    return ",".join(each for each in columns or () if each) or None


def option_strings(commands: Iterable[Callable[..., None]]) -> dict[str, str]:
    """The option that each parameter of some commands is on the command line, such as `no_cache`: `--no-cache`."""
    return {
        name: next((said for said in (each.default, *(each.param_decls or ())) if isinstance(said, str)),
                   f"--{name.replace('_', '-')}")
        for command in commands
        for name, kind in command.__annotations__.items()
        for each in kind.__metadata__
        if isinstance(each, OptionInfo)
    }  # fmt: skip
