"""RUNS: a table or a saved fit, read once."""

from __future__ import annotations

import io
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from making import make_fit, make_runs

from forecaster.backtests.weighting import Weighting
from forecaster.cli.main import main
from forecaster.cli.options import LawChoice, RunsChoice
from forecaster.cli.source import Source, read_source, read_table
from forecaster.errors import InputError, LawError, UsageError
from forecaster.fits.store import save_fits
from forecaster.laws.shelf import law
from forecaster.runs.table import Runs

LAWS = ("chinchilla", "coupled", "farseer_lite")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = make_runs()
    folder = tmp_path_factory.mktemp("source") / "fits"
    weighting = Weighting(dict.fromkeys(LAWS, 1 / 3), "extrapolation", "made up")
    save_fits([make_fit(law(name), runs) for name in LAWS], folder, weighting=weighting.page)
    return folder


@pytest.fixture
def table(small_runs: Runs, tmp_path: Path) -> str:
    path = tmp_path / "runs.csv"
    small_runs.table.assign(family=["a", "b"] * 20).to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["forecast", "--at", "N=10B,D=1T"],
        ["compare", "--at", "N=10B,D=1T"],
        ["allocate", "--compute", "1e22"],
        ["require", "--loss", "2.3"],
        ["report", "--at", "N=10B,D=1T", "--fast", "-o", "card.html"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_saved_fit_is_read_and_hashed_once(
    arguments: list[str], saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Counter[str] = Counter()
    whole = Path.read_bytes

    def counted(path: Path) -> bytes:
        if path.is_relative_to(saved):
            read[path.relative_to(saved).as_posix()] += 1
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    monkeypatch.chdir(tmp_path)
    assert main([arguments[0], str(saved), *arguments[1:], "--quiet"]) == 0
    files = {path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()} - {"manifest.json"}
    assert len(files) == 8
    assert read == Counter(files)


def test_a_saved_fit_gives_its_own_laws_weighting_and_seed(saved: Path) -> None:
    source = read_source(RunsChoice(str(saved)), LawChoice())
    assert [each.name for each in source.laws] == list(LAWS)
    assert source.fits is not None and source.fits[0].runs is source.runs
    assert source.weighting is not None and source.weighting.why == "made up"
    assert source.seed(None) == source.fits[0].seed and source.seed(9) == 9
    some = read_source(RunsChoice(str(saved)), LawChoice("farseer_lite, chinchilla"))
    assert some.fits is not None
    assert [each.law.name for each in some.fits] == [each.name for each in some.laws] == ["farseer_lite", "chinchilla"]
    assert len(read_table(RunsChoice(str(saved)))) == len(source.runs)


def test_a_table_has_the_laws_that_were_named_and_no_fits(table: str) -> None:
    source = read_source(RunsChoice(table), LawChoice())
    assert [each.name for each in source.laws] == list(LAWS)
    assert source == Source(source.runs, source.laws) and source.seed(None) == 1
    kept = read_source(RunsChoice(table, where="family == 'a'"), LawChoice("kaplan", noise="Normal"))
    assert len(kept.runs) == 20 and kept.laws[0].noise.family == "Normal"
    grouped = read_source(RunsChoice(table), LawChoice("chinchilla", group="family"))
    assert "family" in grouped.laws[0].text


@pytest.mark.parametrize(
    ("chosen", "laws", "kind", "match"),
    [
        (RunsChoice("{saved}", where="N > 1"), LawChoice(), UsageError, "--response do not apply to a saved fit"),
        (RunsChoice("{saved}", rows="10"), LawChoice(), UsageError, "do not apply to a saved fit"),
        (RunsChoice("{saved}", checkpoints="all"), LawChoice(), UsageError, "do not apply to a saved fit"),
        (RunsChoice("{saved}", response="loss"), LawChoice(), UsageError, "do not apply to a saved fit"),
        (RunsChoice("{table}", checkpoints="first"), LawChoice(), UsageError, "`first` is none of last, all"),
        (RunsChoice("{saved}"), LawChoice(prior_from="{saved}"), UsageError, "are for a table"),
        (RunsChoice("{table}"), LawChoice(prior_from="{table}"), InputError, "is not a saved fit"),
        (RunsChoice("{table}", rows="2.5"), LawChoice(), UsageError, "--rows: .2.5. is not a whole number"),
        (RunsChoice("{table}", rows="many"), LawChoice(), UsageError, "--rows: .many. is not a whole number"),
        (RunsChoice("{table}", rows="1"), LawChoice(), InputError, "need 2 rows at least"),
        (RunsChoice("{saved}"), LawChoice(group="family"), UsageError, "are for a table"),
        (RunsChoice("{saved}"), LawChoice(prior=["alpha=Normal(0.3, 0.1)"]), UsageError, "are for a table"),
        (RunsChoice("{saved}"), LawChoice("kaplan"), InputError, "holds chinchilla, coupled, farseer_lite, not kaplan"),
        (RunsChoice("{table}"), LawChoice("nonsense"), LawError, "no law `nonsense` on the shelf"),
        (RunsChoice("{table}"), LawChoice("kaplan,kaplan"), UsageError, "two laws are called kaplan"),
        (RunsChoice("{table}"), LawChoice(","), UsageError, "names no law"),
        (RunsChoice("{table}"), LawChoice(own_exponents=True), UsageError, "needs `group`"),
    ],
)
def test_what_does_not_fit_the_source_is_refused(
    chosen: RunsChoice, laws: LawChoice, kind: type[InputError], match: str, saved: Path, table: str
) -> None:
    runs, earlier = (said.format(saved=saved, table=table) for said in (chosen.runs, laws.prior_from))
    with pytest.raises(kind, match=match):
        read_source(replace(chosen, runs=runs), replace(laws, prior_from=earlier))


def test_priors_come_from_a_saved_fit_and_are_said(saved: Path, table: str) -> None:
    plain, taken = (read_source(RunsChoice(table), LawChoice(prior_from=said)) for said in ("", str(saved)))
    assert [each.name for each in taken.laws] == [*LAWS]
    pairs = zip(plain.laws, taken.laws, strict=True)
    assert all(one.sampled["alpha"] != other.sampled["alpha"] for one, other in pairs)
    assert [note.code for note in taken.runs.notes if note not in plain.runs.notes] == ["prior-from"]
    assert str(saved) in taken.runs.notes[-1].text and taken.runs.sha256 == plain.runs.sha256


def test_a_large_table_is_announced_and_never_thinned_unasked(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    assert len(read_source(RunsChoice(table), LawChoice(), say=said.append).runs) == 40 and not said
    monkeypatch.setattr("forecaster.cli.source.LARGE", 30)
    assert len(read_source(RunsChoice(table), LawChoice(), say=said.append).runs) == 40
    assert len(said) == 1 and "40 rows, all of which are used: each fit" in said[0] and "--rows 30" in said[0]
    assert len(read_table(RunsChoice(table), say=said.append, fitting=False)) == 40
    assert "the check takes about" in said[1]
    kept = read_source(RunsChoice(table, rows="20"), LawChoice(), say=said.append).runs
    assert len(kept) == 20 and len(said) == 2


def test_a_thinned_table_says_so_on_the_page_and_a_quiet_command_says_nothing_beforehand(
    table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("forecaster.cli.source.LARGE", 30)
    assert main(["check", table, "--quiet"]) == 0
    assert not capsys.readouterr().err
    assert main(["check", table]) == 0
    assert "--rows 30" in capsys.readouterr().err
    assert main(["check", table, "--rows", "20"]) == 0
    found = capsys.readouterr()
    assert "rows-thinned: 20 of 40 rows were kept" in found.out and not found.err


def test_a_table_may_be_piped_in(
    table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(table).read_bytes())))
    assert main(["check", "-"]) == 0
    assert capsys.readouterr().out.startswith("stdin: 40 runs, response loss")
