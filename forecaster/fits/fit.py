"""The verb fit: law + runs -> posterior."""

from __future__ import annotations

import time
from dataclasses import replace

from forecaster.errors import Say
from forecaster.fits.cache import load_cached, save_cached
from forecaster.fits.design import Design, References
from forecaster.fits.posterior import Fit
from forecaster.fits.sampling.compile import compile_density
from forecaster.fits.sampling.density import FIRST_TRY, RETRY, Settings
from forecaster.fits.sampling.nutpie import sample
from forecaster.fits.verdict import Verdict, better
from forecaster.laws.law import Law
from forecaster.runs.table import Runs


def fit(
    law: Law,
    runs: Runs,
    *,
    seed: int = 1,
    settings: Settings = FIRST_TRY,
    held: References | None = None,
    cache: bool = True,
    retry: bool = True,
    review: bool = False,
    say: Say | None = None,
) -> Fit:
    """Sample the posterior of a law's parameters given a table of runs, and judge the draws.

    The same law, runs and seed give the same draws on the same machine, with a cold or a warm cache and on any
    number of cores. Where the first try does not pass, one longer try is made and the better one returned.

    Args:
        law: what the shape is believed to be.
        runs: what was measured.
        seed: of the sampler, from 0 to 2**32 - 1.
        settings: of the first try.
        held: reference values in place of the table's own, as simulated tables need whose parameters were drawn
            around given ones; such a fit is neither cached nor saved.
        cache: look for an identical fit on disk first, and leave this one there.
        retry: whether to make the second try where needed.
        review: whether a verdict of `review` is good enough, as it is where no number of this fit is printed.
        say: called with a line of progress now and then.

    Raises:
        RunsError: the table lacks an input of the law.
        NotConverged: the sampler could not start.
    """
    say = say or (lambda line: None)
    first = _fit_once(law, runs, seed=seed, settings=settings, held=held, cache=cache, say=say)
    if not retry or first.verdict.status in ("pass", "review" if review else "pass"):
        return first
    say(f"{law.name}: {first.verdict.status} at the first try; sampling longer")
    second = refit(first, cache=cache, say=say)
    return first if better(first.verdict, second.verdict) else second


def refit(first: Fit, *, cache: bool = True, say: Say | None = None) -> Fit:
    """The longer second try: more tuning, target acceptance .99."""
    say = say or (lambda line: None)
    return _fit_once(first.law, first.runs, seed=first.seed, settings=RETRY, held=first.held, cache=cache, say=say)


def _fit_once(
    law: Law, runs: Runs, *, seed: int, settings: Settings, held: References | None, cache: bool, say: Say
) -> Fit:
    cache = cache and held is None
    if cache:
        found = load_cached(law, runs, seed=seed, settings=settings)
        if found is not None:
            say(f"{law.name}: fit found in the cache")
            return found
    design = Design(law, runs, held)
    # Before a second is spent on compiling, a table that the law cannot read is refused.
    data = design.density_data()
    started = time.perf_counter()
    density = compile_density(law, known_errors=design.has_known_errors, say=say)
    compiled = time.perf_counter()
    draws = sample(density.of(*data), design, seed=seed, settings=settings, say=say)
    seconds = {"compile": compiled - started, "sample": time.perf_counter() - compiled}
    unjudged = Verdict("fail", float("inf"), 0.0, 0)
    made = Fit(law, runs, draws, seed, settings, unjudged, seconds, held)
    made = replace(made, verdict=made.judge(made.standing_quantities()))
    if cache:
        save_cached(made)
    return made
