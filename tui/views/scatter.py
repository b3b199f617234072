"""The scatter: sampled points over two hyperparameters, coloured by score, one glyph a method."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from ...engine.events import BASELINE
from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import (
    DONE,
    FAILED,
    RUNNING,
    Columns,
    Ints,
    Mask,
    best_index,
    best_per_cell,
    spread,
)
from ...engine.trials.scales import Floats, ScoreRange
from ..render.lines import Canvas, says
from ..render.look import Look
from ..render.numbers import score
from ..render.plot import Area, caption, frame, method_legend, ramp_legend, score_ticks
from .captions import nowhere, score_name, shown_trials, whose
from .options import ViewOptions, chosen_axes, shown_methods


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw every trial of the shown methods where it was sampled; a cell that several share shows the best of them."""
    x_axis, y_axis = chosen_axes(state, options)
    cols, mask, sentence = shown_trials(state, options)
    if x_axis is None or sentence:
        return says(sentence or "This run has no hyperparameters to scatter.", width, height, look)
    scores = cols.scores(options.method, options.hide) or ScoreRange(0.0, 1.0)
    x_scale = cols.scales[x_axis.name]
    y_scale = cols.scales[y_axis.name] if y_axis else None
    x = spread(cols, x_scale, x_axis.name)
    # with one hyperparameter, the score stands upright; what has none lies on the floor
    y = spread(cols, y_scale, y_axis.name) if y_axis and y_scale else np.nan_to_num(scores.positions(cols.mean))
    placed = mask & ~np.isnan(x) & ~np.isnan(y)
    if not (placed & np.isfinite(cols.mean)).any():
        return says(nowhere(x_axis.name, *([y_axis.name] if y_axis else [])), width, height, look)
    canvas = Canvas(width, height)
    upright = clean(y_axis.name, 30) if y_axis else score_name(state)
    end = caption(canvas, look, f"{upright} ↑  {clean(x_axis.name, 30)} →" + whose(options))
    ramp_legend(canvas, look, scores, score_name(state), after=end)
    roomy = height >= 10
    if roomy:
        _legend(canvas, look, state, options, cols, mask)
    room = max((height - 4) // 2, 2)
    y_ticks = y_scale.ticks(room) if y_scale else score_ticks(scores, room)
    area = frame(canvas, look, x_scale.ticks(max(width // 12, 2)), y_ticks, top=1 + roomy)
    _points(canvas, area, look, state, cols, placed, x, y, scores)
    return canvas.lines(look)


def _points(
    canvas: Canvas, area: Area, look: Look, state: RunState, cols: Columns, mask: Mask, x: Floats, y: Floats,
    scores: ScoreRange,
) -> None:  # fmt: skip
    def found(phase: int) -> tuple[Ints, Ints, Ints]:
        indexes = np.flatnonzero(mask & (cols.phase == phase))
        return indexes, area.columns(x[indexes]), area.rows(y[indexes])

    for phase, standing in ((FAILED, "failed"), (RUNNING, state.standing("running"))):
        glyph, style = look.phase_mark(standing)
        _, across, down = found(phase)
        for column, row in set(zip(across.tolist(), down.tolist(), strict=True)):
            canvas.put(column, row, glyph, style)
    done, across, down = found(DONE)
    top = best_per_cell(down * canvas.width + across, cols.mean[done])
    levels = np.minimum(scores.positions(cols.mean[done[top]]) * len(look.ramp), len(look.ramp) - 1)
    styles = [look.point_style((level + 0.5) / len(look.ramp)) for level in range(len(look.ramp))]
    markers = [look.method_marker(state, name) for name in cols.names]
    points = (across[top], down[top], cols.method[done[top]], np.nan_to_num(levels).astype(np.int64))
    for column, row, method, level in zip(*(values.tolist() for values in points), strict=True):
        canvas.dot(column, row, markers[method], styles[level])
    best = best_index(cols, mask)
    if best is not None:
        # always one of the points: the mask holds only trials that have a place
        canvas.put(area.column(float(x[best])), area.row(float(y[best])), look.star, look.accent_style)


def _legend(canvas: Canvas, look: Look, state: RunState, options: ViewOptions, cols: Columns, mask: Mask) -> None:
    best = best_index(cols, mask)
    entries = []
    if best is not None:
        entries.append((look.star, score(cols.sign * float(cols.mean[best])), look.accent_style))
    names = [name for name in shown_methods(state, options) if name != BASELINE and state.methods[name].trials]
    entries += [(look.method_marker(state, name), clean(name, 16), look.fore(look.text)) for name in names]
    if bool(np.any(mask & (cols.phase == FAILED))):
        entries.append((look.cross, "failed", look.fore(look.bad)))
    method_legend(canvas, look, entries, 1)
