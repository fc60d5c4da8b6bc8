"""The README's figures: the fan of the demo, and the reference table.

    uv run python benchmarks/readme.py

Writes docs/fan.png from the bundled table. Where FORECASTER_DATA is set it also prints what each law says of 70B
parameters and 1.4T tokens on the 240 runs of the Chinchilla replication (Besiroglu et al. 2024, arXiv:2404.10102).
"""

from __future__ import annotations

import os
from pathlib import Path

from forecaster import Forecast, default_laws, fit, forecast, read_example, read_runs
from forecaster.cli import DEMO_POINT, DEMO_TARGET
from forecaster.report.figure import style

FAN = Path(__file__).parent.parent / "docs" / "fan.png"


def draw_fan(answer: Forecast) -> None:
    """The demo's fan as a picture."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(8.4, 4.8), layout="constrained")
        answer.plot(figure.subplots())
        figure.savefig(FAN, dpi=150, metadata={"Software": None})


def reference_table(answer: Forecast) -> str:
    """Each law's median and 90% range with and without the extrapolation term, as a Markdown table."""
    lines = ["| law | median | 90% range | median without the extrapolation term |", "|---|---|---|---|"]
    alone = {each.law.name: forecast(each, DEMO_POINT) for each in answer.fits}
    for name, each in {**alone, "all three, mixed": answer}.items():
        point = each.points[0]
        low, high = point.predictive.interval(0.9)
        lines.append(f"| {name} | {point.predictive.median:.3f} | {low:.3f} to {high:.3f} | {point.raw.median:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Write the picture and print the table."""
    runs = read_example()
    draw_fan(forecast([fit(each, runs) for each in default_laws(runs)], DEMO_POINT, targets=[DEMO_TARGET]))
    print(f"wrote {FAN.name}")
    folder = os.environ.get("FORECASTER_DATA")
    if folder:
        table = read_runs(Path(folder) / "chinchilla_epoch.csv", where="excluded_by_besiroglu == 0")
        print(reference_table(forecast([fit(each, table) for each in default_laws(table)], DEMO_POINT)))


if __name__ == "__main__":
    main()
