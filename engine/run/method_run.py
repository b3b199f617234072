"""A search method at work, and its trials while they are open: the life of both, step by step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..events import MANUAL, MethodOutcome, MethodPlan, Point, TrialKey
from ..search.base import Outcome, Partial, Search
from ..search.fold_race import FoldRace
from ..search.stop_rules import StopRules
from ..state import TrialState
from ..text import clean
from ..workers.task import FoldResult
from .search_thread import Proposals, SearchThread, Told

OPEN_TRIALS = 64
"""How many trials a search that never waits may have asked for and not been told of (more with many workers)."""

MOST_DEATHS = 3
"""A trial, or a winner's refit, that so many workers have died over is failed."""


class BrokenLife(Exception):
    """A method took a step that its life does not allow: a fault of the conductor, never of the search."""


@dataclass(eq=False)
class OpenTrial:
    """A trial in the conductor's hands. Its fields are read by all of the conductor, and changed by its methods alone.

    It has *folds left* until they are taken for jobs, then results, until it is *finished*. A worker's death makes it
    start over, as another attempt: what an earlier attempt has answered no longer counts.
    """

    method: MethodRun
    number: int
    point: Point
    arguments: dict[str, Any]
    configuration: bytes
    """A digest of its effective configuration: equal for trials that are the same candidate."""
    share: Partial | None = None
    """What it gets of the resources; None: all."""
    urgent: bool = False
    """True if its search waits for it: its folds go first, and all at once."""
    recorded: TrialState | None = None
    """What an earlier part of the run has written down of it, where it is gone through once more for a race."""
    attempt: int = 1
    lost: int = 0
    left: list[int] = field(default_factory=list)
    """Folds that no worker was given yet, in order."""
    started: bool = False
    finished: bool = False
    results: dict[int, FoldResult] = field(default_factory=dict)
    followers: list[OpenTrial] = field(default_factory=list)
    """Trials of the same effective configuration that wait for this one's result."""

    @property
    def key(self) -> TrialKey:
        """The trial's name."""
        return self.method.name, self.number

    @property
    def manual(self) -> bool:
        """True if a person added it by hand."""
        return self.method.plan.kind == MANUAL

    def go_on_from(self, recorded: TrialState) -> None:
        """Take up a trial that was under way when an earlier part of the run ended."""
        self.attempt, self.lost = recorded.attempt + 1, recorded.lost

    def race_again(self, recorded: TrialState) -> None:
        """Note that it is through, and goes through its race once more with the scores that it had."""
        self.recorded = recorded

    def want(self, folds: Iterable[int]) -> None:
        """Add folds to those left; they stay in order, and each is there once."""
        self.left = sorted({*self.left, *folds})

    def take_one(self) -> int:
        """Take the first fold that is left, for one job."""
        return self.left.pop(0)

    def take_all(self) -> tuple[int, ...]:
        """Take all folds left, for one job."""
        taken, self.left = tuple(self.left), []
        return taken

    def start(self) -> None:
        """Note that a worker was given the first of its folds."""
        self.started = True

    def note_result(self, result: FoldResult) -> None:
        """Keep what came of a fold."""
        self.results[result.fold] = result

    def note_death(self) -> None:
        """Count a worker that died over it."""
        self.lost += 1

    def start_over(self) -> None:
        """Begin another attempt, with no results."""
        self.attempt += 1
        self.started = False
        self.results.clear()

    def finish(self) -> None:
        """Note that nothing more is to be done for it."""
        self.finished = True
        self.left.clear()

    def lead(self, follower: OpenTrial) -> None:
        """Let another trial of the same configuration wait for its result."""
        self.followers.append(follower)

    def lead_no_more(self, follower: OpenTrial) -> None:
        """Let a trial wait for its result no longer."""
        self.followers.remove(follower)

    def let_go(self) -> list[OpenTrial]:
        """Give up those that wait for its result, and return them, in order; its own results are no longer needed."""
        self.results.clear()
        followers, self.followers = self.followers, []
        return followers

    def inherit(self, followers: list[OpenTrial]) -> None:
        """Take the place of the trial that these waited for."""
        self.followers = followers


