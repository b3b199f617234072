"""The importance of each hyperparameter, by PED-ANOVA.

Source: Watanabe, Bansal & Hutter (2023), "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
Subspaces", IJCAI, pages 4389-4396. A hyperparameter matters as far as the best trials' values are distributed otherwise
than all trials' values: its importance is the Pearson divergence of the one density from the other, here estimated by
kernel density over a grid (ranges) or smoothed frequencies (choices), and normalised to sum to 1.
"""

from __future__ import annotations

import math

import numpy as np
from rich.text import Text

from ...engine.state import RunState
from ...engine.text import clean
from ..render.lines import Canvas, fit, says, width_of
from ..render.look import Look
from ..render.plot import caption
from ..render.scales import AxisScale, Floats
from ..trials.arrays import Columns, Mask, columns
from .captions import nothing_to_draw, whose
from .options import ViewOptions

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


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw one bar a hyperparameter, the most important first, and say by which measure."""
    cols = columns(state)
    mask = cols.of_methods(options.method, options.hide)
    if not cols.scales and state.info is not None:
        return says("This run has no hyperparameters to weigh.", width, height, look)
    if sentence := nothing_to_draw(state, cols, mask, options):
        return says(sentence, width, height, look)
    done = int((mask & np.isfinite(cols.mean)).sum())
    if done < LEAST:
        return says(f"{done} finished so far: importance takes at least {LEAST} trials.", width, height, look)
    shares = importances(cols, mask)
    if not shares:
        return says(f"All {done:,} trials have the same score: no hyperparameter matters.", width, height, look)
    canvas = Canvas(width, height)
    _rows(canvas, look, shares)
    rough = ", a rough guess" if done < 50 else ""
    note = f"importance (PED-ANOVA): the best {top_count(done):,} of {done:,} trials against all{rough}"
    caption(canvas, look, note + whose(options))
    if height > len(shares) + 2:
        canvas.put(0, height - 1, fit("PED-ANOVA: Watanabe, Bansal & Hutter, IJCAI 2023", width), look.dim_style)
    return canvas.lines(look)


def _rows(canvas: Canvas, look: Look, shares: dict[str, float]) -> None:
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    names = min(max(width_of(clean(name, 24)) for name in shares), max(canvas.width // 3, 4))
    left = names + 6
    across = max(canvas.width - left - 1, 1)
    source = canvas.height > len(ranked) + 2
    each = max(min((canvas.height - 2 - source) // max(len(ranked), 1), 2), 1)
    for index, (name, share) in enumerate(ranked[: canvas.height - 1]):
        row = 1 + index * each + (canvas.height > 2 + len(ranked) * each)
        canvas.put(0, row, fit(clean(name, 24), names))
        canvas.put_right(names + 5, row, f"{share:.0%}")
        cells = round(share * across)
        canvas.put(left, row, "█" * cells, look.accent_style if index == 0 and share > 0 else look.dim_style)
