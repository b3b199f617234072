"""Independent draws from the space, as `ParameterSampler` makes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from ..events import Point
from ..space.space import Space
from .base import Kind, Natural, Options, Positive, finite


class RandomOptions(Options, frozen=True):
    """How many draws, under which seed."""

    trials: Positive
    seed: Natural = 0


class Random:
    """Random search: `trials` draws under a seed, without replacement where the space is finite.

    `earlier` lists smaller budgets that the search was given before. A longer sample begins with the shorter one. A
    finite space would be shuffled anew for another number of draws, so there the earlier draws stay, and the new ones
    among the longer sample follow.
    """

    def __init__(self, space: Space, trials: int, seed: int, earlier: Sequence[int] = ()) -> None:
        self._space, self._seed = space, seed
        self._finite = all(dimension.finite for dimension in space.dimensions)
        self._asked = 0
        self._drawn: list[Point] = []
        self._draws: Iterator[Point] = iter(())
        for budget in (*earlier, trials) if self._finite else (trials,):
            self.extend(budget)

    def ask(self) -> Point | None:
        """Return the next draw, or None after the last."""
        point = next(self._draws, None)
        self._asked += point is not None
        return point

    def tell(self, number: int, point: Point, score: float) -> None:
        """Learn nothing: the draws are independent of the scores."""

    def extend(self, trials: int) -> None:
        """Go on to so many draws in all."""
        if not self._finite:
            self._draws = islice(self._space.sample(trials, self._seed), self._asked, None)
            return
        new = [point for point in self._space.sample(trials, self._seed) if point not in self._drawn]
        self._drawn += new[: self._space.sample_size(trials) - len(self._drawn)]
        self._draws = islice(self._drawn, self._asked, None)


KIND = Kind(
    kind="random",
    title="Random",
    Options=RandomOptions,
    plan=finite,
    make=lambda space, options, setting: Random(space, options.trials, options.seed, setting.earlier),
    budget="trials",
)
