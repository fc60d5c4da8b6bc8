"""Laws described in words and as JSON-ready data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.errors import LawError, clipped, listed
from forecaster.laws.law import Law, is_count
from forecaster.laws.presets import predict
from forecaster.quantity import finite, format_quantity
from forecaster.show.document import Bullets, Document, Section, Sentence, Verbatim, sentences
from forecaster.show.table import Table, shown, spread
from forecaster.stats.link import Link

DRAWS = 100_000


def shelf_document(laws: Sequence[Law]) -> Document:
    """What each law says, and its formula."""
    lines = tuple(Section(f"{law.name}: {law.title}", (Verbatim(law.formula.text),)) for law in laws)
    return Document("", (*lines, Section("", sentences("`forecaster laws NAME` shows one in full."))))


def law_document(law: Law, references: Mapping[str, float] | None = None, *, of: str = "") -> Document:
    """One law in full: formula, source, inputs, parameters, and each prior with its 90% interval.

    Args:
        law: any law.
        references: a table's reference values, to say what the priors mean for it; natural parameters then have their
            intervals too.
        of: what to call that table.
    """
    intervals = prior_intervals(law, references)
    response = "loss" if law.link == "log" else "response"
    inputs = tuple((shown(name), shown(unit)) for name, unit in law.inputs.items())
    formula = Verbatim(f"{response} = {_letter(law.formula.text)}")
    sections = [
        Section("Formula", (formula, Sentence(f"Source: {shown(law.source, 1000)}"))),
        Section("Inputs", (Table("Inputs", ("Input", "Unit"), inputs, frozenset({"Unit"})),)),
    ]
    if references is not None:
        used = (f"{name} = {format_quantity(value)}" for name, value in _used_references(law, references).items())
        sections.append(Section(f"On {shown(of, 200)}", (Verbatim("\n".join(used)),)))
    sections.append(_prior_section(law, intervals, " for this table" if references is not None else ""))
    if law.natural:
        sections.append(_natural_section(law, intervals))
    nu = "" if law.noise.nu is None else f"\nnu     {law.noise.nu}"
    noise = (
        Verbatim(f"scale  {law.noise.scale}{nu}"),
        Sentence("d is the log of a run's compute over the largest compute in the table."),
    )
    sections.append(Section(f"Noise on {Link(law.link).scale}: {law.noise.family}", noise))
    if law.presets:
        rows = tuple((shown(name), shown(each.source, 1000)) for name, each in law.presets.items())
        sections.append(Section("Presets", (Table("Presets", ("Name", "Source"), rows, frozenset({"Source"})),)))
    return Document(f"{shown(law.name)}: {shown(law.title, 300)}", tuple(sections))


def _prior_section(law: Law, intervals: Mapping[str, Interval], where: str) -> Section:
    rows = tuple((shown(name), _letter(prior.text), intervals[name].text) for name, prior in law.priors.items())
    table = Table("What is sampled", ("Parameter", "Prior", "90% interval"), rows, frozenset({"Prior", "90% interval"}))
    exact = all(each.exact for each in intervals.values())
    drawn = "" if exact else f"About: two digits, from {DRAWS:,} draws of the priors."
    title = f"Priors of what is sampled, with the equal-tailed 90% interval of each{where}"
    return Section(title, (table, *sentences(drawn)))


def _natural_section(law: Law, intervals: Mapping[str, Interval]) -> Section:
    """How the formula's parameters follow; with a column of intervals where a table gives them theirs."""
    rows = [
        (shown(name), _letter(formula.text), intervals[name].text if name in intervals else "")
        for name, formula in law.natural.items()
    ]
    columns = ("Parameter", "Formula", "90% interval")
    kept = 3 if any(name in intervals for name in law.natural) else 2
    title = "The formula's parameters from the sampled ones"
    table = Table(title, columns[:kept], tuple(row[:kept] for row in rows), frozenset(columns[1:kept]))
    centres = ", ".join(f"{name}0" for name in law.inputs)
    return Section(title, (table, Sentence(f"{centres}: geometric mean(s) of the table; L0: its median loss.")))


def _letter(formula: str) -> str:
    return shown(formula, 1000)


def law_dict(law: Law, references: Mapping[str, float] | None = None, *, runs_sha256: str = "") -> dict[str, Any]:
    """JSON-ready: a law's page with each prior's 90% interval.

    Args:
        law: any law.
        references: a table's reference values, for which the intervals then hold.
        runs_sha256: that table's hash.
    """
    intervals = prior_intervals(law, references)
    data: dict[str, Any] = {
        "name": law.name,
        "title": law.title,
        "source": law.source,
        "formula": law.formula.text,
        "inputs": dict(law.inputs),
        "priors": {
            name: {"prior": prior.text, "interval": {"90": intervals[name].ends}, "exact": intervals[name].exact}
            for name, prior in law.priors.items()
        },
        "natural": {name: formula.text for name, formula in law.natural.items()},
        "noise": {
            "family": law.noise.family,
            "scale": law.noise.scale.text,
            "nu": law.noise.nu.text if law.noise.nu is not None else None,
        },
        "presets": {name: each.source for name, each in law.presets.items()},
        "sha256": law.sha256,
    }
    if references is not None:
        data["runs_sha256"] = runs_sha256
        data["references"] = _used_references(law, references)
        data["natural_intervals"] = {
            name: {"90": intervals[name].ends} for name in law.natural if name in law.parameters
        }
    return data


