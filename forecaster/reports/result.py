"""A report: a forecast said to a person, as one page that a decision can rest on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.reports.provenance import forecast_dict
from forecaster.show.document import Document, Section, sentences
from forecaster.show.probability import Words, icd203
from forecaster.show.result import Result

if TYPE_CHECKING:
    from forecaster.assess.sensitivity.result import Sensitivity
    from forecaster.forecasts.result import Forecast


NOT_ASKED = "How the forecast hangs on the choices behind it was not asked."


@dataclass(frozen=True, eq=False)
class Report(Result):
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
        """Hashes, seed, versions and command; see `forecaster.reports.provenance.provenance`."""
        from forecaster.reports.provenance import provenance

        return provenance(self.forecast, self.command) | {"made": self.made}

    @cached_property
    def card(self) -> Document:
        """Every section that the formats give; see `forecaster.reports.card.card`."""
        from forecaster.reports.card import card

        return card(self)

    @property
    def document(self) -> Document:
        """The forecast in brief, and where the files are."""
        from forecaster.forecasts.text import forecast_document

        said = forecast_document(self.forecast, self.words)
        written = f"Written: {', '.join(path.name for path in self.paths)}" if self.paths else ""
        return replace(said, sections=(*said.sections, Section("", sentences(written))))

    def render(self, kind: str) -> bytes:
        """The card as a file.

        Args:
            kind: html, md, json, xlsx or pdf.

        Raises:
            UsageError: an unknown kind, or one whose extra is not installed.
        """
        from forecaster.reports.files import writer_of

        return writer_of(kind).write(self)

    @property
    def html(self) -> str:
        """The card as one HTML page."""
        return self.render("html").decode()

    @property
    def markdown(self) -> str:
        """The card as Markdown."""
        return self.render("md").decode()

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
