"""To report: the card and its other formats, all of the files or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import UsageError, clipped
from forecaster.files import write_all
from forecaster.reports.files import refuse_unwritable
from forecaster.reports.result import NOT_ASKED, Report
from forecaster.show.probability import Words, read_words

if TYPE_CHECKING:
    from forecaster.assess.sensitivity.result import Sensitivity
    from forecaster.forecasts.result import Forecast


def report(
    forecast: Forecast,
    *,
    output: str | Path,
    also: Iterable[str] | str = (),
    template: str | Path | None = None,
    words: str | Path | Words = "icd203",
    sensitivities: Sequence[Sensitivity] = (),
    no_sensitivity: str = NOT_ASKED,
    command: str = "",
    made: str | date | None = None,
) -> Report:
    """Write the forecast card: all of its files, or none.

    Args:
        forecast: what to say.
        output: the page, ending in .html.
        also: further kinds under the same name: md, json, xlsx, pdf; or as one text, "md,json".
        template: a folder whose card.html.j2 and card.css stand in for the package's own; see `templates`.
        words: the scale of likelihood words: icd203, ipcc or a TOML file; see `read_words`.
        sensitivities: of the forecast's points, in their order.
        no_sensitivity: why there is none of a point, in one line.
        command: the exact command that asked for it.
        made: the day to put on it, as 2026-01-31; today where not given.

    Raises:
        UsageError: an unknown kind or one whose extra is missing, a template or scale of words that cannot be used,
            or a place that cannot or must not be written.
    """
    targets = refuse_unwritable(output, also=also, template=template, words=words)
    said = Report(
        forecast,
        command,
        _day(made),
        tuple(targets.values()),
        words=read_words(words),
        template=None if template is None else Path(template),
        sensitivities=tuple(sensitivities),
        no_sensitivity=no_sensitivity,
    )
    write_all({path: said.render(kind) for kind, path in targets.items()})
    return said


def _day(made: str | date | None) -> str:
    try:
        return (date.today() if made is None else date.fromisoformat(str(made))).isoformat()
    except ValueError:
        raise UsageError(f"the day is {clipped(str(made))}; give it as 2026-01-31", where="made") from None
