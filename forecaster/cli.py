"""The command line: one thin verb per command."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import forecaster
from forecaster.asking import compare_source, fit_each, forecast_source, runs_from
from forecaster.choosing import LawChoice, changed, laws_named
from forecaster.console import Console, report_error, said_command
from forecaster.deciding import allocate, require
from forecaster.errors import ForecasterError, InputError, NotConverged, UsageError
from forecaster.example import examples, read_example, write_example
from forecaster.forecast import Forecast
from forecaster.interrupt import INTERRUPTED, stoppable
from forecaster.note import explain
from forecaster.options import (
    AllowFailed,
    AsJson,
    At,
    Columns,
    Family,
    Fast,
    Group,
    Laws,
    NoCache,
    NoiseWords,
    OptionalAt,
    OwnExponents,
    Priors,
    Quiet,
    RunsArgument,
    Seed,
    SeedOrSaved,
    Target,
    Weights,
    Where,
)
from forecaster.reporting import demo, report
from forecaster.scenario import scenario
from forecaster.shelf import law as read_law
from forecaster.shelf import shelf
from forecaster.store import refuse_taken, save_fits

app = typer.Typer(
    name="forecaster",
    help="Honest forecasts of larger training runs: a 90% range that holds 90% of the time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(demo)


@app.command()
def example(
    name: Annotated[str, typer.Argument(help="Which bundled table.")] = "",
    output: Annotated[Path | None, typer.Option("-o", help="Write it to this file instead of stdout.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List, print or write a bundled real run table.

    Example: `forecaster example public_models -o runs.csv`
    """
    console = Console(as_json, quiet)
    if not name:
        found = {each: read_example(each) for each in examples()}
        text = "\n".join(f"{each}  {runs.text}" for each, runs in found.items())
        console.result(text, {"example": [{"name": each, "runs": len(runs)} for each, runs in found.items()]})
    elif output is None:
        table = read_example(name).table
        console.result(
            table.to_csv(index=False), {"example": table.astype(object).where(table.notna(), None).to_dict("records")}
        )
    else:
        path = write_example(name, output)
        console.result(f"wrote {path}", {"example": {"name": name, "path": str(path)}})


