"""Lines of what was best so far, as several views draw them: where trials or seconds lie, steps, names at the ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from rich.style import Style

from ...engine.events import BASELINE
from ...engine.text import clean
from ...engine.trials.arrays import Ints
from ...engine.trials.scales import Floats, nice_ticks
from ..render.lines import Canvas, fit
from ..render.look import Look
from ..render.numbers import clock
from ..render.plot import Area, Tick

By = Literal["trial", "seconds"]

Put = Callable[[int, int, str], object]
"""Writes a glyph at a column and a row."""

NAME = 12
"""Cells of a method's name beside its line."""


@dataclass(frozen=True)
class Timeline:
    """An axis of trials, from the first one, or of seconds, from nought, to `end`."""

    by: By
    end: float

    def place(self, x: Any) -> Any:
        """Return the position of a trial's number or of seconds, or those of an array of them."""
        return x / self.end if self.by == "seconds" else (x - 1) / max(self.end - 1, 1)

    def columns(self, area: Area, x: Floats) -> Ints:
        """Return the columns in which they lie."""
        return area.columns(np.clip(self.place(x), 0.0, 1.0))

    def ticks(self, room: int) -> list[Tick]:
        """Return at most about `room` ticks."""
        if self.by == "seconds":
            written = clock if self.end >= 60 else "{:g} s".format
            return [(self.place(v), written(v)) for v in nice_ticks(0.0, self.end, room)]
        values = [1.0, *[v for v in nice_ticks(0.0, self.end, room, whole=True) if v > 1]]
        return [(self.place(v), f"{round(v)}") for v in values]


def held(across: Ints, rows: Ints) -> list[tuple[int, int]]:
    """Return, for every column from the first of `across` to the last, itself and the row of the value held there."""
    if not len(across):
        return []
    every = np.arange(int(across[0]), int(across[-1]) + 1)
    last = np.searchsorted(across, every, side="right") - 1
    return list(zip(every.tolist(), rows[last].tolist(), strict=True))


def draw_steps(put: Put, steps: Iterable[tuple[int, int]]) -> None:
    """Draw a line through columns and their rows, which count downwards: level until the next value, then upright."""
    before: int | None = None
    for column, row in steps:
        if before is None or row == before:
            put(column, row, "─")
        else:
            up = row < before
            put(column, before, "┘" if up else "┐")
            for between in range(min(row, before) + 1, max(row, before)):
                put(column, between, "│")
            put(column, row, "┌" if up else "└")
        before = row


def draw_on(put: Put, canvas: Canvas, area: Area, look: Look, steps: list[tuple[int, int]]) -> None:
    """Let a line's last level go on to the right end, in dots, where nothing else is."""
    for column in range(steps[-1][0] + 1, area.left + area.width) if steps else ():
        if canvas.free(column, steps[-1][1]):
            put(column, steps[-1][1], "┄" if look.unicode else ".")


def draw_baseline(put: Put, canvas: Canvas, area: Area, look: Look, row: int, room: int) -> None:
    """Draw the baseline's level, with its name in the `room` at the right, where there is any."""
    for column in range(area.left, area.left + area.width, 2):
        put(column, row, "╴")
    if room >= 4:
        canvas.put(area.left + area.width, row, " " + fit(BASELINE, room - 1), look.dim_style)


def write_name(canvas: Canvas, area: Area, row: int, name: str, style: Style, room: int, taken: set[int]) -> None:
    """Write a method's name at the right end of its line, on the nearest row that is not `taken`."""
    if room < 4:
        return
    rows = sorted(range(area.top, area.top + area.height), key=lambda one: (abs(one - row), -one))
    free = next((one for one in rows if one not in taken), None)
    if free is not None:
        taken.add(free)
        canvas.put(area.left + area.width, free, " " + fit(clean(name, NAME), room - 1), style)