@dataclass(frozen=True)
class Interval:
    """The equal-tailed 90% interval of a prior.

    Args:
        low: its lower end; infinite where a draw overflows there, not a number where some draws have no value.
        high: its upper end, likewise.
        exact: whether it is computed, or taken from draws.
    """

    low: float
    high: float
    exact: bool

    @property
    def ends(self) -> list[float | None]:
        """Both ends; None for one that is no finite number."""
        return [finite(self.low), finite(self.high)]

    @property
    def text(self) -> str:
        """The range in words, "0.2 to 0.5"."""
        if self.exact:
            return spread((f"{self.low:.3g}", f"{self.high:.3g}"))
        return f"about {spread((format_quantity(self.low), format_quantity(self.high)))}"


def prior_intervals(law: Law, references: Mapping[str, float] | None = None) -> dict[str, Interval]:
    """The equal-tailed 90% interval of each prior; given a table's reference values, of each natural parameter too.

    Exact where a prior's arguments are numbers or the table's reference values; where they name other parameters, and
    for natural parameters, from draws. Without a table each count's centre is put at 1e9 and the other references at 1.

    Args:
        law: any law.
        references: the table's reference values by name.
    """
    fixed: Mapping[str, float]
    if references is None:
        fixed = dict.fromkeys(law.references, 1.0) | {f"{name}0": 1e9 for name in law.inputs if is_count(law, name)}
        names = list(law.priors)
    else:
        fixed = references
        names = [*law.priors, *(name for name in law.natural if name in law.parameters)]
    exact = {name for name, prior in law.priors.items() if fixed.keys() >= set(prior.names)}
    with np.errstate(all="ignore"):
        intervals = {name: Interval(*law.priors[name].interval(0.9, fixed), exact=True) for name in exact}
        if len(exact) < len(names):
            drawn = law.draw_priors(fixed, draws=DRAWS, seed=1)
            for name in names:
                if name not in exact:
                    low, high = np.quantile(drawn[name], [0.05, 0.95], method="inverted_cdf")
                    intervals[name] = Interval(float(low), float(high), exact=False)
    return {name: intervals[name] for name in names}


def _used_references(law: Law, references: Mapping[str, float]) -> dict[str, float]:
    """The table's reference values that the law's page uses."""
    formulas = [law.formula, *law.natural.values(), law.noise.scale]
    used = {name for formula in formulas for name in formula.names}
    used |= {name for prior in law.priors.values() for name in prior.names}
    return {name: value for name, value in references.items() if name in used}


def preset_document(law: Law, found: Mapping[str, Any]) -> Document:
    """Published constants of a law, and what they predict at points: single numbers, without any range.

    Args:
        law: whose preset.
        found: it and its predictions, as `preset_dict` gives them.
    """
    said = found["preset"]
    constants = "\n".join(f"{parameter} = {value:.6g}" for parameter, value in said["parameters"].items())
    source = Sentence(f"Source: {shown(said['source'], 1000)}")
    sections = [Section("Constants", (Verbatim(_letter(law.formula.text)), Verbatim(constants), source))]
    if said["predictions"]:
        each_point = Bullets(tuple(f"at {each['asked']}: {each['response']:.5g}" for each in said["predictions"]))
        alone = Sentence("These are the formula's values alone: no fit, no noise and no range.")
        sections.append(Section("What they predict", (each_point, alone)))
    return Document(f"{shown(law.name)}, {shown(said['name'])}", tuple(sections))


def preset_dict(law: Law, name: str, at: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """JSON-ready: a law's page with one of its presets and what that predicts at points.

    Args:
        law: whose preset.
        name: of the preset.
        at: each point's inputs, by what it is called.

    Raises:
        LawError: the law has no such preset.
        ScenarioError: a point lacks an input.
    """
    if name not in law.presets:
        raise LawError(f"has no preset `{clipped(name)}`; it has {listed(law.presets) or 'none'}", where=law.name)
    preset = law.presets[name]
    predictions = [{"asked": asked, "response": float(predict(law, preset, inputs))} for asked, inputs in at.items()]
    found = {"name": name, "source": preset.source, "parameters": dict(preset.parameters), "predictions": predictions}
    return law_dict(law) | {"preset": found}