@app.command()
def laws(
    law: Annotated[str, typer.Argument(metavar="[LAW]", help="One law in full.")] = "",
    preset: Annotated[str, typer.Option(help="Published constants of the law: what they are, and predict.")] = "",
    at: Annotated[list[str] | None, typer.Option("--at", help="Where a preset predicts; repeatable.")] = None,
    runs: Annotated[str, typer.Option(help="Show the priors for this table, sampled and natural parameters.")] = "",
    priors: Priors = None,
    noise: NoiseWords = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the laws on the shelf; or show one in full: formula, source, inputs, priors and presets.

    Example: `forecaster laws chinchilla`, `forecaster laws chinchilla --preset besiroglu2024 --at N=70B,D=1.4T`
    """
    from forecaster.describe import law_dict, law_text, preset_dict, preset_text, shelf_text

    console = Console(as_json, quiet)
    if not law and (preset or at or runs or priors or noise):
        raise UsageError("name a law first, such as `forecaster laws chinchilla`")
    if not law:
        found = [read_law(name) for name in shelf()]
        console.result(shelf_text(found), {"laws": [law_dict(each) for each in found] if as_json else []})
        return
    table = runs_from(runs) if runs else None
    (one,) = changed([read_law(law)], LawChoice(law, tuple(priors or ()), noise))
    if preset:
        points = scenario(at).points if at else ()
        console.result(preset_text(one, preset, points), {"laws": [preset_dict(one, preset, points)]})
        return
    if at:
        raise UsageError("a law without constants predicts nothing; name some by --preset", where="--at")
    console.result(law_text(one, table), {"laws": [law_dict(one, table)]})


@app.command()
def check(
    runs: Annotated[str, typer.Argument(metavar="RUNS", help="The table to look at.")] = "",
    law: Annotated[
        str, typer.Option("--law", help="Also look for pairs of these laws' parameters that move together.")
    ] = (""),
    columns: Columns = "",
    where: Where = "",
    explain_code: Annotated[str, typer.Option("--explain", help="Explain a code that a check or forecast gave.")] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what was read: spans, C, duplicates, outliers, and whether exponents can be told apart.

    Example: `forecaster check runs.csv --law my_law.toml`, `forecaster check --explain not-separable`
    """
    from forecaster.check import check as check_runs

    console = Console(as_json, quiet)
    if explain_code:
        text = explain(explain_code)
        console.result(text, {"check": {"code": explain_code, "explanation": text}})
        return
    if not runs:
        raise UsageError("check needs a table of runs, or --explain CODE")
    table = runs_from(runs, columns=columns, where=where)
    checked = check_runs(table, laws_named(LawChoice(law), table) if law else ())
    console.result(checked.text, {"check": checked.as_dict()})


@app.command()
def prior(
    runs: RunsArgument,
    law: Laws,
    at: Annotated[list[str], typer.Option(help="A point such as N=70B,D=1.4T; repeatable.")],
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    columns: Columns = "",
    where: Where = "",
    seed: Seed = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show what the priors alone say at a point, before any fit.

    Example: `forecaster prior runs.csv --law chinchilla --at N=70B,D=1.4T`
    """
    from forecaster.prior_predictive import prior_predictive

    console = Console(as_json, quiet)
    table = runs_from(runs, columns=columns, where=where, group=group)
    chosen = laws_named(LawChoice(law, tuple(priors or ()), noise, group, own_exponents), table)
    found = {each.name: prior_predictive(each, table, at, seed=seed) for each in chosen}
    text = "\n\n".join(each.text for each in found.values())
    console.result(text, {"prior": {name: each.as_dict() for name, each in found.items()}})


@app.command()
def fit(
    runs: RunsArgument,
    law: Laws = "",
    output: Annotated[Path | None, typer.Option("-o", help="Save the fits to this folder.")] = None,
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    columns: Columns = "",
    where: Where = "",
    seed: Seed = 1,
    allow_failed_checks: AllowFailed = False,
    fast: Fast = False,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Sample laws on a table, judge the draws, and save them with the weights that they earn.

    Example: `forecaster fit runs.csv --law chinchilla,coupled -o fits/`
    """
    from forecaster.describe import fit_dict, fit_text
    from forecaster.weighting import weigh

    console = Console(as_json, quiet)
    table = runs_from(runs, columns=columns, where=where, group=group)
    chosen = laws_named(LawChoice(law, tuple(priors or ()), noise, group, own_exponents), table)
    if output is not None:
        refuse_taken(output)
    with console.progress() as say:
        fits, refusals = fit_each(chosen, table, seed=seed, cache=not no_cache, say=say)
    console.warn(table.notes)
    for name, refusal in refusals.items():
        console.say(f"warning law-dropped: {name}: {refusal.message}")
    if not allow_failed_checks and all(each.verdict.status == "fail" for each in fits):
        raise NotConverged(" ".join(note for each in fits for note in each.verdict.notes), where=table.name)
    shown = [each for each in fits if allow_failed_checks or each.verdict.status != "fail"]
    for each in fits:
        if each not in shown:
            console.say(f"warning law-dropped: {each.law.name} failed its checks. {' '.join(each.verdict.notes)}")
    text = "\n\n".join(fit_text(each) for each in shown)
    data: dict[str, Any] = {"laws": {each.law.name: fit_dict(each) for each in shown}, "path": None}
    if output is not None:
        weighting = None
        if not fast:
            with console.progress() as say:
                weighting = weigh(fits, cache=not no_cache, say=say)
            text += f"\n\n{weighting.text}"
        data["weights"] = weighting.as_dict() if weighting else None
        data["path"] = str(save_fits(fits, output, weighting=weighting.page if weighting else ""))
        text += f"\n\nSaved: {output}"
    console.result(text, {"fit": data})


@app.command()
def forecast(
    runs: RunsArgument,
    at: At,
    law: Laws = "",
    target: Target = None,
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    family: Family = "",
    columns: Columns = "",
    where: Where = "",
    seed: SeedOrSaved = None,
    allow_failed_checks: AllowFailed = False,
    weights: Weights = "",
    fast: Fast = False,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Give ranges at scales nobody has trained, and the chance of meeting a target.

    Example: `forecaster forecast runs.csv --at N=70B,D=1.4T --target 1.95`
    """
    console = Console(as_json, quiet)
    answer = forecast_source(
        runs,
        laws=LawChoice(law, tuple(priors or ()), noise, group, own_exponents),
        family=family,
        at=at,
        target=target,
        columns=columns,
        where=where,
        console=console,
        seed=seed,
        cache=not no_cache,
        allow_failed_checks=allow_failed_checks,
        weights=weights,
        fast=fast,
    )
    console.result(_forecast_text(answer), _forecast_data(answer))


app.command()(report)


@app.command()
def compare(
    runs: RunsArgument,
    law: Laws = "",
    at: OptionalAt = None,
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    family: Family = "",
    columns: Columns = "",
    where: Where = "",
    seed: SeedOrSaved = None,
    allow_failed_checks: AllowFailed = False,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put laws side by side: leave-one-out, weights earned by extrapolation, and what each forecasts.

    Example: `forecaster compare runs.csv --law chinchilla,coupled,kaplan --at N=70B,D=1.4T`
    """
    console = Console(as_json, quiet)
    found = compare_source(
        runs,
        laws=LawChoice(law, tuple(priors or ()), noise, group, own_exponents),
        family=family,
        at=at or [],
        columns=columns,
        where=where,
        console=console,
        seed=seed,
        cache=not no_cache,
        allow_failed_checks=allow_failed_checks,
    )
    console.result(found.text, found.as_dict())


@app.command()
def backtest(
    runs: RunsArgument,
    law: Laws = "",
    holdout: Annotated[float, typer.Option(help="Share of the runs to hide, or the largest value to show.")] = 0.2,
    by: Annotated[str, typer.Option(help="Hide the largest by this column: C, N, D, date or any other.")] = "",
    rolling: Annotated[bool, typer.Option("--rolling", help="Cut at 40, 55, 70 and 85% of the log range.")] = False,
    weights: Annotated[str, typer.Option(help="Of the mixture: extrapolation (earned in each fold) or equal.")] = (
        "extrapolation"
    ),
    cluster: Annotated[str, typer.Option(help="Rows with equal values of this column count as one run.")] = "",
    priors: Priors = None,
    noise: NoiseWords = "",
    group: Group = "",
    own_exponents: OwnExponents = False,
    columns: Columns = "",
    where: Where = "",
    seed: Seed = 1,
    no_cache: NoCache = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Hide the largest runs, forecast them from the rest, and score every law, the mixture and naive baselines.

    Example: `forecaster backtest runs.csv --holdout 0.2`
    """
    from forecaster.backtest import backtest as run_backtest
    from forecaster.fold import holdout as hold_out
    from forecaster.fold import rolling_origins

    console = Console(as_json, quiet)
    table = runs_from(runs, columns=columns, where=where, group=group)
    folds = rolling_origins(table) if rolling else [hold_out(table, by=by, holdout=holdout)]
    with console.progress() as say:
        found = run_backtest(
            table,
            laws_named(LawChoice(law, tuple(priors or ()), noise, group, own_exponents), table),
            folds,
            basis=weights,
            cluster=cluster,
            seed=seed,
            cache=not no_cache,
            say=say,
        )
    console.result(found.text, found.as_dict())


app.command()(allocate)
app.command()(require)


def _forecast_text(answer: Forecast) -> str:
    from forecaster.report.prose import forecast_text

    return forecast_text(answer)


def _forecast_data(answer: Forecast) -> dict[str, Any]:
    from forecaster.report import forecast_dict

    return forecast_dict(answer, command=said_command())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    0 done, 2 bad input, 3 refused by a gate, 130 interrupted, 143 terminated.
    """
    if arguments is not None:
        sys.argv[1:] = arguments
    as_json = "--json" in sys.argv
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show is better spelled out than the whole answer lost.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return stoppable(lambda: _ended(as_json))


def _ended(as_json: bool) -> int:
    """Run what was typed, and say its error in one line."""
    try:
        # Typer turns an interrupt into its status and says nothing.
        status = app(standalone_mode=False)
        return status if isinstance(status, int) else 0
    except typer.TyperException as error:
        return report_error(UsageError(error.format_message()), as_json=as_json)
    except ForecasterError as error:
        return report_error(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has left; Python would complain once more when it flushes at exit.
        sys.stdout = None
        return 0
    except OSError as error:
        return report_error(InputError(f"{error.strerror or error}", where=str(error.filename or "")), as_json=as_json)


def _version(asked: bool) -> None:
    if asked:
        print(f"forecaster {forecaster.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass
