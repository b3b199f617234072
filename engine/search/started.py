"""A search that begins with points it did not choose (warm start), and learns from them."""

from __future__ import annotations

from collections.abc import Sequence

from ..events import Point
from .base import WAIT, Extendable, Outcome, Partial, Search, Several, Wait


class Started:
    """`search` after `points`: these are its first trials, and count towards the number of all.

    The search is told of them as of trials that it never asked for, once all of them are through; before that it is
    not asked, so what it proposes does not depend on how many workers there are.
    """

    def __init__(self, search: Search, points: Sequence[Point]) -> None:
        self._search, self._points = search, list(points)
        self._asked = self._told = 0

    def ask(self) -> Point | Partial | Wait | None:
        """Return the next of the points; after them, and once they are told, what the search proposes."""
        if self._asked < len(self._points):
            self._asked += 1
            return self._points[self._asked - 1]
        return WAIT if self._told < len(self._points) else self._search.ask()

    def tell(self, number: int, point: Point, score: float) -> None:
        """Pass a score on; the search counts its own trials from 0."""
        if self._told < len(self._points):
            self._told += 1
            self._search.tell(number, point, score)
        else:
            self._search.tell(number - len(self._points), point, score)

    def tell_all(self, number: int, point: Point, outcome: Outcome) -> None:
        """Pass what came of a trial on; a search that heeds one score is told of the leading one."""
        if not isinstance(self._search, Several):
            self.tell(number, point, outcome.objectives[0])
            return
        own = self._told >= len(self._points)
        self._told += not own
        self._search.tell_all(number - own * len(self._points), point, outcome)

    def extend(self, trials: int) -> None:
        """Go on to so many trials in all, the points among them."""
        assert isinstance(self._search, Extendable)
        self._search.extend(trials - len(self._points))
