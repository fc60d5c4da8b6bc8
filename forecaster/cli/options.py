"""The options that several commands share, each with its help."""

from __future__ import annotations

from typing import Annotated

import typer

RunsArgument = Annotated[
    str, typer.Argument(metavar="RUNS", help="CSV, TSV, Parquet, JSON or JSONL table of runs; or a saved fit's folder.")
]

Columns = Annotated[str, typer.Option(help="Which header is which, such as N=params,loss=val_loss.")]

Where = Annotated[str, typer.Option(help="Keep only these rows, such as \"family == 'a'\".")]

Laws = Annotated[str, typer.Option("--law", help="Names on the shelf or paths to TOML files, comma-separated.")]

Priors = Annotated[
    list[str] | None,
    typer.Option(
        "--prior",
        help='In place of a law\'s own: "alpha=Normal(0.35, 0.05)" or "alpha=LogNormal 90% in 0.2..0.5"; repeatable.',
    ),
]

NoiseWords = Annotated[
    str,
    typer.Option(
        "--noise",
        help="In place of a law's own: StudentT or Normal, growing or constant, log, own or logit; comma-separated.",
    ),
]

Group = Annotated[
    str,
    typer.Option(help="The column that names each run's family, which then has its own level, partially pooled."),
]

OwnExponents = Annotated[
    bool,
    typer.Option("--own-exponents", help="With --group: each family has its own exponents, too, partially pooled."),
]

Family = Annotated[str, typer.Option(help="Of which family the point is, with --group; else of a new one.")]

At = Annotated[
    list[str], typer.Option(help="A point: N=70B,D=1.4T, or C=6e23 for the compute-optimal split; repeatable.")
]

OptionalAt = Annotated[
    list[str] | None, typer.Option("--at", help="Also forecast at a point, such as N=70B,D=1.4T; repeatable.")
]

Target = Annotated[list[str] | None, typer.Option(help="Give the chance of ending at or below this; repeatable.")]

Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of every random number.")]

SeedOrSaved = Annotated[
    int | None,
    typer.Option("--seed", min=0, max=2**32 - 1, help="Of every random number. [default: 1, or the saved fit's]"),
]

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")]

Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no warnings on stderr.")]

NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither look for finished fits nor keep them.")]

AllowFailed = Annotated[
    bool, typer.Option("--allow-failed-checks", help="Show numbers of fits whose checks failed, stamped.")
]

Weights = Annotated[
    str,
    typer.Option(
        help="Of the laws: extrapolation (earned on the table's own larger runs), equal, loo, or NAME=0.5,NAME=0.5. "
        "[default: extrapolation]"
    ),
]

Fast = Annotated[
    bool, typer.Option("--fast", help="Equal weights and no track record: one fit a law instead of up to five.")
]
