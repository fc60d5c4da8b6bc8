"""The README's figures: the demo's card, what a range is made of, and the reference table.

    uv run python benchmarks/readme.py

Writes docs/card.png (with headless Chromium, where it is installed) and docs/ranges.png from the bundled table. Where
FORECASTER_DATA is set it also prints what each
law says of 70B parameters and 1.4T tokens on the 240 runs of the Chinchilla replication (Besiroglu et al. 2024,
arXiv:2404.10102).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from forecaster import Forecast, default_laws, fit, forecast, read_example, read_runs, report, sensitivity
from forecaster.cli.verbs.demo import DEMO_POINT, DEMO_TARGET
from forecaster.forecasts.path import path
from forecaster.reports.figures.shares import SOURCES, range_layers
from forecaster.show.style import style

DOCS = Path(__file__).parent.parent / "docs"
CARD, RANGES = DOCS / "card.png", DOCS / "ranges.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = (1280, 1400)
"""Pixels: as much of the card as holds its answer and its evidence."""


def draw_card(answer: Forecast) -> None:
    """The upper part of the demo's card as a browser shows it.

    Raises:
        SystemExit: there is no Chromium.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"{CARD.name} needs one of {', '.join(BROWSERS)}")
    with tempfile.TemporaryDirectory() as folder:
        page, drawn = Path(folder) / "card.html", Path(folder) / "card.png"
        report(answer, output=page, sensitivities=[sensitivity(answer)], command="forecaster demo")
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             f"--user-data-dir={folder}/profile", "--window-size={},{}".format(*SIZE), f"--screenshot={drawn}",
             page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
        shutil.copyfile(drawn, CARD)


def draw_ranges(answer: Forecast) -> None:
    """What a 90% range is made of, and how it grows with distance."""
    from matplotlib.figure import Figure

    ratios = np.geomspace(1, 1000, 25)
    with style():
        figure = Figure(figsize=(8.4, 4.6), layout="constrained")
        ax = figure.subplots()
        below = np.zeros_like(ratios)
        largest = answer.runs.column("C").max()
        layers = range_layers(path(answer, answer.points[0], largest * ratios))
        shades = ("#5b7fa6", "#9db4cd", "#dde5ee", "#f3f1eb")
        for shade, (name, width) in zip(shades, layers.items(), strict=True):
            label = f"{name}: {SOURCES[name]}"
            ax.fill_between(ratios, below, width, facecolor=shade, edgecolor="#1b1f24", linewidth=1.0, label=label)
            below = width
        handles, labels = ax.get_legend_handles_labels()
        ax.legend(handles[::-1], labels[::-1], loc="upper left")
        ax.set_xscale("log")
        ax.set_xlim(1, 1000)
        ax.set_ylim(0, None)
        ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        ax.set_xlabel("compute of the run asked for, times the largest run")
        ax.set_ylabel("width of the 90% range (% of the loss)")
        figure.savefig(RANGES, dpi=150, metadata={"Software": None})


def reference_table(answer: Forecast) -> str:
    """Each law's median and 90% range with and without the extrapolation term, as a Markdown table."""
    lines = ["| law | weight | median | 90% range | median without the extrapolation term |", "|---|---|---|---|---|"]
    alone = {each.law.name: forecast(each, DEMO_POINT, weights="equal") for each in answer.fits}
    for name, each in {**alone, "all three, mixed": answer}.items():
        point = each.points[0]
        low, high = point.predictive.interval(0.9)
        weight = f"{answer.weights[name]:.0%}" if name in answer.weights else ""
        lines.append(
            f"| {name} | {weight} | {point.predictive.median:.3f} | {low:.3f} to {high:.3f} | {point.raw.median:.3f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Write the pictures and print the table."""
    runs = read_example()
    answer = forecast([fit(each, runs) for each in default_laws(runs)], DEMO_POINT, targets=[DEMO_TARGET])
    draw_card(answer)
    draw_ranges(answer)
    print(f"wrote {CARD.name} and {RANGES.name}")
    folder = os.environ.get("FORECASTER_DATA")
    if folder:
        table = read_runs(Path(folder) / "chinchilla_epoch.csv", where="excluded_by_besiroglu == 0")
        print(reference_table(forecast([fit(each, table) for each in default_laws(table)], DEMO_POINT)))


if __name__ == "__main__":
    main()
