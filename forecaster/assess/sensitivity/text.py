"""What a forecast hangs on, in words and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.show.document import Document, Section, Sentence, bullets
from forecaster.show.table import MISSING, Table, number, percent, sentence_case, shown, spread

if TYPE_CHECKING:
    from forecaster.assess.sensitivity.result import Bar, Sensitivity

HOW = {"exact": "exact", "importance": "weighted draws", "refit": "new fit"}


def sensitivity_document(sens: Sensitivity) -> Document:
    """The forecast under each variation, whether priors or data carry it, and what could not be given."""
    bars, power, left = tornado_table(sens), power_table(sens), left_out_sentences(sens)
    sections = (
        Section(bars.caption, (bars, Sentence(tornado_sentence(sens)))),
        Section(power.caption, (power,)) if power.rows else Section(""),
        Section("Not given" if left else "", bullets(left)),
    )
    return Document(f"Sensitivity at {shown(sens.point)}", sections)


def tornado_table(sens: Sensitivity) -> Table:
    """The numbers behind the tornado, the largest effect first after the forecast itself."""
    rows = []
    for bar in (sens.base, *sens.bars):
        low, high = _ends(sens, bar)
        k = bar.pareto_k
        said = "" if k is None else f"{k:.2f}" if abs(k) < 100 else MISSING
        chances = [percent(chance) for chance in bar.probability]
        rows.append(
            (shown(bar.name), number(bar.median, sens.digits), spread((low, high)), *chances, HOW[bar.how], said)
        )
    chances = [target.text for target in sens.targets]
    columns = ("Variation", "Median", "90% range", *chances, "How", "Pareto k")
    return Table(
        f"The forecast at {sens.point} with one choice made otherwise", columns, tuple(rows), frozenset({"How"})
    )


def tornado_sentence(sens: Sensitivity) -> str:
    """What matters most, and how far all variations reach, in one sentence."""
    if not sens.bars:
        return "No choice behind this forecast could be varied."
    top, base = sens.bars[0], sens.base
    count = len(sens.bars)
    if top.moved(base) < 10.0 ** -sens.digits.places_of(base.median):
        one = f"The one variation, {shown(top.name)}, does not move"
        who = f"None of the {count} variations moves" if count > 1 else one
        return f"{who} the median or an end of the 90% range by a unit of the last place."
    median, ends = number(top.median, sens.digits), spread(_ends(sens, top))
    said = (
        f"The largest change, {shown(top.name)}, puts the median at {median} and the 90% range at {ends}, "
        f"against {median_and_range(sens, base)}"
    )
    if count == 1:
        return f"{said}."
    everything = (base, *sens.bars)
    medians = [number(bar.median, sens.digits) for bar in sorted(everything, key=lambda bar: bar.median)]
    said += f"; over all {count} variations the median lies between {medians[0]} and {medians[-1]}"
    if sens.targets:
        chances = sorted(bar.probability[0] for bar in everything)
        reach = f"between {percent(chances[0])} and {percent(chances[-1])}"
        if percent(chances[0]) == percent(chances[-1]):
            reach = f"at {percent(chances[0])}"
        said += f", and the chance of {sens.targets[0].text} {reach}"
    return f"{said}."


def power_table(sens: Sensitivity) -> Table:
    """Whether the prior or the data carry each law's answer and parameters, by power-scaling."""
    rows = [
        (shown(power.law), shown(power.quantity), number(power.prior, 2), number(power.likelihood, 2), power.diagnosis)
        for power in sens.power
    ]
    columns = ("Law", "Quantity", "To the prior", "To the data", "What that says")
    return Table("Sensitivity to the prior and to the data", columns, tuple(rows), frozenset({"Quantity", columns[-1]}))


def left_out_sentences(sens: Sensitivity) -> list[str]:
    """What could not be varied, and why, a sentence for each reason."""
    names: dict[str, list[str]] = {}
    for name, why in sens.left_out.items():
        names.setdefault(why, []).append(name)
    return [f"{sentence_case(shown(f'{", ".join(each)}: {why}', 600))}." for why, each in names.items()]


def _ends(sens: Sensitivity, bar: Bar) -> tuple[str, str]:
    return number(bar.low, sens.digits), number(bar.high, sens.digits)


def median_and_range(sens: Sensitivity, bar: Bar) -> str:
    """A bar's numbers, "1.40 (1.35 to 1.45)"."""
    return f"{number(bar.median, sens.digits)} ({spread(_ends(sens, bar))})"
