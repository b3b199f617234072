"""Scales: where a value lies on an axis, which labels the axis gets, and the range of the scores.

Positions are in [0, 1] over the bounds that the space declares, so that a picture stands still while trials arrive.
Score ranges must come from the data; they are rounded outwards to plain numbers, so that they move seldom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..events import Axis, Value
from ..state import RunState
from ..verdict.numbers import compact

Floats = np.ndarray[Any, np.dtype[np.float64]]


LARGEST = 1e300
"""Numbers beyond this count as not finite: sums and differences of them would not be."""


def drawable(number: float | None) -> bool:
    """Tell whether a number is there, and small enough to compute with."""
    return number is not None and abs(number) <= LARGEST


@dataclass(frozen=True)
class AxisScale:
    """One hyperparameter's axis: `kind` as drawn, its ends on that scale (log10 for "log"), or its labels."""

    name: str
    kind: str
    low: float
    high: float
    labels: tuple[Value, ...] = ()
    integer: bool = False

    @property
    def constant(self) -> bool:
        """True if there is only one value on the axis."""
        return len(self.labels) <= 1 if self.kind == "choice" else not self.high > self.low

    def position(self, value: Value) -> float:
        """Return where a value lies: 0 to 1 within the bounds, beyond them outside; NaN for what has no place."""
        if self.kind == "choice":
            for index, label in enumerate(self.labels):
                if type(label) is type(value) and label == value:
                    return (index + 0.5) / len(self.labels)
            return math.nan
        number = _number(value)
        if self.kind == "log":
            number = math.log10(number) if number > 0 else math.nan
        if not self.high > self.low:
            return math.nan if math.isnan(number) else 0.5
        return (number - self.low) / (self.high - self.low)

    def positions(self, values: list[Value]) -> Floats:
        """Return the positions of many values, as `position` for each, shape (n_values,)."""
        if self.kind == "choice":
            places = {(type(label), label): (index + 0.5) / len(self.labels) for index, label in enumerate(self.labels)}
            return np.array([places.get((type(value), value), math.nan) for value in values])
        numbers = np.array([_number(value) for value in values])
        if self.kind == "log":
            with np.errstate(divide="ignore", invalid="ignore"):
                numbers = np.where(numbers > 0, np.log10(numbers), math.nan)
        if not self.high > self.low:
            return np.where(np.isnan(numbers), math.nan, 0.5)
        return (numbers - self.low) / (self.high - self.low)

    def value(self, position: float) -> float:
        """Return the number at a position (ranges only)."""
        place = self.low + position * (self.high - self.low)
        number = 10.0**place if self.kind == "log" else place
        return round(number) if self.integer else number

    def label(self, position: float) -> str:
        """Return what to write at a position: a choice's label or a short number."""
        if self.kind == "choice":
            index = min(max(int(position * len(self.labels)), 0), max(len(self.labels) - 1, 0))
            return compact(self.labels[index]) if self.labels else ""
        return self.written(self.value(position))

    def written(self, number: float, figures: int = 2) -> str:
        """Return a number of this axis as its labels have it: all with exponents where the axis spans many decades."""
        if self.integer:
            return compact(round(number))
        if self.kind == "log" and (self.low < -2.001 or self.high > 4.001):
            mantissa, exponent = f"{number:.{figures - 1}e}".split("e")
            return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"
        return short(float(f"{number:.{figures}g}") if self.kind == "log" else number)

    def ticks(self, room: int) -> list[tuple[float, str]]:
        """Return at most `room` (>= 1) ticks as (position, label): decades, plain numbers, or the choices."""
        room = max(room, 1)
        if self.kind == "choice":
            count = len(self.labels)
            step = max(math.ceil(count / room), 1)
            return [((i + 0.5) / count, compact(self.labels[i])) for i in range(0, count, step)]
        if self.constant:
            return [(0.5, self.label(0.5))]
        if self.kind == "log":
            first, last = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
            step = max(math.ceil((last - first + 1) / room), 1)
            decades = list(range(first, last + 1, step))
            if len(decades) >= 2:
                return [((d - self.low) / (self.high - self.low), self.written(10.0**d)) for d in decades]
            return [(position, self.label(position)) for position in ((0.0, 1.0) if room > 1 else (0.0,))]
        values = nice_ticks(self.low, self.high, room, whole=self.integer)
        return [
            ((v - self.low) / (self.high - self.low), compact(round(v)) if self.integer else short(v)) for v in values
        ]


def axis_scale(axis: Axis, seen: list[Value] | None = None) -> AxisScale:
    """Return the scale of a declared axis; one without usable bounds takes them from the values seen."""
    labels = tuple(axis.labels)
    if axis.scale == "choice" and not labels:
        labels = tuple({(type(value), value): value for value in seen or []}.values())
    if axis.scale == "choice":
        return AxisScale(axis.name, "choice", 0.0, float(max(len(labels), 1)), labels)
    numbers = _numbers([*axis.labels, *axis.grid, *(seen or [])])
    if axis.scale == "log":
        numbers = [number for number in numbers if number > 0]
    low = next(iter(_numbers([axis.low])), min(numbers, default=0.0))
    high = next(iter(_numbers([axis.high])), max(numbers, default=1.0))
    if high < low:
        low, high = high, low
    if axis.scale == "log" and low > 0:
        return AxisScale(axis.name, "log", math.log10(low), math.log10(high), (), axis.integer)
    return AxisScale(axis.name, "linear", low, high, (), axis.integer)


