"""The untuned estimator: one trial that sets nothing."""

from __future__ import annotations

from ..events import Point


class Baseline:
    """Proposes the empty point once."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self) -> Point | None:
        """Return the empty point, then None."""
        if self._asked:
            return None
        self._asked = True
        return {}

    def tell(self, number: int, point: Point, score: float) -> None:
        """Learn nothing: there is nothing to decide."""
