"""Successive halving, by scikit-learn's definition (`HalvingGridSearchCV`, `HalvingRandomSearchCV`).

Many candidates are scored with few resources, the best 1/factor of them with factor times as many, and so on. Jamieson
& Talwalkar, *Non-stochastic Best Arm Identification and Hyperparameter Optimization* (2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log
from typing import Annotated, Literal

import msgspec

from ..errors import UsageError, found
from ..events import Point
from ..space.space import Space
from .base import MOST, ROWS, WAIT, Complaint, Kind, Natural, Options, Partial, Planned, Setting, Wait


class HalvingOptions(Options, frozen=True):
    """The candidates and what is shared out among them, as scikit-learn names these; 0 leaves a bound to the rule."""

    candidates: (
        Natural | Annotated[Literal["grid"], msgspec.Meta(description='"grid", or a number of random candidates')]
    ) = "grid"
    factor: Annotated[int, msgspec.Meta(ge=2, le=MOST)] = 3
    resource: str = ROWS
    min_resources: Natural = 0
    max_resources: Natural = 0
    aggressive_elimination: bool = False
    seed: Natural = 0


@dataclass(frozen=True)
class Resources:
    """What is shared out: `kind` is "rows" or a parameter's name; `least` or `most` 0 leaves the choice to the rule.

    `least` 0 is scikit-learn's "exhaust" for a grid (the last iteration uses as much as possible) and its "smallest"
    for random candidates. `rows`, `folds` and `classes` (0 for regression) describe the data.
    """

    kind: str = ROWS
    least: int = 0
    most: int = 0
    factor: int = 3
    aggressive: bool = False
    rows: int = 0
    folds: int = 0
    classes: int = 0

    @property
    def maximum(self) -> int:
        """The most that a candidate may get."""
        return self.most or self.rows

    def smallest(self) -> int:
        """Return the least that makes sense: two rows a fold and class, or one iteration."""
        return 2 * self.folds * max(self.classes, 1) if self.kind == ROWS else 1

    def ladder(self, candidates: int, *, exhaust: bool) -> list[int]:
        """Return the resources of each iteration for so many candidates; raise `UsageError` where they do not do."""
        least = self.least or self.smallest()
        if least > self.maximum:
            raise UsageError(f"halving: min_resources {least} is greater than max_resources {self.maximum}")
        required = 1 + floor(log(candidates, self.factor))
        if exhaust and not self.least:
            least = max(least, self.maximum // self.factor ** (required - 1))
        possible = 1 + floor(log(self.maximum // least, self.factor))
        iterations = required if self.aggressive else min(possible, required)
        powers = [max(0, i - required + possible) if self.aggressive else i for i in range(iterations)]
        return [min(self.factor**power * least, self.maximum) for power in powers]


class Halving:
    """Halving over the grid (`candidates` None) or over so many random draws; 0 draws as many as exhaust the resources.

    Every candidate of every iteration is a trial of its own; those of the last iteration count.
    """

    def __init__(self, space: Space, candidates: int | None, seed: int, resources: Resources) -> None:
        self._seed, self._resources = seed, resources
        self._points: Sequence[Point]
        if candidates is None:
            self._points = list(space.grid())
        else:
            wanted = candidates or max(1, resources.maximum // (resources.least or resources.smallest()))
            self._points = list(space.sample(wanted, seed))
        self._ladder = resources.ladder(len(self._points), exhaust=candidates is None)
        self._iteration = 0
        self._asked = 0
        self._scores: list[float] = []

    def ask(self) -> Partial | Wait | None:
        """Return the next candidate of the iteration, `WAIT` while its scores are not all in, None after the last."""
        if self._asked == len(self._points):
            if self._iteration + 1 >= len(self._ladder):
                return None
            if len(self._scores) < len(self._points):
                return WAIT
            self._promote()
        self._asked += 1
        kind = self._resources.kind
        return Partial(
            self._points[self._asked - 1],
            self._ladder[self._iteration],
            "" if kind == ROWS else kind,
            self._seed,
            final=self._iteration + 1 == len(self._ladder),
        )

    def tell(self, number: int, point: Point, score: float) -> None:
        """Take the score of the iteration's next candidate; a failed one comes last."""
        self._scores.append(score)

    def _promote(self) -> None:
        """Go on to the next iteration with the best 1/factor, the best of them last, as scikit-learn orders them."""
        keep = ceil(len(self._points) / self._resources.factor)
        scores = [score if math.isfinite(score) else -math.inf for score in self._scores]
        order = sorted(range(len(scores)), key=scores.__getitem__)
        self._points = [self._points[index] for index in order[-keep:]]
        self._iteration += 1
        self._asked = 0
        self._scores = []


def _make(space: Space, options: HalvingOptions, setting: Setting) -> Halving:
    resources = Resources(
        options.resource,
        options.min_resources,
        options.max_resources,
        options.factor,
        options.aggressive_elimination,
        setting.rows,
        setting.folds,
        setting.classes,
    )
    candidates = options.candidates if isinstance(options.candidates, int) else None
    return Halving(space, candidates, options.seed, resources)


def _check(space: Space, options: HalvingOptions) -> Complaint | None:
    name = options.resource
    if name == ROWS:
        return None
    if not name.replace("__", "_").isidentifier():
        return Complaint("resource", found(name), '"rows", or a parameter of the estimator')
    if name in space.names:
        return Complaint("resource", f"{name} is searched already", "rows, or another parameter")
    if not options.max_resources:
        return Complaint("max_resources", "missing", f"the most that {name} may be")
    return None


KIND = Kind(
    kind="halving",
    title="Successive halving",
    Options=HalvingOptions,
    plan=lambda space, options: Planned(None),
    make=_make,
    needs=lambda options: "grid" if options.candidates == "grid" else "",
    check=_check,
    partial=True,
    resource=lambda options: options.resource,
    one_score=lambda options: "successive halving drops candidates by one score",
)
