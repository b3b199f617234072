"""The best so far of several methods over many seeds: each a line for the median in a band between the quartiles.

The seed under way is drawn over it as dots, trial by trial. Where cells have no colours of their own to be tinted with,
the quartiles are dots as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from rich.style import Style
from rich.text import Text

from ...engine.events import BASELINE
from ...engine.text import clean
from ...engine.tournament.compare import Course
from ...engine.trials.scales import Floats, ScoreRange, nice_step, nice_ticks, score_range
from ..render.colour import hexed, rgb, snapped_256
from ..render.lines import Canvas, fit, says, width_of
from ..render.look import Look
from ..render.numbers import clock
from ..render.plot import Area, frame, score_ticks

By = Literal["trial", "seconds"]

_TINT = 0.26
"""How much of a method's colour goes into the background of its band."""

_LABELS = 12
"""Cells of a method's name beside its curve."""


@dataclass(frozen=True)
class Curve:
    """One method: where its points lie, and there the quartiles and median over the seeds, NaN where not known."""

    name: str
    colour: str
    x: Floats
    low: Floats
    middle: Floats
    high: Floats


def draw(
    summary: Mapping[str, Any] | None,
    live: Mapping[str, Course],
    by: By,
    width: int,
    height: int,
    look: Look,
    *,
    baseline: float | None = None,
) -> list[Text]:
    """Draw the curves of a race's summary, by trial or by fit seconds, with the `live` courses of the seed under way.

    Returns `height` lines of `width` cells. Without a summary the names of `live` give the order of the colours.
    """
    names = [row["method"] for row in summary["methods"]] if summary else list(live)
    colours = {name: look.methods[place % len(look.methods)] for place, name in enumerate(names)}
    curves = [_curve(row, by, colours[row["method"]]) for row in summary["methods"]] if summary else []
    curves = [curve for curve in curves if np.isfinite(curve.middle).any()]
    dots = {name: (_at(course, by), course.best) for name, course in live.items() if np.isfinite(course.best).any()}
    scale = _scale(curves, [best for _, best in dots.values()], baseline)
    if scale is None:
        return says("No trial has a score yet.", width, height, look)
    canvas = Canvas(width, height)
    ends = [curve.x[-1] for curve in curves] + [x[-1] for x, _ in dots.values()]
    end = _end(float(max(ends)), by)
    labels = max((width_of(clean(name, _LABELS)) for name in [*names, BASELINE]), default=0) + 2 if width >= 40 else 0
    ticks = score_ticks(scale, max((height - 2) // 2, 2))
    area = frame(canvas, look, _x_ticks(end, by, max(width // 10, 2)), ticks, top=0, right=labels)
    plot = _Plot(canvas, area, look, scale, end, by)
    plot.bands(curves)
    plot.level(baseline, labels)
    for name, (x, best) in dots.items():
        plot.dots(x, best, colours[name])
    ordered = sorted(curves, key=lambda curve: _last(curve.middle))
    for curve in ordered:
        plot.line(curve)
    taken: set[int] = set()
    tops = {curve.name: _last(curve.middle) for curve in curves} or {
        name: _last(best) for name, (_, best) in dots.items()
    }
    for name in sorted(tops, key=lambda name: -round(tops[name], 9)):
        plot.label(name, tops[name], colours[name], labels, taken)
    return canvas.lines(look)


def _curve(row: Mapping[str, Any], by: By, colour: str) -> Curve:
    points = row["by_trial" if by == "trial" else "by_seconds"]

    def column(key: str) -> Floats:
        return np.array([math.nan if point[key] is None else point[key] for point in points], dtype=float)

    return Curve(row["method"], colour, column(by), column("q1"), column("median"), column("q3"))


def _at(course: Course, by: By) -> Floats:
    return course.seconds if by == "seconds" else np.arange(1, len(course.best) + 1, dtype=float)


def _last(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else -math.inf


def _scale(curves: Sequence[Curve], bests: Sequence[Floats], baseline: float | None) -> ScoreRange | None:
    """Return the range of what is drawn; the first poor trials of a search do not flatten the rest."""
    parts = [_settled(values) for curve in curves for values in (curve.middle, curve.high)]
    parts += [curve.low[-1:] for curve in curves] + [_settled(best) for best in bests]
    values = np.concatenate(parts) if parts else np.empty(0)
    scale = score_range(values)
    if scale is None:
        return None
    low, high = scale.low, scale.high
    if baseline is not None and math.isfinite(baseline) and low - (high - low) <= baseline:
        # a baseline that is near belongs into the picture
        low, high = min(low, baseline), max(high, baseline)
    if not high > low:
        room = max(abs(low) * 0.01, 1e-3)
        return ScoreRange(low - room, low + room)
    step = nice_step(high - low, 20)
    return ScoreRange(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)


def _settled(values: Floats) -> Floats:
    """Return a course without its first fifth: how a search begins lies far below, and may leave the picture."""
    known = values[np.isfinite(values)]
    return known[len(known) // 5 :]


def _end(last: float, by: By) -> float:
    if by == "trial":
        return max(last, 2.0)
    step = nice_step(max(last, 1e-3), 20)
    return max(math.ceil(last / step - 1e-9) * step, 1e-3)


def _x_ticks(end: float, by: By, room: int) -> list[tuple[float, str]]:
    if by == "seconds":
        return [(v / end, clock(v) if end >= 60 else f"{v:g} s") for v in nice_ticks(0.0, end, room)]
    values = [1.0, *[v for v in nice_ticks(0.0, end, room, whole=True) if v > 1]]
    return [((v - 1) / max(end - 1, 1), f"{round(v)}") for v in values]


class _Plot:
    """The area of the plot, with what lies behind each cell."""

    def __init__(self, canvas: Canvas, area: Area, look: Look, scale: ScoreRange, end: float, by: By) -> None:
        self._canvas, self._area, self._look = canvas, area, look
        self._scale, self._end, self._by = scale, end, by
        self._behind: dict[tuple[int, int], list[str]] = {}

    def _columns(self, x: Floats) -> np.ndarray:
        places = (x - 1) / max(self._end - 1, 1) if self._by == "trial" else x / self._end
        return self._area.columns(np.clip(places, 0.0, 1.0))

    def _rows(self, values: Floats) -> np.ndarray:
        return self._area.rows(self._scale.positions(values))

    def _steps(self, curve: Curve, values: Floats) -> dict[int, int]:
        """Return, for every column from the first known value to the last, the row of the value that holds there."""
        known = np.isfinite(values)
        if not known.any():
            return {}
        across, rows = self._columns(curve.x[known]), self._rows(values[known])
        every = np.arange(int(across[0]), int(across[-1]) + 1)
        held = rows[np.searchsorted(across, every, side="right") - 1]
        return dict(zip(every.tolist(), held.tolist(), strict=True))

    def bands(self, curves: Sequence[Curve]) -> None:
        """Lay each method's quartiles behind the plot; where bands overlap, their colours mix."""
        for curve in curves:
            low, high = self._steps(curve, curve.low), self._steps(curve, curve.high)
            for column, bottom in low.items():
                top = high.get(column, bottom)
                for row in range(top, bottom + 1) if top < bottom else ():
                    self._behind.setdefault((column, row), []).append(curve.colour)
        if self._tints:
            for column, row in self._behind:
                self.put(column, row, " ", None)
            return
        for (column, row), colours in self._behind.items():
            self._canvas.put(column, row, "░" if self._look.unicode else ":", self._look.fore(colours[-1]))

    @property
    def _tints(self) -> bool:
        return self._look.colors in ("truecolor", "256") and self._look.background != "default"

    def put(self, column: int, row: int, glyph: str, colour: str | None) -> None:
        """Write a glyph, on the tint of the bands that it lies in."""
        colours = self._behind.get((column, row))
        if colours is None or not self._tints:
            self._canvas.put(column, row, glyph, self._look.fore(colour) if colour else None)
            return
        self._canvas.put(column, row, glyph, Style(color=colour, bgcolor=_tinted(self._look, tuple(colours))))

    def level(self, value: float | None, room: int) -> None:
        """Draw the baseline's score."""
        if value is None or not self._scale.low <= value <= self._scale.high:
            return
        area, look = self._area, self._look
        row = area.row(self._scale.position(value))
        for column in range(area.left, area.left + area.width, 2):
            self.put(column, row, "╴", look.dim if look.coloured else None)
        if room >= 4:
            self._canvas.put(area.left + area.width, row, " " + fit(BASELINE, room - 1), look.dim_style)

    def dots(self, x: Floats, best: Floats, colour: str) -> None:
        """Draw the seed under way, one dot a trial."""
        known = np.isfinite(best)
        columns, rows = self._columns(x[known]), self._rows(best[known])
        for column, row in dict.fromkeys(zip(columns.tolist(), rows.tolist(), strict=True)):
            self.put(column, row, "•" if self._look.unicode else "o", colour)

    def line(self, curve: Curve) -> None:
        """Draw a median as steps; where a method has no more trials, its last level goes on as dots."""
        steps = self._steps(curve, curve.middle)
        before: int | None = None
        for column, row in steps.items():
            if before is None or row == before:
                self.put(column, row, "─", curve.colour)
            else:
                up = row < before
                self.put(column, before, "┘" if up else "┐", curve.colour)
                for between in range(min(row, before) + 1, max(row, before)):
                    self.put(column, between, "│", curve.colour)
                self.put(column, row, "┌" if up else "└", curve.colour)
            before = row
        if before is not None:
            for column in range(max(steps) + 1, self._area.left + self._area.width):
                if self._canvas.free(column, before):
                    self.put(column, before, "┄" if self._look.unicode else ".", curve.colour)

    def label(self, name: str, value: float, colour: str, room: int, taken: set[int]) -> None:
        """Write a method's name at the right end of its line, on the nearest row that is free."""
        if room < 4:
            return
        area = self._area
        wanted = area.row(self._scale.position(value))
        rows = sorted(range(area.top, area.top + area.height), key=lambda row: (abs(row - wanted), -row))
        free = next((row for row in rows if row not in taken), None)
        if free is not None:
            taken.add(free)
            text = " " + fit(clean(name, _LABELS), room - 1)
            self._canvas.put(area.left + area.width, free, text, self._look.fore(colour))


def _tinted(look: Look, colours: tuple[str, ...]) -> str:
    """Return the background with the bands' colours mixed into it."""
    base = rgb(look.background)
    mixed = [sum(channel) / len(colours) for channel in zip(*map(rgb, colours), strict=True)]
    part = _TINT if look.dark else _TINT * 0.8
    tint = hexed(*(back + (over - back) * part for back, over in zip(base, mixed, strict=True)))
    return snapped_256(tint) if look.colors == "256" else tint
