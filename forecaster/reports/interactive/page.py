"""The explorer: the forecast's own model on the page, moved by the reader without a network or a library."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from typing import TYPE_CHECKING

from forecaster.errors import UsageError
from forecaster.fits.extrapolation import STUDIED
from forecaster.forecasts.evidence.text import drift
from forecaster.inputs import CODE
from forecaster.laws.families import family_at
from forecaster.laws.formula.javascript import HELPERS, in_script
from forecaster.reports.interactive.controls import controls
from forecaster.reports.interactive.model import columns_of, laws_script, payload, target_of
from forecaster.reports.interactive.thinning import FAR, Thinned, thinned
from forecaster.runs import text as runs_text
from forecaster.runs.text import apart_text, far_text
from forecaster.show.probability import Words
from forecaster.show.table import number
from forecaster.stats.mixture import MASSES

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment
    from markupsafe import Markup

    from forecaster.forecasts.answer import PointForecast
    from forecaster.forecasts.result import Forecast

LARGEST = 350_000
"""Characters of a fragment; where the laws have many parameters, fewer draws are shipped."""


def explorer(
    forecast: Forecast,
    *,
    index: int = 0,
    draws: int = 400,
    level: int = 2,
    words: Words | None = None,
    shelf: SandboxedEnvironment | None = None,
) -> Markup:
    """A section of a page, whole in itself, in which the run and the target can be moved.

    It holds thinned posterior draws, the laws' formulas as JavaScript written from their trees, and plain scripts and
    styles; nothing is fetched or evaluated from text.

    Args:
        forecast: what is explored.
        index: the point that it starts from.
        draws: posterior draws to ship, as a mean over the laws.
        level: of the section's heading.
        words: the scale of likelihood words; ICD 203 where not given.
        shelf: where the templates are found, as `forecaster.reports.template.templates` has it; the package's own where
            not given.

    Raises:
        UsageError: the explorer cannot be given, see `explorer_absent`.
    """
    from markupsafe import Markup

    from forecaster.reports.template import templates

    why = explorer_absent(forecast, index=index)
    if why:
        raise UsageError(why, where="explorer")
    shelf = shelf or templates()[0]
    point = forecast.points[index]
    held = {CODE: point.at[CODE]} if CODE in point.at else {}
    # Eight bytes take eleven characters; the scripts, the runs and the words take the rest.
    wide = max(len(columns_of(fit, held)) + 2 for fit in forecast.fits)
    draws = min(draws, int((LARGEST - 90_000) / (10.7 * wide * len(forecast.fits))))
    kept = thinned(forecast, point, draws=draws)
    written = f"{HELPERS}{laws_script(forecast, held, kept)}{_source(shelf, 'explorer.js')}"
    script = f'(() => {{\n"use strict";\n{written}}})();\n'
    return Markup(
        shelf.get_template("explorer.html.j2").render(
            css=Markup(_source(shelf, "explorer.css")),
            script=Markup(script),
            data=Markup(in_script(payload(forecast, point, kept, held, words))),
            name=f"explorer-{index + 1}",
            level=level,
            controls=controls(forecast, point),
            target=target_of(forecast, point)["typed"],
            masses=[f"{mass:.0%}" for mass in MASSES],
            unit=runs_text.unit(forecast.runs),
            metric=runs_text.metric(forecast.runs),
            held=f"Held: {family_at(forecast.fits[0].law, point.at[CODE])}." if held else "",
            beside=difference_sentence(forecast, point, kept),
            model=_model_sentence(forecast, point),
        )
    )


def explorer_absent(forecast: Forecast, *, index: int = 0) -> str:
    """Why a point cannot be explored, in a sentence; empty where it can."""
    point = forecast.points[index]
    ends = [point.predictive.median, *point.predictive.interval(max(MASSES))]
    if not all(map(math.isfinite, ends)):
        return "There is no explorer: at the point asked for the laws give no finite range to start from."
    return ""


def script_hashes(markup: str) -> tuple[str, ...]:
    """What a content security policy must name for the markup's scripts to run: "sha256-..." each, in their order.

    Blocks of data are not scripts and need none.
    """
    scripts = re.findall(r"<script>(.*?)</script>", str(markup), flags=re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return tuple(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)


def difference_sentence(forecast: Forecast, point: PointForecast, kept: Thinned) -> str:
    """How far the explorer's numbers are from the card's, and which of the two count."""
    digits = point.predictive.digits.finer()

    def said(value: float, before: str = "") -> str:
        least = 10.0**-digits.places
        few = value < least and not digits.least
        return f"less than {number(least, digits)}" if few else f"{before}{number(value, digits)}"

    far = f"{apart_text(forecast.runs, FAR)} after" if forecast.runs.along.is_date else "at a hundred times"
    chances = ""
    if forecast.targets:
        plural = "s" if len(forecast.targets) > 1 else ""
        points = f"{100 * kept.here.chance:.1f}" if kept.here.chance >= 0.001 else "less than 0.1"
        chances = f", and the chance{plural} of the target{plural} by {points} percentage points"
    return (
        f"The card's headline rests on all {kept.count:,} draws of the laws; the explorer carries {kept.kept:,} of "
        f"them. At the card's point its median differs from the headline's by {said(kept.here.median)}, the ends of "
        f"its ranges by {said(kept.here.ends, 'at most ')}{chances}. At {forecast.runs.along.top} and {far} it, "
        f"a range's end differs from that of all draws by {said(kept.elsewhere.ends, 'at most ')}."
    )


def _model_sentence(forecast: Forecast, point: PointForecast) -> str:
    laws = len([name for name, weight in forecast.weights.items() if weight > 0])
    runs = forecast.runs
    mean, sd = drift(forecast, point)
    own = ", in proportion to each draw's own exponent" if forecast.extrapolation.by_exponent else ""
    return (
        f"The model is the card's: {'the law' if laws == 1 else f'{laws} laws mixed by weight'}, run-to-run noise, and "
        f"{runs.along.past} one unknown drift per {runs.along.step} (here of mean {mean:.2g}, sd {sd:.2g}"
        f"{own}), which grows no further beyond {far_text(runs, STUDIED)}."
    )


def _source(shelf: SandboxedEnvironment, name: str) -> str:
    """A script or style sheet as it stands."""
    assert shelf.loader is not None
    text = shelf.loader.get_source(shelf, name)[0]
    if "</" in text:
        raise UsageError("it stands inside an element of the page, which </ would end", where=name)
    return text
