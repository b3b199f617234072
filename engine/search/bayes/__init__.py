"""Gaussian-process search: `bayes`. Its row in the catalog stands here, for the search itself needs numpy and scipy."""

from __future__ import annotations

from ...space.space import Space
from ..base import Kind, Natural, Options, Positive, Search, Setting, finite


class BayesOptions(Options, frozen=True):
    """How many trials, under which seed, how many of them are the Sobol start, and how many may be open at once."""

    trials: Positive
    seed: Natural = 0
    start: Positive = 10
    open: Positive = 1


def _make(space: Space, options: BayesOptions, setting: Setting) -> Search:
    from .bayes import Bayes

    return Bayes(space, options.trials, options.seed, start=options.start, open_asks=options.open)


KIND = Kind(kind="bayes", title="Gaussian process", Options=BayesOptions, plan=finite, make=_make, budget="trials")
