"""The best so far of several methods over many seeds: each a line for the median in a band between the quartiles.

The seed under way is drawn over it as dots, trial by trial. Where cells have no colours of their own to be tinted with,
the quartiles are dots as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.style import Style
from rich.text import Text

from ...engine.events import BASELINE
from ...engine.text import clean
from ...engine.tournament.compare import Course
from ...engine.trials.scales import Floats, ScoreRange, nice_step, score_range
from ...engine.verdict.over_seeds import CurvePoint
from ..render.colour import hexed, rgb, snapped_256
from ..render.lines import Canvas, says, width_of
from ..render.look import Look
from ..render.plot import Area, frame, score_ticks
from .steps import NAME, By, Put, Timeline, draw_baseline, draw_on, draw_steps, held, write_name

_TINT = 0.26
"""How much of a method's colour goes into the background of its band."""


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
    points: Sequence[tuple[str, Sequence[CurvePoint]]],
    live: Mapping[str, Course],
    by: By,
    width: int,
    height: int,
    look: Look,
    *,
    baseline: float | None = None,
) -> list[Text]:
    """Draw curves of methods over seeds, by trial or by fit seconds, with the `live` courses of the seed under way.

    Returns `height` lines of `width` cells. Without curves the names of `live` give the order of the colours.
    """
    names = [name for name, _ in points] or list(live)
    colours = {name: look.methods[place % len(look.methods)] for place, name in enumerate(names)}
    curves = [_curve(name, one, colours[name]) for name, one in points]
    curves = [curve for curve in curves if np.isfinite(curve.middle).any()]
    dots = {name: (_at(course, by), course.best) for name, course in live.items() if np.isfinite(course.best).any()}
    scale = _scale(curves, [best for _, best in dots.values()], baseline)
    if scale is None:
        return says("No trial has a score yet.", width, height, look)
    canvas = Canvas(width, height)
    ends = [curve.x[-1] for curve in curves] + [x[-1] for x, _ in dots.values()]
    axis = Timeline(by, _end(float(max(ends)), by))
    labels = max((width_of(clean(name, NAME)) for name in [*names, BASELINE]), default=0) + 2 if width >= 40 else 0
    ticks = score_ticks(scale, max((height - 2) // 2, 2))
    area = frame(canvas, look, axis.ticks(max(width // 10, 2)), ticks, top=0, right=labels)
    plot = _Plot(canvas, area, look, scale, axis)
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


def _curve(name: str, points: Sequence[CurvePoint], colour: str) -> Curve:
    table = np.array([(one.at, one.q1, one.median, one.q3) for one in points], dtype=float).reshape(-1, 4)
    return Curve(name, colour, *table.T)


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
        return ScoreRange(low, low).roomy
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


class _Plot:
    """The area of the plot, with what lies behind each cell."""

    def __init__(self, canvas: Canvas, area: Area, look: Look, scale: ScoreRange, axis: Timeline) -> None:
        self._canvas, self._area, self._look = canvas, area, look
        self._scale, self._axis = scale, axis
        self._behind: dict[tuple[int, int], list[str]] = {}

    def _rows(self, values: Floats) -> np.ndarray:
        return self._area.rows(self._scale.positions(values))

    def _steps(self, curve: Curve, values: Floats) -> list[tuple[int, int]]:
        known = np.isfinite(values)
        return held(self._axis.columns(self._area, curve.x[known]), self._rows(values[known]))

    def _pen(self, colour: str | None) -> Put:
        return lambda column, row, glyph: self.put(column, row, glyph, colour)

    def bands(self, curves: Sequence[Curve]) -> None:
        """Lay each method's quartiles behind the plot; where bands overlap, their colours mix."""
        for curve in curves:
            high = dict(self._steps(curve, curve.high))
            for column, bottom in self._steps(curve, curve.low):
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
        pen = self._pen(self._look.dim if self._look.coloured else None)
        draw_baseline(pen, self._canvas, self._area, self._look, self._area.row(self._scale.position(value)), room)

    def dots(self, x: Floats, best: Floats, colour: str) -> None:
        """Draw the seed under way, one dot a trial."""
        known = np.isfinite(best)
        columns, rows = self._axis.columns(self._area, x[known]), self._rows(best[known])
        for column, row in dict.fromkeys(zip(columns.tolist(), rows.tolist(), strict=True)):
            self.put(column, row, "•" if self._look.unicode else "o", colour)

    def line(self, curve: Curve) -> None:
        """Draw a median as steps; where a method has no more trials, its last level goes on as dots."""
        steps, pen = self._steps(curve, curve.middle), self._pen(curve.colour)
        draw_steps(pen, steps)
        draw_on(pen, self._canvas, self._area, self._look, steps)

    def label(self, name: str, value: float, colour: str, room: int, taken: set[int]) -> None:
        """Write a method's name at the right end of its line, on the nearest row that is free."""
        row = self._area.row(self._scale.position(value))
        write_name(self._canvas, self._area, row, name, self._look.fore(colour), room, taken)


def _tinted(look: Look, colours: tuple[str, ...]) -> str:
    """Return the background with the bands' colours mixed into it."""
    base = rgb(look.background)
    mixed = [sum(channel) / len(colours) for channel in zip(*map(rgb, colours), strict=True)]
    part = _TINT if look.dark else _TINT * 0.8
    tint = hexed(*(back + (over - back) * part for back, over in zip(base, mixed, strict=True)))
    return snapped_256(tint) if look.colors == "256" else tint