def _number(value: Value) -> float:
    """Return a value as a number that can be drawn; NaN for what is none."""
    if isinstance(value, bool) or not isinstance(value, float | int) or not drawable(value):
        return math.nan
    return float(value)


def _numbers(values: list[Value]) -> list[float]:
    return [number for value in values if not math.isnan(number := _number(value))]


def bounded(axis: Axis) -> bool:
    """Tell whether an axis says itself what lies on it, so that its scale needs no trials."""
    return bool(axis.labels) if axis.scale == "choice" else len(_numbers([axis.low, axis.high])) == 2


def short(number: float) -> str:
    """Return a number for the end of an axis in few cells: "1e-4", "0.05", "1000", "2.5e6"."""
    if number != 0 and not 1e-3 <= abs(number) < 1e5:
        mantissa, exponent = f"{number:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{number:.4g}" if abs(number) < 1e4 else f"{number:.0f}"


def nice_step(span: float, parts: float, *, whole: bool = False) -> float:
    """Return the plain step (1, 2 or 5 times a power of ten) that cuts `span` into at most about `parts`."""
    if not span > 0 or not math.isfinite(span):
        return 1.0
    raw = max(span / max(parts, 1), 1e-300)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9)), 10 * power)
    return max(step, 1.0) if whole else step


def nice_ticks(low: float, high: float, room: int, *, whole: bool = False) -> list[float]:
    """Return plain numbers between `low` and `high` in even steps, at most `room` of them."""
    if not high > low:
        return [low]
    parts = max(room - 1, 1)
    for _ in range(8):
        step = nice_step(high - low, parts, whole=whole)
        first = math.ceil(low / step - 1e-9)
        last = math.floor(high / step + 1e-9)
        if last - first + 1 <= room:
            return [round(index * step, 12) for index in range(first, last + 1)] or [low]
        parts /= 1.5
    return [low]


@dataclass(frozen=True)
class ScoreRange:
    """The scores between the two ends of the ramp, or of a plot's axis."""

    low: float
    high: float
    sign: float = 1.0
    """-1.0 for scores that are kept with their sign changed, so that greater is better: they are written turned."""

    @property
    def own(self) -> ScoreRange:
        """The same range of the scores as their own tool gives them."""
        return self if self.sign > 0 else ScoreRange(-self.high, -self.low)

    @property
    def roomy(self) -> ScoreRange:
        """The same range, or one about it where it is a single score: a flat line has a middle to lie in."""
        room = 0.0 if self.high > self.low else max(abs(self.low) * 0.01, 1e-3)
        return ScoreRange(self.low - room, self.high + room, self.sign) if room else self

    def position(self, score: float) -> float:
        """Return where a score lies, 0 to 1; ½ for all when they are all the same."""
        if not self.high > self.low:
            return 0.5
        return min(max((score - self.low) / (self.high - self.low), 0.0), 1.0)

    def positions(self, scores: Floats) -> Floats:
        """Return `position` for an array of scores; NaN stays NaN."""
        if not self.high > self.low:
            return np.where(np.isnan(scores), np.nan, 0.5)
        return np.clip((scores - self.low) / (self.high - self.low), 0.0, 1.0)


def score_range(scores: Floats, sign: float = 1.0) -> ScoreRange | None:
    """Return the range of the scores, without far-off low ones, rounded outwards; None if there are none.

    `sign` is what they have to be multiplied with to be written (see `ScoreRange.sign`).

    The low end is Tukey's lower fence (the first quartile less 1.5 times the interquartile range) or the lowest score,
    whichever is higher: one hopeless trial must not push all others into one colour.
    """
    known = scores[np.isfinite(scores)]
    if not len(known):
        return None
    high, low = float(known.max()), float(known.min())
    if len(known) >= 8:
        first, third = np.quantile(known, [0.25, 0.75])
        if third > first:
            low = max(low, float(first - 1.5 * (third - first)))
    if not high > low or not math.isfinite(high - low):
        return ScoreRange(low, low, sign)
    step = nice_step(high - low, 20)
    low, high = (round(end * step, 12) for end in (math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)))
    return ScoreRange(low, high, sign)


def axes(state: RunState) -> list[Axis]:
    """Return the run's hyperparameters, those that say most first: log ranges, linear ranges, choices, constants.

    Within each kind they keep the preset's order. This depends on what was declared, not on trials, so that a view
    keeps its axes while a run goes on.
    """
    if state.info is None:
        return []

    def rank(axis: Axis) -> int:
        scale = axis_scale(axis)
        return 3 if scale.constant else {"log": 0, "linear": 1}.get(scale.kind, 2)

    return sorted(state.info.axes, key=rank)
