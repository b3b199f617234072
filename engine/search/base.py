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
from typing import Protocol

from ..events import Point


class Wait(enum.Enum):
    """What `ask` answers when it needs to be told more before it can propose again."""

    WAIT = "wait"


WAIT = Wait.WAIT


class Search(Protocol):
    """A search method at work."""

    def ask(self) -> Point | Wait | None:
        """Return the next point, `WAIT` to be asked again after the next tell, or None when there are no more."""
        ...

    def tell(self, number: int, point: Point, score: float) -> None:
        """Take the mean score of trial `number` (greater is better; NaN: the trial failed), in trial order.

        Points are told back as they were asked. A trial that a person added by hand, which was never asked for, is
        told as well, with the number that it got; a method may learn from it or pass over it.
        """
        ...
