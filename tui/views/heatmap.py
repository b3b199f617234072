"""The heatmap: scores over two hyperparameters, a number in every cell."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from rich.style import Style
from rich.text import Text

from ...engine.events import Axis
from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import Columns, best_index, columns
from ...engine.trials.bins import MAX_BINS, Bins, Cells, cells_of, grid_bins, range_bins
from ...engine.trials.scales import ScoreRange, score_range
from ..render.lines import BLANK, Canvas, fit, says, width_of
from ..render.look import Look
from ..render.numbers import score_within
from ..render.plot import caption, ramp_legend
from .captions import nothing_to_draw, nowhere, score_name
from .options import Form, ViewOptions, chosen_axes, grid_method, shown_methods


def _has_grid(state: RunState, options: ViewOptions) -> bool:
    return grid_method(state, options) is not None and len(state.methods) > 2


FORMS = (
    Form(
        "no overlay",
        lambda options: replace(options, overlay=False),
        lambda state, options: options.overlay and _has_grid(state, options),
    ),
    Form(
        "overlay",
        lambda options: replace(options, overlay=True),
        lambda state, options: not options.overlay and _has_grid(state, options),
    ),
)
"""Over a grid's exact cells, the trials of the other methods or none."""

_BOLD = Style(bold=True)


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw the map: exact cells for a grid, bins for other methods, ★ on the best, ✗ where every trial failed."""
    x_axis, y_axis = chosen_axes(state, options)
    grid = grid_method(state, options)
    if grid is not None and options.x is None and options.y is None and x_axis and y_axis:
        # the longer side lies down: cells are wider than they are high
        x_axis, y_axis = sorted((x_axis, y_axis), key=lambda axis: -len(axis.grid))
    cols = columns(state)
    mask = cols.of_methods(grid or options.method, options.hide)
    shown = cols.of_methods(None, options.hide) | mask if options.overlay and grid else mask
    sentence = nothing_to_draw(state, cols, shown, options.method)
    if x_axis is None or sentence:
        return says(sentence or "This run has no hyperparameters to map.", width, height, look)
    x, y = _bins(cols, grid, x_axis, y_axis, width, height, _fine(state, options))
    cells = cells_of(cols, shown, x_axis.name, y_axis.name if y_axis else None, x, y)
    if not (cells.best or cells.failed or cells.running):
        return says(nowhere(x_axis.name, *([y_axis.name] if y_axis else [])), width, height, look)
    # the ramp spans what the cells show, not the trials that other values of the hidden hyperparameters gave
    scores = score_range(cols.mean[list(cells.best.values())], cols.sign)
    canvas = Canvas(width, height)
    _caption(canvas, look, state, options, grid, x_axis, y_axis, scores)
    painter = _Painter(canvas, look, state, cols, x, y, scores or ScoreRange(0.0, 1.0))
    painter.even = grid is None and cols.scales[x_axis.name].kind != "choice"
    painter.best = best_index(cols, shown)
    painter.foreign = cols.names.index(grid) if grid and shown is not mask else None
    painter.paint(cells)
    return canvas.lines(look)


def _bins(
    cols: Columns, grid: str | None, x_axis: Axis, y_axis: Axis | None, width: int, height: int, fine: int
) -> tuple[Bins, Bins]:
    make = grid_bins if grid else lambda _axis, scale, room: range_bins(scale, min(room, fine))
    rows = max(height - 2, 1)
    y = make(y_axis, cols.scales[y_axis.name], rows) if y_axis else Bins(("",), np.empty(0))
    labels = _label_width(y, width)
    least = 4 if grid else 6 if width >= 50 else 4
    x = make(x_axis, cols.scales[x_axis.name], max((width - labels - 1) // least, 1))
    return x, y


def _fine(state: RunState, options: ViewOptions) -> int:
    """Return how many bins a range gets: enough for about two cells a planned trial, the same all through the run."""
    trials = 0
    for name in shown_methods(state, options):
        method = state.methods[name]
        trials += method.planned or 64 * math.ceil(len(method.trials) / 64)
    return min(max(round(1.5 * math.sqrt(trials)), 6), MAX_BINS)


def _label_width(y: Bins, width: int) -> int:
    return min(max((width_of(label) for label in y.labels), default=0), max(width // 4, 4))


def _caption(
    canvas: Canvas, look: Look, state: RunState, options: ViewOptions, grid: str | None, x_axis: Axis,
    y_axis: Axis | None, scores: ScoreRange | None,
) -> None:  # fmt: skip
    others = [
        axis.name for axis in (state.info.axes if state.info else []) if axis is not x_axis and axis is not y_axis
    ]
    parts = [f"{clean(y_axis.name, 30)} ↓  {clean(x_axis.name, 30)} →" if y_axis else f"{clean(x_axis.name, 30)} →"]
    if grid:
        parts.append(clean(grid, 20))
        if options.overlay:
            others_shown = [name for name in shown_methods(state, replace(options, method=None)) if name != grid]
            parts[-1] += "".join(f"  {look.method_marker(state, name)} {clean(name, 12)}" for name in others_shown)
    elif options.method:
        parts.append(clean(options.method, 20) + " only")
    if others:
        parts.append("best over " + (clean(", ".join(others), 40) if len(others) < 4 else f"{len(others)} others"))
    end = caption(canvas, look, "   ".join(parts))
    if scores is not None:
        ramp_legend(canvas, look, scores, score_name(state), after=end)


class _Painter:
    """Paints cells on a canvas: their size, their text, their colour."""

    def __init__(
        self, canvas: Canvas, look: Look, state: RunState, cols: Columns, x: Bins, y: Bins, scores: ScoreRange
    ) -> None:
        self.canvas, self.look, self.state, self.cols, self.x, self.y, self.scores = (
            canvas,
            look,
            state,
            cols,
            x,
            y,
            scores,
        )
        self.best: int | None = None
        self.even = False
        """True if the columns are even bins of a range."""
        self.foreign: int | None = None
        """Index of the grid's method: trials of others carry their method's marker."""
        self.labels = _label_width(y, canvas.width)
        self.left = self.labels + 1
        self.cell = min(max((canvas.width - self.left) // x.count, 3), 16)
        tall = min(max((canvas.height - 2) // max(y.count, 1), 1), 5)
        # a number in the middle of a high cell
        self.tall = 3 if tall == 4 else tall
        needed = max(len(score_within(s, 7)) for s in (scores.own.low, scores.own.high))
        self.figures = self.cell if self.cell == 3 else min(self.cell - 1, 7 if needed > 6 or self.cell > 9 else 5)
        if abs(scores.high) <= 1 and abs(scores.low) <= 1:
            self.figures = min(self.figures, 6 if scores.own.low < 0 else 5)

    def paint(self, cells: Cells) -> None:
        """Paint labels and cells."""
        look, canvas = self.look, self.canvas
        self._column_labels()
        for row, label in enumerate(self.y.labels):
            top = 2 + row * self.tall
            middle = top + (self.tall - 1) // 2
            canvas.put(0, middle, fit(label, self.labels, "right"), look.dim_style)
            for column in range(self.x.count):
                self._cell(cells, row, column, top, middle)

    def _column_labels(self) -> None:
        longest = max(width_of(label) for label in self.x.labels)
        # labels of a range may be left out in between, those of choices may not: they are cut instead
        step = math.ceil((longest + 1) / self.cell) if self.even and longest >= self.cell else 1
        for column in range(0, self.x.count, step):
            label = self.x.labels[column]
            room = self.cell * step - 1
            text = fit(label, room) if width_of(label) > room else label
            edge = self.left + (column + 1) * self.cell - self._pad()
            start = max(edge - width_of(text), self.left + column * self.cell - (step > 1))
            self.canvas.put(start, 1, text, self.look.dim_style)

    def _pad(self) -> int:
        """Return the blanks at the right of a number in its cell."""
        return max((self.cell - self.figures - 1) // 2, 0)

    def _cell(self, cells: Cells, row: int, column: int, top: int, middle: int) -> None:
        look, canvas = self.look, self.canvas
        left = self.left + column * self.cell
        right = left + self.cell - self._pad()
        index = cells.best.get((row, column))
        if index is None:
            if (row, column) in cells.failed:
                canvas.put(left + self.cell // 2, middle, look.cross, look.fore(look.bad))
            elif (row, column) in cells.running:
                canvas.put(left + self.cell // 2, middle, *look.phase_mark(self.state.standing("running")))
            else:
                canvas.put(left + self.cell // 2, middle, look.missing, look.dim_style)
            return
        value = float(self.cols.mean[index])
        style = look.cell_style(self.scores.position(value))
        for line in range(top, top + self.tall):
            canvas.put(left, line, " " * self.cell, style)
        text = score_within(self.scores.sign * value, self.figures)
        style += _BOLD if index == self.best else BLANK
        mark = self._mark(index)
        if mark and width_of(text) >= self.cell:
            text = mark + text[1:]
        elif mark:
            canvas.put(right - width_of(text) - 1, middle, mark, style)
        canvas.put_right(right, middle, text, style)

    def _mark(self, index: int) -> str:
        if index == self.best:
            return self.look.star
        method = int(self.cols.method[index])
        if self.foreign is not None and method != self.foreign:
            return self.look.method_marker(self.state, self.cols.names[method])
        return ""
