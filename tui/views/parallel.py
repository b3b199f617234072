"""Parallel coordinates: one upright axis a hyperparameter, the score at the right, one line a trial."""

from __future__ import annotations

import math

import numpy as np
from rich.text import Text

from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import Columns, Ints, best_index, spread
from ...engine.trials.scales import Floats, ScoreRange
from ..render.braille import Dots
from ..render.lines import Canvas, fit, says, width_of
from ..render.look import Look
from ..render.plot import Tick, ramp_legend, score_ticks
from .captions import nowhere, score_name, shown_trials, whose
from .options import ViewOptions, axes, chosen_axes

LINES_A_ROW = 2
"""Lines that are drawn for every row of the picture: with more, they grow into one another."""


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw trials as lines through their hyperparameters to their score, the better ones above the others."""
    cols, mask, sentence = shown_trials(state, options)
    shown = _axes(state, options, width)
    if not shown or sentence:
        return says(sentence or "This run has no hyperparameters to draw lines through.", width, height, look)
    scores = cols.scores(options.method, options.hide) or ScoreRange(0.0, 1.0)
    canvas = Canvas(width, height)
    top, rows = 2, max(height - 2, 1)
    sides = [cols.scales[name].ticks(max(rows // 3, 2)) for name in shown]
    sides.append(score_ticks(scores, max(rows // 3, 2)))
    left = max((width_of(label) for _, label in sides[0]), default=0) + 1
    left = min(left, width // 4)
    right = max((width_of(label) for _, label in sides[-1]), default=0) + 1
    uprights = np.linspace(left, max(width - right - 2, left + 1), len(shown) + 1).round().astype(int).tolist()
    every = [spread(cols, cols.scales[name], name) for name in shown]
    places = np.column_stack([*every, scores.positions(cols.mean)])
    chosen = _thin(cols, mask & np.isfinite(places).all(axis=1), LINES_A_ROW * rows)
    if not len(chosen):
        return says(nowhere(*shown), width, height, look)
    _lines(canvas, look, places[chosen], uprights, top, rows, scores.positions(cols.mean[chosen]))
    _uprights(canvas, look, [*(clean(name, 24) for name in shown), score_name(state)], sides, uprights, top, rows)
    total = int((mask & np.isfinite(cols.mean)).sum())
    note = (
        f"{total:,} {'trial' if total == 1 else 'trials'}"
        if len(chosen) == total
        else f"{len(chosen):,} of {total:,} trials, the best ones first"
    )
    hidden = len(cols.scales) - len(shown)
    note += f", {hidden} hyperparameters more" if hidden else ""
    note += whose(options)
    end = canvas.put(0, 0, fit(note, min(width, width_of(note))), look.dim_style)
    ramp_legend(canvas, look, scores, score_name(state), after=end)
    best = best_index(cols, mask)
    if best is not None and np.isfinite(places[best]).all():
        for upright, place in zip(uprights, places[best], strict=True):
            canvas.put(upright, _row(float(place), top, rows), look.star, look.accent_style)
    return canvas.lines(look)


def _axes(state: RunState, options: ViewOptions, width: int) -> list[str]:
    """Return the hyperparameters to show, those of x and y first if they were named; as many as the width allows."""
    names = [axis.name for axis in axes(state)]
    x, y = chosen_axes(state, options)
    if options.x is not None or options.y is not None:
        named = [axis.name for axis in (x, y) if axis is not None and axis.name in (options.x, options.y)]
        names = named + [name for name in names if name not in named]
    return names[: max((width - 10) // 10, 1)]


def _row(place: float, top: int, rows: int) -> int:
    return top + rows - 1 - min(max(round(place * (rows - 1)), 0), rows - 1)


def _thin(cols: Columns, mask: np.ndarray, limit: int) -> Ints:
    """Return the trials to draw, worst first: a third of the limit for the best, others by their order of arrival.

    Of those every second, fourth, … is drawn, so that one trial more adds one line instead of changing all.
    """
    indexes = np.flatnonzero(mask)
    ranked = indexes[np.argsort(cols.mean[indexes], kind="stable")]
    if len(ranked) <= limit:
        return ranked
    top = limit // 3
    others = ranked[:-top] if top else ranked
    step = 2 ** math.ceil(math.log2(len(indexes) / (limit - top)))
    return np.concatenate([others[others % step == 0][: limit - top], ranked[len(ranked) - top :]])


def _lines(
    canvas: Canvas, look: Look, places: Floats, uprights: list[int], top: int, rows: int, scores: Floats
) -> None:
    """Draw the lines as dots: for every column of dots between two uprights, each trial's height there."""
    levels = len(look.ramp)
    dots = Dots(canvas.width, rows)
    level = np.minimum((scores * levels).astype(int), levels - 1)
    tall = 4 * rows - 1
    heights = (1 - np.clip(places, 0, 1)) * tall
    for index in range(len(uprights) - 1):
        first, last = 2 * uprights[index] + 1, 2 * uprights[index + 1]
        across = np.arange(first, last + 1)
        part = (across - first) / max(last - first, 1)
        y = heights[:, index, None] + (heights[:, index + 1] - heights[:, index])[:, None] * part
        # a steep line skips rows: fill in down to its height in the next column
        down = np.diff(y, axis=1, append=y[:, -1:])
        fill = min(int(np.abs(down).max(initial=0.0)) + 1, 6)
        y = (y[:, :, None] + down[:, :, None] * (np.arange(fill) / fill)).reshape(len(y), -1)
        x = np.repeat(across, fill)
        for step in range(levels):
            drawn = np.rint(y[level == step]).astype(int)
            dots.plot(np.broadcast_to(x, drawn.shape).ravel(), drawn.ravel(), step)
    dots.onto(canvas, look, 0, top, levels)


def _uprights(
    canvas: Canvas, look: Look, names: list[str], sides: list[list[Tick]], uprights: list[int], top: int, rows: int
) -> None:
    spacing = uprights[1] - uprights[0]
    for index, (name, ticks, upright) in enumerate(zip(names, sides, uprights, strict=True)):
        for row in range(top, top + rows):
            canvas.put(upright, row, "│", look.dim_style)
        text = fit(name, min(width_of(name), spacing - 1)) if spacing > 2 else ""
        last = index == len(uprights) - 1
        start = 0 if index == 0 else canvas.width - width_of(text) if last else upright - width_of(text) // 2
        canvas.put(max(start, 0), top - 1, text, look.dim_style)
        for place, label in ticks:
            row = _row(place, top, rows)
            if index == 0:
                canvas.put(0, row, fit(label, upright, "right"), look.dim_style)
            elif last:
                canvas.put(upright + 2, row, label, look.dim_style)
            elif width_of(label) < spacing - 4:
                canvas.put(upright + 1, row, label, look.fore(look.text))
