"""The contract between a search method and the conductor: ask and tell.

A search proposes points and knows nothing else: no pool, no journal, no clock. Three rules make it the same, trial for
trial, on one worker or sixty-four, and after a resume:

- results are told in trial order (number 0, then 1, …), whatever order they came in;
- `ask` may depend only on the construction arguments and on what was told so far, and on how many were asked;
- how many asks may be open at once is the search's own affair: it answers `WAIT` until it has been told enough.
  (Grid and random never wait; Nelder-Mead waits for every result; `bayes` keeps a small constant number open.)
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..events import Point


class Wait(enum.Enum):
    """What `ask` answers when it needs to be told more before it can propose again."""

    WAIT = "wait"


WAIT = Wait.WAIT


@dataclass(frozen=True)
class Partial:
    """A point to be tried with part of the resources: so many rows, or another value of an iteration-like parameter.

    `final` tells the last and largest share, whose scores count; the others only say who comes next.
    """

    point: Point
    resource: int
    parameter: str = ""
    """The estimator's parameter that takes `resource`; empty: rows."""
    seed: int = 0
    final: bool = False


class Search(Protocol):
    """A search method at work."""

    def ask(self) -> Point | Partial | Wait | None:
        """Return the next point, `WAIT` to be asked again after the next tell, or None when there are no more."""
        ...

    def tell(self, number: int, point: Point, score: float) -> None:
        """Take the mean score of trial `number` (greater is better; NaN: the trial failed), in trial order.

        Points are told back as they were asked. A trial that a person added by hand, which was never asked for, is
        told as well, with the number that it got; a method may learn from it or pass over it.
        """
        ...


@runtime_checkable
class Extendable(Protocol):
    """A search that can be told to go on beyond its budget, as if the larger one had been given at the start."""

    def extend(self, trials: int) -> None:
        """Take a new number of trials in all."""
        ...


ROWS = "rows"
"""The resource of successive halving that stands for training rows; any other is a parameter of the estimator."""
