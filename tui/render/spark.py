"""Sparklines and fold strips: a trial's or a method's numbers in one line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .look import Look


def spark_levels(values: Sequence[float], low: float, high: float, look: Look) -> str:
    """Return one glyph a value, its height the value's place between `low` and `high`; NaN leaves a blank."""
    glyphs = look.spark
    span = high - low
    marks = []
    for value in values:
        if math.isnan(value):
            marks.append(" ")
            continue
        # a flat line stands at half height: it is neither the floor nor the ceiling of anything
        place = (value - low) / span if span > 0 and math.isfinite(span) else 0.5
        marks.append(glyphs[min(max(int(place * len(glyphs)), 0), len(glyphs) - 1)])
    return "".join(marks)


def thinned(values: Sequence[float], width: int) -> list[float]:
    """Return at most `width` values: every cell holds the last value that falls into it, so that a path stays true."""
    total = len(values)
    if total <= width:
        return list(values)
    return [values[(index + 1) * total // width - 1] for index in range(width)]


def path_values(path: Sequence[tuple[int, float]], finished: int, width: int) -> list[float]:
    """Return a best-so-far path (`MethodState.path`) as one value a cell, NaN before the first success.

    Takes a time that depends on the path's length and the width, not on the number of trials.
    """
    cells = min(finished, width)
    values: list[float] = []
    step = 0
    current = math.nan
    for index in range(cells):
        trial = (index + 1) * finished // cells
        while step < len(path) and path[step][0] <= trial:
            current = path[step][1]
            step += 1
        values.append(current)
    return values


def fold_strip(scores: Sequence[float | None], folds: int, low: float, high: float, look: Look) -> str:
    """Return the folds of a trial as small bars, `folds` cells wide, `·` for a fold whose score is not there (yet).

    `low` and `high` are the ends of the scale, the same for all rows of a table, so that rows can be compared.
    """
    marks = []
    for fold in range(folds):
        value = scores[fold] if fold < len(scores) else None
        known = value is not None and not math.isnan(value)
        marks.append(spark_levels([value], low, high, look) if known and value is not None else look.missing)
    return "".join(marks)