class MethodRun:
    """One search method of a run; only the conductor's thread touches its fields, and only its methods change them.

    Its life, and what holds in it; a step that breaks this raises `BrokenLife`, and so ends the run, loudly:

    - *proposed*: what one instruction brought is opened as a whole (`open_trial`) before anything follows from any of
      it. A point that is settled at once, for another trial has its score, would else close the method on the others.
    - *open* → *finished* (`note_finished`) or given up (`give_up`), once each; *told* to the search in trial order.
    - *ended*: the search proposes nothing more, unless it is given more to do (`extend`).
    - *complete*: ended, nothing open, nothing more to be given. Only now is there a winner to speak of: the done trial
      with the greatest mean, of equal ones that with the lowest number, or the simplest near it where the preset has
      that rule. The journal's account (`MethodState.chosen`) says which, for it alone knows also what an earlier part
      of the run did and this one did not come to.
    - *refitting* (`begin_refit`): that very trial is refitted and tested, and nothing opens or finishes any more.
    - *closed* (`finish`): after the refit, or without one where no trial is done. `close` alone ends the thread of a
      method that the run leaves unfinished.
    """

    def __init__(
        self,
        plan: MethodPlan,
        place: int,
        make: Callable[[], Search],
        limit: Callable[[], int],
        *,
        fold_race: FoldRace | None = None,
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
        self.busy = False
        """True while the search is at an instruction."""
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
        self.fold_race = fold_race
        self.stop = stop
        self.begun_at = 0.0
        """By the monotonic clock."""
        self._limit = limit
        self._told = 0
        self._results: dict[int, tuple[Point, Outcome | float]] = {}
        self._means: dict[int, float | None] = {}
        self._more: list[Point | int] = []
        self._thread = SearchThread(make)

    @property
    def manual(self) -> bool:
        """True if its trials are those that a person adds by hand."""
        return self.plan.kind == MANUAL

    @property
    def live(self) -> bool:
        """True while the search can still be given more to do."""
        return not (self.closed or self.refitting is not None or self.skipped or self.reason or self.error)

    @property
    def through(self) -> bool:
        """True once it has proposed as many trials as were planned."""
        return self.planned is not None and self.asked >= self.planned

    @property
    def drained(self) -> bool:
        """True once every fold that the search will ever need has been given to a worker."""
        # the latest first: they are those that wait
        return self.ended and not any(trial.left for trial in reversed(self.open.values()))

    @property
    def complete(self) -> bool:
        """True once every trial is through."""
        return self.ended and not self.open and not self._more

    @property
    def outcome(self) -> MethodOutcome:
        """How it ends, as things stand."""
        if self.error:
            return "failed"
        began = self.begun or self.refitting is not None
        return "skipped" if self.skipped and not (self.reason and began) else "done"

    def begin(self, post: Callable[[MethodRun, Proposals], None]) -> None:
        """Start the search's thread; what it proposes is given to `post`, on that thread."""
        self.begun = True
        self.begun_at = time.monotonic()
        self._thread.start(f"search-{self.name}", lambda proposals: post(self, proposals))
        self.advance()

    def advance(self) -> None:
        """Instruct the search, if it is idle and there is something to tell or room to ask."""
        if self.busy or self.closed or not self.begun or self.reason or self.skipped:
            return
        room = self._limit() - (self.asked - self._told)
        if self._more:
            more, self._more = self._more, []
            self.ended = False
            self._instruct(max(room, 0), more=more)
        elif self.ended:
            return
        elif not self.waits and room > 0:
            self._instruct(room)
        elif self._told in self._results:
            tells = self._next_results()
            reason = self._reason_after(self._told - 1)
            if reason and not self.through:
                self.reason, self.ended = reason, True
                return
            self._instruct(room, tells)

    def _reason_after(self, number: int) -> str:
        """Return by which rule it ends after a trial, "" if by none; one on part of the resources is none to judge."""
        if self.stop is None or number not in self._means:
            return ""
        return self.stop.after(self._means.pop(number))

    def _next_results(self) -> list[Told]:
        """Take what the search is to be told next: one result, or all there are where it waits for none of them."""
        one_by_one = self.waits or self.stop is not None or self.fold_race is not None
        tells: list[Told] = []
        while self._told in self._results and not (tells and one_by_one):
            tells.append((self._told, *self._results.pop(self._told)))
            self._told += 1
        return tells

    def take(self, proposals: Proposals) -> None:
        """Note the answer to an instruction; its points are the conductor's to make trials of."""
        self.busy = False
        self.waits = proposals.waits
        for number, point, score in proposals.untold:
            self._told -= 1
            self._results[number] = point, score
        self.ended = self.ended or proposals.ended or proposals.error is not None
        if proposals.error is not None:
            self.error = clean(f"{type(proposals.error).__name__}: {proposals.error}")

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

    def run_out(self, reason: str) -> None:
        """End it for want of time: nothing more is proposed, and what is open is to be cut short."""
        self.reason = reason
        self.skip()

    def open_trial(self, trial: OpenTrial) -> None:
        """Note a trial that was made of the search's next point."""
        self._require(self.refitting is None and not self.closed, f"opens {trial.number} after its end")
        self._require(trial.number == self.asked, f"opens {trial.number} as number {self.asked}")
        self.open[trial.number] = trial
        self.asked += 1

    def give_up(self, trial: OpenTrial) -> None:
        """Note that an open trial is dropped before it has begun; the search is never told of it."""
        self._require(self.open.pop(trial.number, None) is trial, f"gives up {trial.number}, which is not open")
        trial.finish()

    def note_finished(self, trial: OpenTrial, mean: float | None, told: Outcome | float | None) -> None:
        """Note that a trial is through, with its mean score, None if it failed, was raced out or breaks a constraint.

        The search is told `told` of it, None if it failed.
        """
        self._require(self.open.pop(trial.number, None) is trial, f"finishes {trial.number}, which is not open")
        self._require(self.refitting is None and not self.closed, f"finishes {trial.number} after its end")
        trial.finish()
        self._results[trial.number] = (trial.point, math.nan if told is None else told)
        if self.stop is not None and (trial.share is None or trial.share.final):
            self._means[trial.number] = mean

    def begin_refit(self, winner: OpenTrial) -> None:
        """Note that the winner is being refitted; it stays the winner from now on."""
        self._require(self.complete and self.refitting is None, "chooses its winner before its trials are through")
        self.refitting = winner

    def note_refit_death(self) -> bool:
        """Count a worker that died over the refit; tell whether it is to be tried again."""
        self.lost += 1
        return self.lost < MOST_DEATHS

    def fail_refit(self, reason: str, *, fitted: bool = False) -> None:
        """Note that its winner cannot be refitted, or has no score on the test rows though it was `fitted`."""
        what = "has no score on the test rows" if fitted else "could not be refitted"
        self.error = f"the winner {what}: {reason}"

    def finish(self, best: int | None) -> None:
        """Note that the method is through, its winner `best` refitted; None where it has none."""
        self._require(self.complete, "closes before its trials are through")
        refitted = None if self.refitting is None else self.refitting.number
        self._require(best == refitted, f"closes with {best}, but refitted {refitted}")
        self.close()

    def close(self) -> None:
        """End the thread."""
        self.closed = True
        self._thread.close()

    def _require(self, holds: bool, told: str) -> None:
        if not holds:
            raise BrokenLife(f"{self.name} {told}")

    def _instruct(self, room: int, tells: Sequence[Told] = (), more: Sequence[Point | int] = ()) -> None:
        self.busy = True
        self._thread.instruct(room, tells, more)
