"""The cells of a map: trials by two hyperparameters, the best of each cell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..events import Axis, Value
from ..verdict.numbers import compact
from .arrays import DONE, FAILED, RUNNING, Columns, Ints, Mask, best_per_cell
from .scales import AxisScale, Floats

MAX_BINS = 16
"""Bins of a range, at most: more cells say less."""


@dataclass(frozen=True)
class Bins:
    """One side of the map: labels, and the position at which every bin but the last one ends, in [0, 1]."""

    labels: tuple[str, ...]
    ends: Floats

    @property
    def count(self) -> int:
        """Number of bins."""
        return len(self.labels)

    def index(self, positions: Floats) -> Ints:
        """Return the bin of each position; -1 for NaN."""
        return np.where(np.isnan(positions), -1, np.searchsorted(self.ends, np.nan_to_num(positions), side="right"))


def grid_bins(axis: Axis, scale: AxisScale, room: int) -> Bins:
    """Return one bin a grid value, ends half-way between neighbours; neighbours share a bin where room is short."""
    values = list(axis.grid) or list(axis.labels)
    pairs = sorted(
        {
            (round(p, 9), _label(scale, v))
            for p, v in zip(scale.positions(values), values, strict=True)
            if not math.isnan(p)
        }
    )
    places = np.array([place for place, _ in pairs])
    labels = [label for _, label in pairs]
    if not labels:
        return range_bins(scale, room)
    step = math.ceil(len(labels) / max(room, 1))
    middles = (places[1:] + places[:-1]) / 2
    if step == 1:
        return Bins(tuple(labels), middles)
    return Bins(
        tuple(label + "+" for label in labels[::step]), middles[step - 1 :: step][: math.ceil(len(labels) / step) - 1]
    )


def range_bins(scale: AxisScale, room: int) -> Bins:
    """Return even bins over a range, a whole number of them to a decade where they fit; one a choice."""
    room = max(min(room, MAX_BINS), 1)
    if scale.kind == "choice":
        count = len(scale.labels)
        step = math.ceil(count / room) if count else 1
        labels = tuple(compact(label) + ("+" if step > 1 else "") for label in scale.labels[::step])
        return Bins(labels or ("",), np.arange(1, len(labels)) * step / max(count, 1))
    if scale.constant:
        return Bins((scale.label(0.5),), np.empty(0))
    count = room
    span = scale.high - scale.low
    if scale.kind == "log" and abs(span - round(span)) < 1e-9 and room >= round(span):
        count = round(span) * (room // round(span))
    elif scale.integer and scale.kind == "linear":
        count = min(room, round(span) + 1)
    elif scale.kind == "linear" and room >= 10:
        count = 10
    ends = np.arange(1, count) / count
    labels = tuple(scale.label((index + 0.5) / count) for index in range(count))
    return Bins(labels, ends)


def _label(scale: AxisScale, value: Value) -> str:
    if scale.kind == "choice" or isinstance(value, bool | str) or value is None:
        return compact(value)
    return scale.written(float(value), 3)


@dataclass(frozen=True)
class Cells:
    """What a map shows: per cell (row, column) the best trial's index and how the cell is marked."""

    best: dict[tuple[int, int], int]
    failed: frozenset[tuple[int, int]]
    running: frozenset[tuple[int, int]]


def cells_of(cols: Columns, mask: Mask, x_name: str, y_name: str | None, x: Bins, y: Bins) -> Cells:
    """Return the map's cells for the trials of the mask: the best over all other hyperparameters."""
    column = x.index(cols.place(x_name))
    row = y.index(cols.place(y_name)) if y_name is not None else np.zeros(cols.size, dtype=np.int64)
    placed = mask & (column >= 0) & (row >= 0)

    def found(phase: int) -> tuple[Ints, Ints]:
        indexes = np.flatnonzero(placed & (cols.phase == phase))
        return indexes, row[indexes] * x.count + column[indexes]

    def keys(flat: Ints) -> frozenset[tuple[int, int]]:
        return frozenset((int(cell) // x.count, int(cell) % x.count) for cell in np.unique(flat))

    done, flat = found(DONE)
    top = best_per_cell(flat, cols.mean[done])
    best = {
        (int(flat[i]) // x.count, int(flat[i]) % x.count): int(done[i])
        for i in top
        if math.isfinite(cols.mean[done[i]])
    }
    return Cells(best, keys(found(FAILED)[1]), keys(found(RUNNING)[1]))
