"""A plot's frame: the caption, two axes with plain labels, and where a position falls on the canvas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.style import Style

from ...engine.trials.scales import Floats, ScoreRange, nice_step, nice_ticks
from .lines import Canvas, fit, width_of
from .look import Look
from .numbers import exponential, score

Tick = tuple[float, str]


@dataclass(frozen=True)
class Area:
    """The cells inside a plot's axes."""

    left: int
    top: int
    width: int
    height: int

    def column(self, position: float) -> int:
        """Return the column for a position in [0, 1]; positions beyond an end go to the edge."""
        return self.left + min(max(round(position * (self.width - 1)), 0), self.width - 1)

    def row(self, position: float) -> int:
        """Return the row for a position in [0, 1], 0 at the bottom; positions beyond an end go to the edge."""
        return self.top + self.height - 1 - min(max(round(position * (self.height - 1)), 0), self.height - 1)

    def columns(self, positions: Floats) -> np.ndarray:
        """Return `column` for an array without NaN."""
        return self.left + np.clip(np.rint(positions * (self.width - 1)), 0, self.width - 1).astype(np.int64)

    def rows(self, positions: Floats) -> np.ndarray:
        """Return `row` for an array without NaN."""
        down = np.clip(np.rint(positions * (self.height - 1)), 0, self.height - 1).astype(np.int64)
        return self.top + self.height - 1 - down


def score_ticks(scores: ScoreRange, room: int) -> list[Tick]:
    """Return at most `room` ticks for an axis of scores, all written with the same decimals and their own sign."""
    if not scores.high > scores.low:
        return [(0.5, score(scores.sign * scores.low))]
    values = nice_ticks(scores.own.low, scores.own.high, room)
    step = values[1] - values[0] if len(values) > 1 else nice_step(scores.high - scores.low, 4)
    decimals = next((d for d in range(6) if abs(round(step, d) - step) < step * 1e-6), 6)
    largest = max(abs(scores.low), abs(scores.high))
    if largest < 1e6:
        texts = [f"{v + 0.0:.{decimals}f}" for v in values]
        texts = [t.replace("0.", ".", 1) if t.startswith(("0.", "-0.")) else t for t in texts]
    else:
        figures = max(math.floor(math.log10(largest)) - math.floor(math.log10(step) + 1e-9), 0)
        texts = [exponential(v, figures) for v in values]
    return [(scores.position(scores.sign * v), text) for v, text in zip(values, texts, strict=True)]


def frame(
    canvas: Canvas, look: Look, x_ticks: Sequence[Tick], y_ticks: Sequence[Tick], *, top: int = 1, right: int = 0,
    bottom: int | None = None,
) -> Area:  # fmt: skip
    """Draw two axes with labels on rows `top` to `bottom` (exclusive) and return the area inside them.

    Below six rows there is no room for a line under the plot, below four none for the labels there.
    """
    bottom = canvas.height if bottom is None else bottom
    rows = bottom - top
    label_row = rows >= 4
    line_row = rows >= 6
    widest = max((width_of(label) for _, label in y_ticks), default=0)
    labels = min(widest, max(canvas.width // 4, 3))
    left = labels + 2
    area = Area(left, top, max(canvas.width - left - right, 1), max(rows - label_row - line_row, 1))
    dim = look.dim_style
    for row in range(area.height):
        canvas.put(left - 1, top + row, "│", dim)
    used: set[int] = set()
    for position, label in y_ticks:
        row = area.row(position)
        if row in used:
            continue
        used.add(row)
        canvas.put(0, row, fit(label, labels, "right"), dim)
        canvas.put(left - 1, row, "┤", dim)
    if line_row:
        canvas.put(left - 1, top + area.height, "└" + "─" * area.width, dim)
    if label_row:
        _x_labels(canvas, area, x_ticks, dim, line_row)
    return area


def _x_labels(canvas: Canvas, area: Area, ticks: Sequence[Tick], dim: Style, line: bool) -> None:
    row = area.top + area.height + line
    taken = 0
    for position, label in ticks:
        column = area.column(position)
        label = fit(label, area.width) if width_of(label) > area.width else label
        start = min(max(column - width_of(label) // 2, 0), canvas.width - width_of(label))
        if start < taken:
            continue
        canvas.put(start, row, label, dim)
        taken = start + width_of(label) + 1
        if line:
            canvas.put(column, row - 1, "┴", dim)


def caption(canvas: Canvas, look: Look, text: str, row: int = 0) -> int:
    """Write a view's caption on a row; return where it ends."""
    return canvas.put(0, row, fit(text, min(width_of(text), canvas.width)), look.dim_style)


def ramp_legend(canvas: Canvas, look: Look, scores: ScoreRange, name: str, after: int) -> None:
    """Write the ramp with its two ends at the right of the top, if it fits behind column `after`, `name` before it."""
    low, high = score(scores.sign * scores.low), score(scores.sign * scores.high)
    steps = len(look.ramp) if look.coloured else len(look.shades) - 1
    wide = 2 if canvas.width >= 60 else 1
    cells = width_of(low) + width_of(high) + 2 + wide * steps
    start = canvas.width - cells
    if start < after + 2:
        return
    if start - width_of(name) - 2 >= after + 2:
        canvas.put_right(start - 2, 0, name, look.dim_style)
    x = canvas.put(start, 0, low + " ", look.dim_style)
    for step in range(steps):
        if look.coloured:
            x = canvas.put(x, 0, " " * wide, look.cell_style((step + 0.5) / steps))
        else:
            x = canvas.put(x, 0, look.shades[step + 1] * wide)
    canvas.put(x, 0, " " + high, look.dim_style)


def method_legend(canvas: Canvas, look: Look, entries: Sequence[tuple[str, str, Style]], row: int) -> None:
    """Write (glyph, name, style) entries one after the other; an entry without room is left out."""
    x = 0
    for glyph, name, style in entries:
        text = f"{glyph} {name}"
        if x + width_of(text) > canvas.width:
            break
        x = canvas.put(x, row, glyph, style)
        x = canvas.put(x, row, f" {name}", look.dim_style) + 2
