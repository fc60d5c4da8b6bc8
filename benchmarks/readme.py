"""The README's figures: the fan of the demo, and the reference table.

    uv run python benchmarks/readme.py

Writes docs/fan.png and docs/ranges.png from the bundled table. Where FORECASTER_DATA is set it also prints what each
law says of 70B parameters and 1.4T tokens on the 240 runs of the Chinchilla replication (Besiroglu et al. 2024,
arXiv:2404.10102).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from forecaster import Band, Forecast, default_laws, fit, forecast, read_example, read_runs
from forecaster.cli import DEMO_POINT, DEMO_TARGET
from forecaster.predictive import curve_and_noise
from forecaster.report.figure import style

DOCS = Path(__file__).parent.parent / "docs"
FAN, RANGES = DOCS / "fan.png", DOCS / "ranges.png"


def draw_fan(answer: Forecast) -> None:
    """The demo's fan as a picture."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(8.4, 4.8), layout="constrained")
        answer.plot(figure.subplots())
        figure.savefig(FAN, dpi=150, metadata={"Software": None})


def range_layers(answer: Forecast, ratios: np.ndarray) -> dict[str, np.ndarray]:
    """Width of the 90% range at multiples of the largest run, in per cent, as its sources are added one by one."""
    top = answer.runs.column("C").max()
    tokens_per_parameter = 20.0
    N = np.sqrt(ratios * top / (6 * tokens_per_parameter))
    points = answer.along([{"N": n, "D": tokens_per_parameter * n, "C": 6 * tokens_per_parameter * n * n} for n in N])
    inputs = {"N": N, "D": tokens_per_parameter * N}
    curves = [curve_and_noise(fit, inputs, ratios, seed=1)[0] for fit in answer.fits]
    weights = np.array([answer.weights[fit.law.name] for fit in answer.fits])
    # Each law moved onto their common mean leaves what the runs have not settled inside the laws.
    centred = [m - m.mean(axis=0) for m in curves]

    def mixed(draws: list[np.ndarray]) -> list[tuple[float, float]]:
        return [Band(np.stack([m[:, i] for m in draws]), weights, 4).interval(0.9) for i in range(len(ratios))]

    def widths(intervals: list[tuple[float, float]]) -> np.ndarray:
        return np.array([100 * (high / low - 1) for low, high in intervals])

    return {
        "parameters: what the runs leave open inside each law": widths(mixed(centred)),
        "law: which of them holds": widths(mixed(curves)),
        "extrapolation: how far laws drift beyond their data": widths([point.curve.interval(0.9) for point in points]),
        "noise: what a repeated run would differ by": widths([point.predictive.interval(0.9) for point in points]),
    }


def draw_ranges(answer: Forecast) -> None:
    """What a 90% range is made of, and how it grows with distance."""
    from matplotlib.figure import Figure

    ratios = np.geomspace(1, 1000, 25)
    with style():
        figure = Figure(figsize=(8.4, 4.6), layout="constrained")
        ax = figure.subplots()
        below = np.zeros_like(ratios)
        layers = range_layers(answer, ratios)
        shades = ("#5b7fa6", "#9db4cd", "#dde5ee", "#f3f1eb")
        for shade, (label, width) in zip(shades, layers.items(), strict=True):
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
    """Write the picture and print the table."""
    runs = read_example()
    answer = forecast([fit(each, runs) for each in default_laws(runs)], DEMO_POINT, targets=[DEMO_TARGET])
    draw_fan(answer)
    draw_ranges(answer)
    print(f"wrote {FAN.name} and {RANGES.name}")
    folder = os.environ.get("FORECASTER_DATA")
    if folder:
        table = read_runs(Path(folder) / "chinchilla_epoch.csv", where="excluded_by_besiroglu == 0")
        print(reference_table(forecast([fit(each, table) for each in default_laws(table)], DEMO_POINT)))


if __name__ == "__main__":
    main()
