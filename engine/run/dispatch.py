"""Which folds are handed to which worker next.

The queue holds trials with folds left, in order of priority. Folds go out one at a time; very short ones a whole trial
at a time. Only as many jobs are with the workers as keep them busy, so that a more urgent trial need not wait long.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from ..workers.base import Answer, Workers
from ..workers.task import FoldResult, FoldTask
from .method_run import MethodRun, OpenTrial

SHORT_FOLD = 0.02
"""Seconds: folds shorter than this are handed out a whole trial at a time, so that the overhead does not count."""

BRIEF_FOLD = 0.05
"""Seconds: while folds are shorter than this, each worker has so much more work waiting, one job at least."""

LAGS = 50
"""The same while folds are shorter than so many times what a worker would stand idle before each."""

MOST_WAITING = 12
"""Jobs that wait for each worker, at most."""


_LEAST = 0.01
"""Seconds that a fold has though its method's time is over: the next look at the clock ends it."""


@dataclass(eq=False)
class Job:
    """What one worker was given: folds of a trial, or with no folds, its refit as the winner of its method."""

    trial: OpenTrial
    folds: tuple[int, ...]
    attempt: int = 1
    by_clock: bool = False
    """Whether it is its method's time, or the run's, that limits it, rather than a fold's."""
    host: str = ""
    """The host of a cluster that it was given to."""

    def note_clock(self) -> None:
        """Note that its method's time, or the run's, is what limits it."""
        self.by_clock = True

    def note_host(self, host: str) -> None:
        """Note on which host of a cluster it is."""
        self.host = host

    @property
    def refit(self) -> bool:
        """Whether the winner is refitted."""
        return not self.folds


class Dispatcher:
    """The queue before the workers; used by the conductor's thread alone.

    `left` tells how many seconds a method has left, None if no end is set; `answered` is called with each job's answer,
    on any thread.
    """

    def __init__(
        self,
        workers: Workers,
        rows: int,
        folds: int,
        timeout: float | None,
        *,
        together: bool,
        left: Callable[[MethodRun], float | None],
        answered: Callable[[Job, Answer], None],
    ) -> None:
        self.in_flight = 0
        """Jobs that workers have not answered yet."""
        self._workers, self._rows, self._folds = workers, rows, folds
        self._timeout, self._together, self._left = timeout, together, left
        self._answered = answered
        self._queue: list[tuple[tuple[int, ...], int, OpenTrial, bool]] = []
        self._queued: set[OpenTrial] = set()
        """Trials that wait with folds left; refits aside."""
        self._serial = 0
        self._fold_seconds: float | None = None
        self._behind = 0.0
        """Seconds that an answer waits here, while other work is done, before its worker gets something else."""

    def add(self, trial: OpenTrial) -> None:
        """Queue the folds that a trial has left; nothing if it is queued already or has none.

        In turn, the earlier method goes first; together, trials that a search waits for.
        """
        if trial in self._queued or not trial.left:
            return
        self._queued.add(trial)
        if self._together:
            self._push((0 if trial.urgent else 1, trial.number, trial.method.place), trial)
        else:
            self._push((trial.method.place, trial.number), trial)

    def add_refit(self, winner: OpenTrial) -> None:
        """Queue the refit of a method's winner, before everything else."""
        self._push((-1, winner.method.place), winner, refit=True)

    def clear(self) -> None:
        """Forget what was not handed out yet."""
        self._queued.clear()
        self._queue.clear()

    def dispatch(self, given: Callable[[Job], None]) -> None:
        """Hand out jobs until the workers have enough; `given` is called with each one just handed out."""
        limit = self._workers.size * (1 + self._waiting())
        while self.in_flight < limit and self._queue:
            _, _, trial, refit = heapq.heappop(self._queue)
            if refit:
                job = Job(trial, ())
            else:
                self._queued.discard(trial)
                if trial.finished or not trial.left:
                    continue
                job = Job(trial, self._next_folds(trial), trial.attempt)
            self._hand_out(job)
            given(job)

    def note_answered(self, waited: float = 0.0) -> None:
        """Note that a job handed out was answered, so many seconds ago."""
        self.in_flight -= 1
        self._behind = 0.9 * self._behind + 0.1 * waited

    def _waiting(self) -> int:
        """Return how many jobs are to wait for each worker, so that none stands idle while a record is written."""
        seconds, lag = self._fold_seconds, self._workers.lag
        # on this machine a worker is near, and so is a core for whoever has fallen behind
        if seconds is None or seconds >= max(BRIEF_FOLD, LAGS * (lag + self._behind) if lag else 0.0):
            return 0
        job = seconds * (self._folds if seconds < SHORT_FOLD else 1)
        return min(max(1, round(BRIEF_FOLD / max(job, 1e-6))), MOST_WAITING)

    def note_seconds(self, result: FoldResult) -> None:
        """Learn from a fold how long folds take here."""
        seconds = result.fit_seconds + result.score_seconds
        before = self._fold_seconds
        self._fold_seconds = seconds if before is None else 0.8 * before + 0.2 * seconds

    def _push(self, priority: tuple[int, ...], trial: OpenTrial, *, refit: bool = False) -> None:
        self._serial += 1
        heapq.heappush(self._queue, (priority, self._serial, trial, refit))

    def _next_folds(self, trial: OpenTrial) -> tuple[int, ...]:
        """Take the folds for one job off a trial's list.

        A trial that no search waits for shows with its first fold whether the estimator takes its parameters at all;
        so a refused combination costs one fold, on however many workers.
        """
        short = self._fold_seconds is not None and self._fold_seconds < SHORT_FOLD
        if short and len(trial.left) == self._folds:
            return trial.take_all()
        fold = trial.take_one()
        if trial.urgent or trial.results:
            self.add(trial)
        return (fold,)

    def _hand_out(self, job: Job) -> None:
        self.in_flight += 1
        timeout, subsample = self._timeout, _subsample(job.trial)
        if job.refit:
            timeout, subsample = self._refit_timeout(subsample), None
        elif (left := self._left(job.trial.method)) is not None and (timeout is None or left < timeout):
            timeout = max(left, _LEAST)
            job.note_clock()
        task = FoldTask(job.trial.arguments, job.folds, subsample)
        job.note_host(self._workers.submit(task, lambda answer: self._answered(job, answer), timeout))

    def _refit_timeout(self, subsample: tuple[int, int] | None) -> float | None:
        """Return the timeout of a winner's refit, whose rows are more than those its folds were fitted on.

        Few fits take longer than by the cube of their rows: what kept to its time in each fold does so here.
        """
        if self._timeout is None:
            return None
        rows = self._rows if subsample is None else subsample[0]
        return self._timeout * (self._rows / rows * self._folds / max(self._folds - 1, 1)) ** 3


def _subsample(trial: OpenTrial) -> tuple[int, int] | None:
    """Return the rows that a trial's folds are drawn from, and the seed; None: all."""
    share = trial.share
    return None if share is None or share.parameter else (share.resource, share.seed)
