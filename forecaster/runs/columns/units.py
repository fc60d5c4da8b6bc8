"""Units in headers: "Params (M)", "tokens_billions", "FLOPs (1e21)", "Training compute (PF-days)"."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

SECONDS_A_DAY = 86_400

_MAGNITUDES = {
    word: scale
    for scale, words in (
        (1e3, "k thousand thousands"),
        (1e6, "m mm mn mln mio mil million millions"),
        (1e9, "b g bn bln bil billion billions mrd milliard milliards"),
        (1e12, "t tn trn tln trillion trillions"),
        (1e15, "quadrillion quadrillions"),
    )
    for word in words.split()
}

_PREFIXES = {
    prefix: scale
    for scale, prefixes in (
        (1e3, "k kilo"), (1e6, "m mega"), (1e9, "g giga"), (1e12, "t tera"), (1e15, "p peta"),
        (1e18, "e exa"), (1e21, "z zetta"), (1e24, "y yotta"),
    )
    for prefix in prefixes.split()
}  # fmt: skip

_NOUN = r"(?:model\s*)?(?:param(?:eter)?s?|tok(?:en)?s?|flops?|flos|examples?|samples?|images?|documents?)"

_SIGN = r"[*\N{MULTIPLICATION SIGN}]"

_BY = rf"(?:x|{_SIGN})"

_NUMBER = re.compile(
    rf"{_BY}?\s*(?:(1(?:\.0*)?e[+-]?\d+)|(?:1\s*{_BY}\s*)?10\s*(?:\^|\*\*)\s*[({{]?([+-]?\d+)[)}}]?|(10*|10{{0,2}}(?:,000)+))"
    rf"\s*{_NOUN}?"
)

_MAGNITUDE = re.compile(
    rf"(?:{_BY}?\s*1\s*)?({'|'.join(sorted(_MAGNITUDES, key=len, reverse=True))})\.?(?:\s+(?:of\s+)?{_NOUN})?"
)

_FLOP = re.compile(
    rf"({'|'.join(sorted(_PREFIXES, key=len, reverse=True))})?[\s_-]?"
    r"(?:flops?|flos)((?:[\s_/-]*s(?:ec(?:ond)?)?)?[\s_-]*days?)?"
)

_PF_DAYS = re.compile(r"([tpez])fs?[\s_-]*days?")

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

_BRACKETS = re.compile(r"(.*?)\s*[(\[{]([^()\[\]{}]*)[)\]}]\s*")

_DIVIDED = re.compile(r"(.*?[\w)])\s*/\s*(1e\d+|10\^\d+|10\*\*\d+|10+)", flags=re.IGNORECASE)

_TIMES = re.compile(rf"(.*?[\w)])\s*(?:{_SIGN}|\sx)\s*(1e-?\d+|10\^-?\d+|10\*\*-?\d+)", flags=re.IGNORECASE)

_GAPS = re.compile(r"[\s_\-./,]+|(?<=[a-z])(?=[A-Z])")

FEWEST_WITHOUT_BRACKETS = 1000
"""A smaller number at a header's end counts something else, as in "params_2"."""


@dataclass(frozen=True)
class Unit:
    """What a column counts in.

    Args:
        text: as the header says it.
        scale: what its cells are to be multiplied by.
        flop: whether it is one of compute by its own name, such as EFLOP or PF-days.
        sure: whether the text means this and nothing else; a small letter or a rate could be something else.
    """

    text: str
    scale: float
    flop: bool = False
    sure: bool = True


def unit_said(text: str) -> Unit | None:
    """The unit that a text such as "M", "billions", "1e21", "EFLOP" or "PF-days" names; None for any other."""
    said = text.strip()
    plain = said.translate(_SUPERSCRIPTS)
    if plain != said:
        plain = plain.replace("10", "10^", 1)
    plain = re.sub(r"^in\s+", "", plain.lower())
    if found := _NUMBER.fullmatch(plain):
        power, ten, whole = found.groups()
        try:
            # What was multiplied by 1e-9 counts billions.
            power, ten = (part and part.replace("-", "") for part in (power, ten))
            scale = float(power) if power else 10.0 ** int(ten) if ten else float(whole.replace(",", ""))
        except OverflowError:
            return None
        return Unit(said, scale) if math.isfinite(scale) else None
    if found := _MAGNITUDE.fullmatch(plain):
        return Unit(said, _MAGNITUDES[found[1]], sure=said not in ("k", "m", "g", "b", "t"))
    if (found := _FLOP.fullmatch(plain)) and (found[1] or found[2]):
        scale = _PREFIXES.get(found[1] or "", 1.0)
        rate = scale <= 1e15 and not found[2]
        return Unit(said, scale * (SECONDS_A_DAY if found[2] else 1), flop=True, sure=not rate)
    if found := _PF_DAYS.fullmatch(plain):
        return Unit(said, _PREFIXES[found[1]] * SECONDS_A_DAY, flop=True)
    return None


def split_unit(header: str) -> tuple[str, Unit | None]:
    """A header without its unit, and that unit: "Params (M)" is "Params" in millions.

    What is left is "flops" where the header names nothing but compute's own unit.
    """
    bare, unit = bracketed(header)
    if unit is not None:
        return bare or "flops", unit
    for pattern in (_DIVIDED, _TIMES):
        if (found := pattern.fullmatch(header)) and (unit := unit_said(found[2])):
            return found[1], unit
    parts = [part for part in _GAPS.split(header) if part]
    for count in range(min(4, len(parts)), 0, -1):
        unit = unit_said("-".join(parts[-count:])) or (_exponent(parts[-1]) if count == 1 else None)
        if unit is not None and (unit.flop or (count < len(parts) and unit.scale >= FEWEST_WITHOUT_BRACKETS)):
            rest = (
                parts[: -count - 1]
                if [word.lower() for word in parts[-count - 1 : -count]] == ["in"]
                else parts[:-count]
            )
            return " ".join([*rest, "flops"] if unit.flop else rest), unit
    unit = unit_said(parts[0]) if len(parts) > 1 else None
    if unit is not None and unit.sure and not unit.flop and unit.scale >= FEWEST_WITHOUT_BRACKETS:
        return " ".join(parts[2:] if parts[1].lower() == "of" else parts[1:]), unit
    return header, None


def bracketed(header: str) -> tuple[str, Unit | None]:
    """A header without the unit in brackets at its end, and that unit."""
    found = _BRACKETS.fullmatch(header)
    unit = unit_said(found[2]) if found else None
    return (found[1], unit) if found and unit else (header, None)


def _exponent(word: str) -> Unit | None:
    found = re.fullmatch(r"[eE](\d{1,2})", word)
    return Unit(word, 10.0 ** int(found[1])) if found else None
