"""Trials that a person adds by hand."""

from __future__ import annotations

from collections.abc import Sequence

from ..events import Point


class Manual:
    """Proposes the points it was given, in order."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = list(points)
        self._asked = 0

    def ask(self) -> Point | None:
        """Return the next point, or None when there is none yet."""
        if self._asked == len(self._points):
            return None
        self._asked += 1
        return self._points[self._asked - 1]

    def tell(self, number: int, point: Point, score: float) -> None:
        """Learn nothing: a person decides."""

    def add(self, point: Point) -> None:
        """Take one more point."""
        self._points.append(point)
