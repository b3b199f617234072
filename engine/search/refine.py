"""Explore, then refine: uniform draws, then Nelder-Mead from the best of them.

scipy's `minimize` wants to call the objective itself; here the conductor does. So each `ask` runs `minimize` anew over
the scores told so far and stops it at the first vertex whose score is not known. That is deterministic, needs no
thread, and costs nothing worth saving: a simplex of a few dozen vertices takes about a millisecond.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..events import Point, Value
from ..space.space import Space
from .base import WAIT, Kind, Natural, Options, Planned, Positive, Wait

if TYPE_CHECKING:
    import numpy as np

XATOL = 0.05
FATOL = 0.001


class RefineOptions(Options, frozen=True):
    """How many draws, and iterations of Nelder-Mead after them."""

    draws: Positive
    seed: Natural = 0
    iterations: Natural = 20


class Refine:
    """Uniform draws in search coordinates (log10 for log ranges), then Nelder-Mead from the best draw.

    The draws are taken dimension by dimension in the space's order, all values of one before the next, from
    `RandomState(seed).uniform`. The simplex moves the ranges, without bounds; choices stay as in the best draw.
    """

    def __init__(self, space: Space, draws: int, seed: int, iterations: int = 20) -> None:
        import numpy as np

        self._space = space
        self._iterations = iterations
        rng = np.random.RandomState(seed)
        columns = [rng.uniform(*dimension.positions(), draws) for dimension in space.dimensions]
        self._draws = np.column_stack(columns)
        self._ranges = [i for i, dimension in enumerate(space.dimensions) if dimension.scale != "choice"]
        self._asked = 0
        self._scores: list[float] = []

    def ask(self) -> Point | Wait | None:
        """Return the next draw or vertex; `WAIT` while the simplex needs scores; None when it has converged."""
        number = self._asked
        draws = len(self._draws)
        if number < draws:
            position = self._draws[number]
        elif len(self._scores) < draws:
            return WAIT
        else:
            following = self._next_vertex(number - draws)
            if following is None or isinstance(following, Wait):
                return following
            position = following
        self._asked += 1
        return self._point(position)

    def tell(self, number: int, point: Point, score: float) -> None:
        """Take a score; failed trials count as infinitely bad. Trials that were never asked for are passed over."""
        if number == len(self._scores) and number < self._asked:
            self._scores.append(score)

    def _point(self, position: np.ndarray) -> Point:
        values: dict[str, Value] = {}
        for dimension, coordinate in zip(self._space.dimensions, position, strict=True):
            values[dimension.name] = dimension.from_position(float(coordinate))
        return self._space.point(values)

    def _next_vertex(self, index: int) -> np.ndarray | Wait | None:
        """Return the vertex that `minimize` evaluates at its `index`-th call, as far as that is known."""
        from scipy.optimize import minimize

        costs = [-score if math.isfinite(score) else math.inf for score in self._scores]
        draws = len(self._draws)
        best = self._draws[costs.index(min(costs[:draws]))]
        start = best[self._ranges]
        if not self._ranges or self._iterations == 0 or not math.isfinite(min(costs[:draws])):
            return None
        simplex = _initial_simplex(start)
        if index < len(simplex):
            # the first vertices do not depend on each other: no need to wait for one before asking the next
            return self._placed(best, simplex[index])
        vertices: list[np.ndarray] = []

        def objective(vertex: np.ndarray) -> float:
            call = len(vertices)
            vertices.append(vertex.copy())
            if draws + call >= len(costs):
                raise _Unknown
            return costs[draws + call]

        try:
            options = {"xatol": XATOL, "fatol": FATOL, "maxiter": self._iterations, "initial_simplex": simplex}
            minimize(objective, start, method="Nelder-Mead", options=options)
        except _Unknown:
            # scipy needs the score of vertex `known`; the ones up to `index` are asked and not told yet
            return self._placed(best, vertices[-1]) if len(vertices) == index + 1 else WAIT
        return None

    def _placed(self, best: np.ndarray, vertex: np.ndarray) -> np.ndarray:
        position = best.copy()
        position[self._ranges] = vertex
        return position


class _Unknown(Exception):
    """Raised out of `minimize` where a score is not known yet."""


def _initial_simplex(start: np.ndarray) -> np.ndarray:
    """Return scipy's own initial simplex: each coordinate in turn 5 % larger, or 0.00025 where it is zero."""
    import numpy as np

    simplex = np.tile(start, (len(start) + 1, 1))
    for k in range(len(start)):
        simplex[k + 1, k] = simplex[k + 1, k] * 1.05 if simplex[k + 1, k] != 0 else 0.00025
    return simplex


KIND = Kind(
    kind="refine",
    title="Explore + refine",
    Options=RefineOptions,
    plan=lambda space, options: Planned(None, options.draws + options.iterations),
    make=lambda space, options, setting: Refine(space, options.draws, options.seed, options.iterations),
    budget="draws",
    one_score=lambda options: "Nelder-Mead climbs by one score",
)
