"""The importance of each hyperparameter, by PED-ANOVA.

Source: Watanabe, Bansal & Hutter (2023), "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
Subspaces", IJCAI, pages 4389-4396. A hyperparameter matters as far as the best trials' values are distributed otherwise
than all trials' values: its importance is the Pearson divergence of the one density from the other, here estimated by
kernel density over a grid (ranges) or smoothed frequencies (choices), and normalised to sum to 1.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Columns, Mask
from .scales import AxisScale, Floats

LEAST = 10
"""Finished trials that it takes to say anything."""

TOP = 0.1
"""Share of the trials that count as the best ones; never fewer than `LEAST_TOP`."""

LEAST_TOP = 5
_STEPS = 50


def top_count(trials: int) -> int:
    """Return how many of so many trials count as the best ones."""
    return min(max(math.ceil(TOP * trials), LEAST_TOP), trials)


def importances(cols: Columns, mask: Mask) -> dict[str, float]:
    """Return each hyperparameter's share of the importance, in the order of the space; the shares sum to 1.

    All are 0 where the best trials' values differ in nothing from all trials', and the result is empty with fewer than
    ten finished trials, or where all scores are the same: then there are no best ones.
    """
    done = np.flatnonzero(mask & np.isfinite(cols.mean))
    if len(done) < LEAST:
        return {}
    scores = cols.mean[done]
    if float(scores.max()) == float(scores.min()):
        return {}
    order = np.argsort(-scores, kind="stable")
    # trials that tie with the last of the best ones are as good as it
    best = scores >= scores[order[top_count(len(done)) - 1]]
    raw = {name: divergence(scale, cols.place(name)[done], best) for name, scale in cols.scales.items()}
    total = sum(raw.values())
    return {name: value / total if total > 0 else 0.0 for name, value in raw.items()}


def divergence(scale: AxisScale, places: Floats, best: Mask) -> float:
    """Return the Pearson divergence of the best trials' density from all trials' density on one axis."""
    known = np.isfinite(places)
    places, best = np.clip(places[known], 0, 1), best[known]
    if scale.constant or len(places) < 2 or not best.any():
        return 0.0
    if scale.kind == "choice":
        count = len(scale.labels)
        cells = np.minimum((places * count).astype(int), count - 1)
        every = (np.bincount(cells, minlength=count) + 1.0) / (len(cells) + count)
        top = (np.bincount(cells[best], minlength=count) + 1.0) / (int(best.sum()) + count)
    else:
        every, top = density(places), density(places[best])
    return float(np.sum(every * (top / every - 1.0) ** 2))


def density(places: Floats) -> Floats:
    """Return a kernel density of positions over fifty steps of [0, 1], summing to 1, never 0 anywhere.

    Gaussian kernels of Scott's width, at least half a step, cut at the ends of the axis, with a uniform one added as a
    prior that weighs as much as one trial.
    """
    grid = (np.arange(_STEPS) + 0.5) / _STEPS
    counts = np.bincount(np.minimum((places * _STEPS).astype(int), _STEPS - 1), minlength=_STEPS)
    width = max(float(places.std()) * len(places) ** -0.2 * 1.059, 0.5 / _STEPS)
    kernels = np.exp(-0.5 * ((grid[:, None] - grid[None, :]) / width) ** 2)
    kernels /= kernels.sum(axis=0, keepdims=True)
    return (kernels @ counts + 1.0 / _STEPS) / (len(places) + 1.0)
