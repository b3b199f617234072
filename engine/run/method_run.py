"""A search method at work: the search in a thread of its own, and the conductor's account of its trials.

The thread does nothing but ask and tell, as it is instructed, one instruction at a time. Between two tells it is
always asked until it waits or has no more, so what it proposes never depends on how fast results come in.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..events import MethodPlan, Point, TrialKey
from ..search.base import WAIT, Extendable, Partial, Search
from ..search.fold_race import Race
from ..search.manual import Manual
from ..search.stop_rules import StopRules
from ..state import TrialState
from ..workers.task import FoldResult

OPEN_TRIALS = 64
"""How many trials a search that never waits may have asked for and not been told of (more with many workers)."""

STOP_WINDOW = 8
"""The same where a rule may end the method: so many trials follow the one that ends it, on any number of workers."""


class BrokenLife(Exception):
    """A method took a step that its life does not allow: a fault of the conductor, never of the search."""


@dataclass(frozen=True)
class Proposals:
    """What came of an instruction: points in order, and whether the search waits, has ended, or broke down."""

    lane: MethodRun
    points: list[Point | Partial]
    waits: bool = False
    ended: bool = False
    error: BaseException | None = None


@dataclass(frozen=True)
class _Instruction:
    """What the search's thread is to do: take what more there is, tell a result, ask so many times."""

    tell: tuple[int, Point, float] | None
    asks: int
    more: list[Point | int] = field(default_factory=list)


@dataclass(eq=False)
class OpenTrial:
    """A trial in the conductor's hands."""

    lane: MethodRun
    number: int
    point: Point
    arguments: dict[str, Any]
    configuration: bytes
    """A digest of its effective configuration: equal for trials that are the same candidate."""
    share: Partial | None = None
    """What it gets of the resources; None: all."""
    recorded: TrialState | None = None
    """What an earlier part of the run has written down of it, where it is gone through once more for a race."""
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
    followers: list[OpenTrial] = field(default_factory=list)
    """Trials of the same effective configuration that wait for this one's result."""

    @property
    def key(self) -> TrialKey:
        """The trial's name."""
        return self.lane.name, self.number


