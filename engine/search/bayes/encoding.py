"""A search space as a Gaussian process sees it: rows of the unit cube, and feature columns made from them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np

from ...events import Point, Value
from ...space.space import Dimension, Space


class Encoding:
    """Turns points into rows of the unit cube, snaps rows to the space, and gives rows as features.

    A *row* has one entry a dimension, as `Space.to_unit` gives it. *Features* have one column for a range or an
    ordered choice (in [0, 1]) and for a two-valued choice (0 or 1), and one-hot columns divided by √2 for a larger
    unordered choice, so that two different values of any choice are 1 apart. `groups` names the dimension of each
    column: all columns of a dimension share one length scale.

    A bundle may set what another dimension sets as well, and then the other has no effect (`Space.arguments`): such
    rows are the same point, with the middle value of the dimension that does not count.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.levels = [_levels(dimension) for dimension in space.dimensions]
        self.unordered = np.array([_unordered(dimension) for dimension in space.dimensions], dtype=bool)
        widths = [
            len(levels) if unordered and len(levels) > 2 else 1
            for levels, unordered in zip(self.levels, self.unordered, strict=True)
        ]
        self.groups = np.repeat(np.arange(len(widths)), widths)
        self._idle = _idle(space)
        self.free = np.array([not len(levels) for levels in self.levels], dtype=bool)
        """Which dimensions are whole ranges of real numbers."""
        self.reals = np.flatnonzero(self.free[self.groups])
        """The feature columns of these."""

    @property
    def size(self) -> int | None:
        """How many different points the space holds, or None if one of its dimensions is continuous."""
        return None if self.free.any() else math.prod(len(levels) for levels in self.levels)

    def row(self, point: Mapping[str, Value]) -> np.ndarray:
        """Return a point's row, shape (n_dimensions,)."""
        return self.space.to_unit(point)

    def point(self, row: np.ndarray) -> Point:
        """Return the point of the space at a row."""
        return self.space.from_unit(row)

    def key(self, row: np.ndarray) -> tuple[float, ...]:
        """Return what two rows have in common exactly if they are the same point of the space."""
        return self.keys(row[None])[0]

    def keys(self, rows: np.ndarray) -> list[tuple[float, ...]]:
        """Return the key of each row, shape (n, n_dimensions)."""
        return list(map(tuple, np.round(self.snap(rows), 10).tolist()))

    def snap(self, rows: np.ndarray) -> np.ndarray:
        """Return rows, shape (n, n_dimensions), moved to the nearest values that the space has."""
        snapped = np.clip(rows, 0.0, 1.0)
        for index, levels in enumerate(self.levels):
            if len(levels):
                edges = (levels[1:] + levels[:-1]) / 2
                snapped[:, index] = levels[np.searchsorted(edges, snapped[:, index])]
        return self._without_idle(snapped)

    def _without_idle(self, rows: np.ndarray) -> np.ndarray:
        """Return rows with the middle value wherever the choice of a bundle leaves a dimension without effect."""
        rows = rows.copy()
        for chooser, choice, silenced in self._idle:
            taken = (rows[:, chooser] * len(self.levels[chooser])).astype(int) == choice
            levels = self.levels[silenced]
            rows[taken, silenced] = levels[len(levels) // 2] if len(levels) else 0.5
        return rows

    def features(self, rows: np.ndarray) -> np.ndarray:
        """Return the feature columns of rows, shape (n, n_columns)."""
        rows = self._without_idle(rows)
        columns: list[np.ndarray] = []
        for index, (dimension, levels) in enumerate(zip(self.space.dimensions, self.levels, strict=True)):
            values = rows[:, index]
            if dimension.scale != "choice":
                columns.append(values)
                continue
            chosen = np.minimum((values * len(levels)).astype(int), len(levels) - 1)
            if self.unordered[index] and len(levels) > 2:
                columns.extend(np.where(chosen == choice, math.sqrt(0.5), 0.0) for choice in range(len(levels)))
            else:
                columns.append(chosen / max(len(levels) - 1, 1))
        return np.column_stack(columns)

    def distance(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return how far each row, shape (n, n_dimensions), is from the nearest of others, shape (n,).

        That is the greatest difference along a range or an ordered choice; unordered ones do not count.
        """
        from scipy.spatial.distance import cdist

        along = ~self.unordered
        if not along.any():
            return np.zeros(len(rows))
        return cdist(rows[:, along], others[:, along], "chebyshev").min(axis=1)

    def every_row(self) -> Iterator[np.ndarray]:
        """Yield the rows of all points of a finite space, the last dimension fastest."""
        return (np.array(row) for row in itertools.product(*self.levels))


def _unordered(dimension: Dimension) -> bool:
    return dimension.scale == "choice" and not dimension.ordered


def _idle(space: Space) -> list[tuple[int, int, int]]:
    """Return (dimension, choice, other dimension) wherever that choice overrides all that the other one sets."""
    found: list[tuple[int, int, int]] = []
    for index, dimension in enumerate(space.dimensions):
        for number, choice in enumerate(dimension.choices):
            others = set(choice.arguments) - {dimension.name}
            found.extend(
                (index, number, other)
                for other, plain in enumerate(space.dimensions)
                if other != index and plain.name in others and not _bundled(plain)
            )
    return found


def _bundled(dimension: Dimension) -> bool:
    return any(list(choice.arguments) != [dimension.name] for choice in dimension.values())


def _levels(dimension: Dimension) -> np.ndarray:
    """Return the ascending positions in [0, 1] that a dimension's values have; none for a continuous range."""
    if dimension.scale == "choice":
        return (np.arange(len(dimension.choices)) + 0.5) / len(dimension.choices)
    if dimension.finite:
        return np.array([dimension.to_unit(choice.label) for choice in dimension.values()])
    if not dimension.integer:
        return np.array([dimension.to_unit(dimension.low)]) if dimension.low == dimension.high else np.empty(0)
    low, high = math.ceil(dimension.low), math.floor(dimension.high)
    if high - low >= 100_000:  # as good as continuous; from_unit rounds it
        return np.empty(0)
    values = np.arange(low, high + 1, dtype=float)
    if dimension.scale == "log":
        values = np.log10(values)
    start, end = dimension.positions()
    return (values - start) / (end - start) if end > start else np.array([0.5])
