"""Independent draws from the space, as `ParameterSampler` makes them."""

from __future__ import annotations

from ..events import Point
from ..space import Space


class Random:
    """Random search: `trials` draws under a seed, without replacement where the space is finite."""

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        self._draws = space.sample(trials, seed)

    def ask(self) -> Point | None:
        """Return the next draw, or None after the last."""
        return next(self._draws, None)

    def tell(self, number: int, point: Point, score: float) -> None:
        """Learn nothing: the draws are independent of the scores."""