class MethodRun:
    """One search method of a run; only the conductor's thread touches its fields.

    Its life, and what holds in it; a step that breaks this raises `BrokenLife`, and so ends the run, loudly:

    - *proposed*: what one instruction brought is opened as a whole (`open_trial`) before anything follows from any of
      it. A point that is settled at once, for another trial has its score, would else close the method on the others.
    - *open* → *finished* (`note_finished`) or given up (`give_up`), once each; *told* to the search in trial order.
    - *ended*: the search proposes nothing more, unless it is given more to do (`extend`).
    - *complete*: ended, nothing open, nothing more to be given. Only now is there a winner to speak of: the done trial
      with the greatest mean, of equal ones that with the lowest number. The journal's account (`MethodState.best`)
      says which, for it alone knows also what an earlier part of the run did and this one did not come to.
    - *refitting* (`begin_refit`): that very trial is refitted and tested, and nothing opens or finishes any more.
    - *closed* (`finish`): after the refit, or without one where no trial is done. `close` alone ends the thread of a
      method that the run leaves unfinished.
    """

    def __init__(
        self,
        plan: MethodPlan,
        place: int,
        make: Callable[[], Search],
        limit: int,
        *,
        race: Race | None = None,
        stop: StopRules | None = None,
    ) -> None:
        self.plan = plan
        self.planned = plan.trials
        """The number of trials that it knows of, more having been added since its making or not."""
        self.earlier = set(plan.earlier)
        """The numbers of trials that it was planned with before more were added."""
        self.name = plan.name
        self.place = place
        self.asked = 0
        self.open: dict[int, OpenTrial] = {}
        """Trials that are not through yet, by number."""
        self.begun = False
        self.waits = False
        self.ended = False
        self.skipped = False
        self.refitting: OpenTrial | None = None
        """The winner, from when its refit was asked for."""
        self.lost = 0
        """Workers that died over the refit of its winner."""
        self.closed = False
        self.error = ""
        self.reason = ""
        """Why the method ends before its budget."""
        self.race = race
        self.stop = stop
        self.begun_at = 0.0
        self._limit = limit
        self._make = make
        self._busy = False
        self._told = 0
        self._results: dict[int, tuple[Point, float]] = {}
        self._means: dict[int, float | None] = {}
        self._more: list[Point | int] = []
        self._instructions: queue.SimpleQueue[_Instruction | None] = queue.SimpleQueue()

    def begin(self, post: Callable[[Proposals], None]) -> None:
        """Start the search's thread; what it proposes is given to `post`, on that thread."""
        self.begun = True
        self.begun_at = time.monotonic()
        threading.Thread(target=self._work, args=(post,), name=f"search-{self.name}", daemon=True).start()
        self.advance()

    def advance(self) -> None:
        """Instruct the search, if it is idle and there is something to tell or room to ask."""
        if self._busy or self.closed or not self.begun or self.reason or self.skipped:
            return
        room = self._limit - (self.asked - self._told)
        if self._more:
            more, self._more = self._more, []
            self.ended = False
            self._instruct(_Instruction(None, max(room, 0), more))
        elif self.ended:
            return
        elif not self.waits and room > 0:
            self._instruct(_Instruction(None, room))
        elif self._told in self._results:
            point, score = self._results.pop(self._told)
            self._told += 1
            if self.stop is not None and (reason := self.stop.after(self._means.pop(self._told - 1))):
                self.reason, self.ended = reason, True
                return
            self._instruct(_Instruction((self._told - 1, point, score), room + 1))

    def extend(self, more: Point | int) -> None:
        """Give the search more to do: a new number of trials in all, or a point added by hand."""
        self._more.append(more)
        if isinstance(more, int) and self.planned is not None:
            self.earlier.add(self.planned)
        self.planned = more if isinstance(more, int) else (self.planned or 0) + 1

    def skip(self) -> None:
        """Let the search propose nothing more, and drop what more it was to be given."""
        self.skipped = self.ended = True
        self._more.clear()

    @property
    def live(self) -> bool:
        """True while the search can still be given more to do."""
        return not (self.closed or self.refitting is not None or self.skipped or self.reason or self.error)

    def take(self, proposals: Proposals) -> None:
        """Note the answer to an instruction; its points are the conductor's to make trials of."""
        self._busy = False
        self.waits = proposals.waits
        self.ended = self.ended or proposals.ended or proposals.error is not None

    def open_trial(self, trial: OpenTrial) -> None:
        """Note a trial that was made of the search's next point."""
        self._require(self.refitting is None and not self.closed, f"opens {trial.number} after its end")
        self._require(trial.number == self.asked, f"opens {trial.number} as number {self.asked}")
        self.open[trial.number] = trial
        self.asked += 1

    def give_up(self, trial: OpenTrial) -> None:
        """Note that an open trial is dropped before it has begun; the search is never told of it."""
        self._require(self.open.pop(trial.number, None) is trial, f"gives up {trial.number}, which is not open")
        trial.finished = True
        trial.left.clear()

    def begin_refit(self, winner: OpenTrial) -> None:
        """Note that the winner is being refitted; it stays the winner from now on."""
        self._require(self.complete and self.refitting is None, "chooses its winner before its trials are through")
        self.refitting = winner

    def finish(self, best: int | None) -> None:
        """Note that the method is through, its winner `best` refitted; None where it has none."""
        self._require(self.complete, "closes before its trials are through")
        refitted = None if self.refitting is None else self.refitting.number
        self._require(best == refitted, f"closes with {best}, but refitted {refitted}")
        self.close()

    def close(self) -> None:
        """End the thread."""
        self.closed = True
        self._instructions.put(None)

    def note_finished(self, trial: OpenTrial, mean: float | None, told: float | None) -> None:
        """Note that a trial is through, with its mean score, None if it failed or was raced out.

        The search is told `told` of it, None if it failed.
        """
        self._require(self.open.pop(trial.number, None) is trial, f"finishes {trial.number}, which is not open")
        self._require(self.refitting is None and not self.closed, f"finishes {trial.number} after its end")
        trial.finished = True
        trial.left.clear()
        self._results[trial.number] = (trial.point, math.nan if told is None else told)
        if self.stop is not None:
            self._means[trial.number] = mean

    @property
    def drained(self) -> bool:
        """True once every fold that the search will ever need has been given to a worker."""
        return self.ended and not any(trial.left for trial in self.open.values())

    @property
    def complete(self) -> bool:
        """True once every trial is through."""
        return self.ended and not self.open and not self._more

    def _require(self, holds: bool, told: str) -> None:
        if not holds:
            raise BrokenLife(f"{self.name} {told}")

    def _instruct(self, instruction: _Instruction) -> None:
        self._busy = True
        self._instructions.put(instruction)

    def _work(self, post: Callable[[Proposals], None]) -> None:
        search: Search | None = None
        while (instruction := self._instructions.get()) is not None:
            points: list[Point | Partial] = []
            try:
                search = search or self._make()
                for more in instruction.more:
                    _give_more(search, more)
                if instruction.tell is not None:
                    search.tell(*instruction.tell)
                for _ in range(instruction.asks):
                    point = search.ask()
                    if point is None or point is WAIT:
                        post(Proposals(self, points, waits=point is WAIT, ended=point is None))
                        break
                    points.append(point)  # pyright: ignore[reportArgumentType]
                else:
                    post(Proposals(self, points))
            except BaseException as error:  # noqa: BLE001 - it ends the method, with its reason, not the run
                post(Proposals(self, points, error=error))


def _give_more(search: Search, more: Point | int) -> None:
    if isinstance(more, int):
        if not isinstance(search, Extendable):
            raise TypeError(f"{type(search).__name__} has no budget to raise")
        search.extend(more)
    elif isinstance(search, Manual):
        search.add(more)
