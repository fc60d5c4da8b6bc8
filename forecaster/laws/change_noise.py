"""Another noise for a law: its family, whether it grows away from the top of the table, and its scale."""

from __future__ import annotations

import tomllib
from typing import Any

from forecaster.errors import UsageError, clipped
from forecaster.laws.law import Law
from forecaster.laws.page import RECIPE_NOISE, page_text, read_law

FAMILIES = ("StudentT", "Normal")

LINKS = ("log", "own", "logit")

SCALES = {"growing": "sqrt(0.001**2 + sigma**2 + (growth * d)**2)", "constant": "sqrt(0.001**2 + sigma**2)"}


def with_noise(law: Law, words: str) -> Law:
    """The law with another noise, under its old name and with a page of its own.

    Args:
        law: any law.
        words: comma-separated, one or more of `StudentT` or `Normal`, `growing` or `constant`, `log`, `own` or `logit`;
            what is not said stays as the page has it. The priors of a family or scale that changes are the recipe's.

    Raises:
        UsageError: a word that is none of these, or two that contradict each other.
    """
    said = [word.strip() for word in words.split(",") if word.strip()]
    chosen: dict[str, str] = {}
    for word in said:
        kind = next(
            (k for k, known in (("family", FAMILIES), ("scale", tuple(SCALES)), ("link", LINKS)) if word in known), ""
        )
        if not kind:
            known = ", ".join((*FAMILIES, *SCALES, *LINKS))
            raise UsageError(f"`{clipped(word)}` is no noise; the words are {known}", parameter="noise")
        if chosen.setdefault(kind, word) != word:
            raise UsageError(f"{chosen[kind]} and {word} contradict each other", parameter="noise")
    if not said:
        return law
    page = tomllib.loads(law.text)
    if "link" in chosen:
        page["response"] = {**page.get("response", {}), "link": chosen["link"]}
    if {"family", "scale"} & chosen.keys():
        page["noise"] = _section(law, chosen)
    return read_law(page_text(page), name=law.name)


def _section(law: Law, chosen: dict[str, str]) -> dict[str, Any]:
    recipe = tomllib.loads(RECIPE_NOISE)
    family = chosen.get("family", law.noise.family)
    sampled = {name: prior.text for name, prior in law.noise.sampled.items()}
    scale = law.noise.scale.text
    if "scale" in chosen:
        scale = SCALES[chosen["scale"]]
        of_nu = law.noise.nu.names if law.noise.nu else ()
        sampled = {name: sampled[name] for name in of_nu if name in sampled}
        sampled |= {name: recipe["sampled"][name] for name in ("sigma", "growth") if name in scale}
    section = {"family": family, "scale": scale}
    if family == "Normal":
        of_nu = law.noise.nu.names if law.noise.nu else ()
        sampled = {name: text for name, text in sampled.items() if name not in of_nu}
    elif law.noise.nu is None:
        section["nu"] = recipe["nu"]
        sampled["tail"] = recipe["sampled"]["tail"]
    else:
        section["nu"] = law.noise.nu.text
    return {**section, "sampled": sampled}
