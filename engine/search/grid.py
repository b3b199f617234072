"""Every combination of the grid, in `ParameterGrid`'s order."""

from __future__ import annotations

from ..events import Point
from ..space.space import Space
from .base import Kind, Options, Planned


class Grid:
    """Grid search: proposes the space's grid points one after the other."""

    def __init__(self, space: Space) -> None:
        self._points = space.grid()
        self._asked = 0

    def ask(self) -> Point | None:
        """Return the next grid point, or None after the last."""
        if self._asked == len(self._points):
            return None
        self._asked += 1
        return self._points[self._asked - 1]

    def tell(self, number: int, point: Point, score: float) -> None:
        """Learn nothing: the grid is the same whatever the scores are."""


KIND = Kind(
    kind="grid",
    title="Grid",
    Options=Options,
    plan=lambda space, options: Planned(space.grid_size()),
    make=lambda space, options, setting: Grid(space),
    needs=lambda options: "grid",
)
