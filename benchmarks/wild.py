"""Real inputs of real people that went wrong once: is each command now right, or refused with a cure?

    uv run python benchmarks/wild.py FOLDER

FOLDER holds a folder a case, with its inputs and `cmd.txt`, one command a line. What must come out is stated in
`wild.toml` before anything is run: for each command its exit statuses, the truth that the 90% range at the first point
must hold, and patterns that the output must or must not match. A command that answers must keep all of it; one that is
refused (status 2 or 3) must be allowed to be, in one line that names a cure and without a traceback. A case that the
file does not know is judged by that last rule alone. Prints a line a case, and exits with 1 where one is wrong.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REFUSED = (2, 3)
CURE = re.compile(r"say |give |name |write |take |leave |fill |add |keep |did you mean|--|`|needs?\b|expected|;|:")
"""What a line must hold at least to tell a person what to do."""


def main() -> None:
    """Run every case and print its line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="one folder a case, each with a cmd.txt")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    asked = parser.parse_args()
    known = tomllib.loads((HERE / "wild.toml").read_text("utf-8"))
    cases = sorted(path.parent for path in asked.folder.glob("*/cmd.txt") if asked.only in path.parent.name)
    if not cases:
        raise SystemExit(f"{asked.folder} holds no case: folders with a cmd.txt are needed")
    verdicts = []
    for case in cases:
        verdict, why = judged(case, known.get(case.name, {}).get("command", []))
        verdicts.append(verdict)
        print(f"{verdict:22} {case.name}{f': {why}' if why else ''}", flush=True)
    counts = {each: verdicts.count(each) for each in dict.fromkeys(verdicts)}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    if "wrong" in counts:
        raise SystemExit(1)


def judged(case: Path, bounds: list[dict[str, Any]]) -> tuple[str, str]:
    """The verdict on a case, and what is wrong with it."""
    lines = [line for line in (case / "cmd.txt").read_text("utf-8").splitlines() if line.strip()]
    refused = 0
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "case"
        shutil.copytree(case, work)
        for i, line in enumerate(lines):
            bound = bounds[i] if i < len(bounds) else {"status": [0, *REFUSED]}
            status, out, err = ran(line, work)
            if fault := _fault(bound, status, out + err, err) or _misses(bound, status, line, work):
                return "wrong", f"`{line}`: {fault}"
            refused += status in REFUSED
    if refused == len(lines):
        return "refused with cure", ""
    return ("right" if not refused else "right, in part refused"), ""


def ran(line: str, work: Path, *more: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command."""
    command, *arguments = shlex.split(line)
    if command != "forecaster":
        raise SystemExit(f"`{line}` is no command of forecaster")
    done = subprocess.run(
        [sys.executable, "-m", "forecaster", *arguments, *more], cwd=work, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def _fault(bound: dict[str, Any], status: int, said: str, err: str) -> str:
    if "Traceback" in said:
        return "a traceback"
    if status not in bound.get("status", [0]):
        last = said.strip().splitlines()[-1] if said.strip() else "nothing"
        return f"exit status {status}: {last}"
    if status in REFUSED:
        errors = [each for each in err.splitlines() if each.startswith("error:")]
        if len(errors) != 1 or not CURE.search(errors[0]):
            return "refused without one line that names a cure"
    flat = " ".join(said.split())
    which = "refused" if status in REFUSED else "answered"
    for pattern in [*bound.get("says", []), *bound.get(which, {}).get("says", [])]:
        if not re.search(pattern, flat):
            return f"does not say {pattern!r}"
    for pattern in bound.get("never", []):
        if re.search(pattern, flat):
            return f"says {pattern!r}"
    return ""


def _misses(bound: dict[str, Any], status: int, line: str, work: Path) -> str:
    """What is wrong with the numbers of an answer; nothing where none are bounded."""
    if status != 0 or not {"holds", "median", "probability"} & bound.keys():
        return ""
    data = json.loads(ran(line, work, "--json")[1])
    if "requirement" in data:
        first = data["requirement"][0]
        found = next(each for each in first.values() if isinstance(each, dict) and "median" in each)
    else:
        found = data["forecast"][0]
    # An end that lies among draws that never get there is null.
    low, high = (math.inf if end is None else end for end in found["interval"]["90"])
    if "holds" in bound and not low <= bound["holds"] <= high:
        return f"90% range {low:.4g} to {high:.4g} misses {bound['holds']:g}"
    if "median" in bound and not bound["median"][0] <= found["median"] <= bound["median"][1]:
        return f"median {found['median']:.4g} is outside {bound['median']}"
    if "probability" in bound:
        target = found["targets"][0]
        least, most = bound["probability"]
        if not least <= target["probability"] <= most or target["direction"] != bound["direction"]:
            return f"chance {target['probability']:.2f} {target['direction']}"
    return ""


if __name__ == "__main__":
    main()
