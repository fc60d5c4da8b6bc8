"""A report: a forecast said to a person, as one page that a decision can rest on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import UsageError, clipped
from forecaster.report.files import KINDS, refuse_missing, refuse_unwritable, write_all
from forecaster.report.likelihood import Words, icd203, read_words

if TYPE_CHECKING:
    from forecaster.forecast import Forecast
    from forecaster.sensitivity import Sensitivity

__all__ = ["KINDS", "Report", "forecast_dict", "refuse_unwritable", "report"]

NOT_ASKED = "How the forecast hangs on the choices behind it was not asked."


@dataclass(frozen=True, eq=False)
class Report:
    """A forecast with where it comes from, ready to be read or filed.

    Args:
        forecast: what is said.
        command: the exact command that asked for it; empty where there was none.
        made: the day, such as 2026-01-31.
        paths: the files written, the page first; empty before that.
        words: the scale of likelihood words that chances are said in.
        template: a folder of templates for the page in place of the package's own; None for those.
        sensitivities: of the forecast's points, in their order, to the choices behind them; those that there are.
        no_sensitivity: why there is none of a point, in one line.
    """

    forecast: Forecast
    command: str = ""
    made: str = field(default_factory=lambda: date.today().isoformat())
    paths: tuple[Path, ...] = ()
    words: Words = field(default_factory=icd203)
    template: Path | None = None
    sensitivities: tuple[Sensitivity, ...] = ()
    no_sensitivity: str = NOT_ASKED

    @cached_property
    def provenance(self) -> Mapping[str, Any]:
        """Hashes, seed, versions and command; see `forecaster.report.provenance`."""
        from forecaster.report.provenance import provenance

        return provenance(self.forecast, self.command) | {"made": self.made}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows."""
        from forecaster.report.notebook import report_bundle

        return report_bundle(self)

    @property
    def text(self) -> str:
        """The answer as plain text."""
        from forecaster.report.prose import forecast_text

        return forecast_text(self.forecast, self.words)

    @property
    def html(self) -> str:
        """The card as one HTML page."""
        from forecaster.report.page import card_html

        return card_html(self)

    @property
    def markdown(self) -> str:
        """The card as Markdown."""
        from forecaster.report.markdown import card_markdown

        return card_markdown(self)

    @property
    def xlsx(self) -> bytes:
        """The card as a workbook; needs the extra `excel`."""
        from forecaster.report.workbook import card_workbook

        refuse_missing("xlsx")
        return card_workbook(self)

    @property
    def pdf(self) -> bytes:
        """The card on paper; needs the extra `pdf`."""
        from forecaster.report.pdf import card_pdf

        refuse_missing("pdf")
        return card_pdf(self)

    @property
    def data(self) -> dict[str, Any]:
        """JSON-ready: the forecast's numbers, what they hang on, and their provenance."""
        data = forecast_dict(self.forecast, command=self.command, words=self.words)
        data["provenance"]["made"] = self.made
        return data | {"sensitivity": [each.as_dict() for each in self.sensitivities]}

    @property
    def json(self) -> str:
        """The same as one JSON object."""
        return json.dumps(self.data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def forecast_dict(forecast: Forecast, *, command: str = "", words: Words | None = None) -> dict[str, Any]:
    """JSON-ready: a forecast with the evidence grade of each point, a list under `grade`, and its provenance.

    Each target also has its likelihood word, and `words` names their scale.

    Args:
        forecast: what was answered.
        command: the exact command that asked for it; empty where there was none.
        words: the scale of likelihood words; ICD 203 where not given.
    """
    from forecaster.grade import grade
    from forecaster.report.provenance import provenance

    scale = words or icd203()
    data = forecast.as_dict()
    for target in (target for point in data["forecast"] for target in point["targets"]):
        target["word"] = scale.word(target["probability"]).word
    grades = [grade(forecast, point).as_dict() for point in forecast.points]
    data |= {"grade": grades, "words": {"name": scale.name, "source": scale.source}}
    return data | {"provenance": provenance(forecast, command)}


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
    makers: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: said.html,
        "md": lambda: said.markdown,
        "json": lambda: said.json,
        "xlsx": lambda: said.xlsx,
        "pdf": lambda: said.pdf,
    }
    contents = {path: makers[kind]() for kind, path in targets.items()}
    write_all({path: made.encode() if isinstance(made, str) else made for path, made in contents.items()})
    return said


def _day(made: str | date | None) -> str:
    try:
        return (date.today() if made is None else date.fromisoformat(str(made))).isoformat()
    except ValueError:
        raise UsageError(f"the day is {clipped(str(made))}; give it as 2026-01-31", where="made") from None
