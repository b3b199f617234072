"""A search method at work: the search in a thread of its own, and the conductor's account of its trials.

The thread does nothing but ask and tell, as it is instructed, one instruction at a time. Between two tells it is
always asked until it waits or has no more, so what it proposes never depends on how fast results come in.
"""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .events import MethodPlan, Point, TrialKey
from .search.base import WAIT, Search
from .task import FoldResult

OPEN_TRIALS = 64
"""How many trials a search that never waits may have asked for and not been told of (more with many workers)."""


@dataclass(frozen=True)
class Proposals:
    """What came of an instruction: points in order, and whether the search waits, has ended, or broke down."""

    lane: Lane
    points: list[Point]
    waits: bool = False
    ended: bool = False
    error: BaseException | None = None


@dataclass(eq=False)
class Trial:
    """A trial in the conductor's hands."""

    lane: Lane
    number: int
    point: Point
    arguments: dict[str, Any]
    configuration: bytes
    """A digest of its effective configuration: equal for trials that are the same candidate."""
    urgent: bool = False
    """True if its search waits for it: its folds go first, and all at once."""
    attempt: int = 1
    lost: int = 0
    left: list[int] = field(default_factory=list)
    """Folds that no worker was given yet, in order."""
    queued: bool = False
    started: bool = False
    finished: bool = False
    results: dict[int, FoldResult] = field(default_factory=dict)
    followers: list[Trial] = field(default_factory=list)
    """Trials of the same effective configuration that wait for this one's result."""

    @property
    def key(self) -> TrialKey:
        """The trial's name."""
        return self.lane.name, self.number


class Lane:
    """One search method of a run; only the conductor's thread touches its fields."""

    def __init__(self, plan: MethodPlan, place: int, make: Callable[[], Search], limit: int) -> None:
        self.plan = plan
        self.name = plan.name
        self.place = place
        self.asked = 0
        self.open: dict[int, Trial] = {}
        """Trials that are not through yet, by number."""
        self.winner: Trial | None = None
        self.begun = False
        self.waits = False
        self.ended = False
        self.skipped = False
        self.refitting = False
        self.closed = False
        self.error = ""
        self._limit = limit
        self._make = make
        self._busy = False
        self._best = math.nan
        self._told = 0
        self._results: dict[int, tuple[Point, float]] = {}
        self._instructions: queue.SimpleQueue[tuple[tuple[int, Point, float] | None, int] | None] = queue.SimpleQueue()

    def begin(self, post: Callable[[Proposals], None]) -> None:
        """Start the search's thread; what it proposes is given to `post`, on that thread."""
        self.begun = True
        threading.Thread(target=self._work, args=(post,), name=f"search-{self.name}", daemon=True).start()
        self.advance()

    def advance(self) -> None:
        """Instruct the search, if it is idle and there is something to tell or room to ask."""
        if self._busy or self.ended or self.closed or not self.begun:
            return
        room = self._limit - (self.asked - self._told)
        if not self.waits and room > 0:
            self._instruct(None, room)
        elif self._told in self._results:
            point, score = self._results.pop(self._told)
            self._told += 1
            self._instruct((self._told - 1, point, score), room + 1)

    def take(self, proposals: Proposals) -> None:
        """Note the answer to an instruction; its points are the conductor's to make trials of."""
        self._busy = False
        self.waits = proposals.waits
        self.ended = self.ended or proposals.ended or proposals.error is not None

    def close(self) -> None:
        """End the thread."""
        self.closed = True
        self._instructions.put(None)

    def note_finished(self, trial: Trial, mean: float | None) -> None:
        """Note that a trial is through, with its mean score, None if it failed or was raced out."""
        trial.finished = True
        trial.left.clear()
        self.open.pop(trial.number, None)
        self._results[trial.number] = (trial.point, math.nan if mean is None else mean)
        # results come in any order: of equal means the lower number wins, as in scikit-learn
        if mean is not None:
            number = trial.number if self.winner is None else self.winner.number
            if self.winner is None or mean > self._best or (mean == self._best and trial.number < number):
                self.winner, self._best = trial, mean

    @property
    def drained(self) -> bool:
        """True once every fold that the search will ever need has been given to a worker."""
        return self.ended and not any(trial.left for trial in self.open.values())

    @property
    def complete(self) -> bool:
        """True once every trial is through."""
        return self.ended and not self.open

    def _instruct(self, tell: tuple[int, Point, float] | None, asks: int) -> None:
        self._busy = True
        self._instructions.put((tell, asks))

    def _work(self, post: Callable[[Proposals], None]) -> None:
        search: Search | None = None
        while (instruction := self._instructions.get()) is not None:
            tell, asks = instruction
            points: list[Point] = []
            try:
                search = search or self._make()
                if tell is not None:
                    search.tell(*tell)
                for _ in range(asks):
                    point = search.ask()
                    if point is None or point is WAIT:
                        post(Proposals(self, points, waits=point is WAIT, ended=point is None))
                        break
                    points.append(point)  # pyright: ignore[reportArgumentType]
                else:
                    post(Proposals(self, points))
            except BaseException as error:  # noqa: BLE001 - it ends the method, with its reason, not the run
                post(Proposals(self, points, error=error))
