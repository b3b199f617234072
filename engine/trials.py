"""The account of trials: opened, handed out fold by fold, written down once.

Two trials of the same effective configuration are one candidate: the first is fitted, the others take its scores.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

from . import account
from .dispatch import Dispatcher, Job
from .errors import TunetopError
from .events import AnyEvent, FoldFinished, FoldStarted, Point, TrialFinished, TrialKey
from .lane import Lane, Trial
from .model import configuration
from .problem import Problem
from .state import RunState
from .task import FoldResult
from .workers.base import Answer, Lost

MOST_DEATHS = 3
"""A trial that so many workers have died over is failed."""


class Trials:
    """All trials of a run; used by the conductor's thread alone.

    `record` writes an event down, `progress` is called with a lane of which a trial is through.
    """

    def __init__(
        self,
        problem: Problem,
        state: RunState,
        dispatcher: Dispatcher,
        *,
        record: Callable[[AnyEvent], None],
        progress: Callable[[Lane], None],
        log: logging.Logger,
    ) -> None:
        self._problem, self._state, self._dispatcher = problem, state, dispatcher
        self._record, self._progress, self._log = record, progress, log
        self._folds = problem.preset.score.folds
        self._configurations: dict[bytes, Trial | TrialKey] = {}
        """Who stands for an effective configuration: a trial under way, or the name of a finished one."""

    def remember(self) -> None:
        """Learn which configurations earlier parts of the run have scored."""
        for method in self._state.methods.values():
            for trial in method.trials.values():
                if trial.phase in ("done", "failed") and trial.reused is None:
                    self._configurations.setdefault(self._configuration(trial.params), trial.key)

    def open(self, lane: Lane, point: Point) -> None:
        """Make a trial of a proposed point: recorded before, the same as another one, or to be fitted."""
        number = lane.asked
        lane.asked += 1
        arguments = self._problem.preset.space.arguments(point)
        trial = Trial(lane, number, point, arguments, self._configuration(point), urgent=lane.waits)
        lane.open[number] = trial
        recorded = self._state.methods[lane.name].trials.get(number)
        if recorded is not None:
            if recorded.params != point:
                raise TunetopError(
                    f"{lane.name} proposes {point} as trial {number}, but the journal has {recorded.params}: "
                    "were the libraries updated since? Start a new run instead"
                )
            if recorded.phase != "running":
                lane.note_finished(trial, recorded.mean if recorded.phase == "done" else None)
                return
            trial.attempt, trial.lost = recorded.attempt + 1, recorded.lost
        same = self._configurations.get(trial.configuration)
        if isinstance(same, Trial):
            same.followers.append(trial)
        elif same is not None:
            self._reuse(trial, same)
        else:
            self._configurations[trial.configuration] = trial
            self._enqueue(trial)

    def give_up(self, trial: Trial) -> None:
        """Drop a trial that has not started; if others wait for its result, the first of them takes its place."""
        del trial.lane.open[trial.number]
        trial.finished = True
        trial.left.clear()
        leader = self._configurations[trial.configuration]
        if isinstance(leader, Trial) and leader is not trial:
            leader.followers.remove(trial)
            return
        del self._configurations[trial.configuration]
        if trial.followers:
            heir, *heir.followers = trial.followers
            self._configurations[heir.configuration] = heir
            self._enqueue(heir)

    def note_given(self, job: Job) -> None:
        """Write down that a worker was given a job."""
        trial = job.trial
        if trial is None:
            return
        if not trial.started:
            trial.started = True
            self._record(account.started(trial))
        if len(job.folds) < self._folds:
            self._record(FoldStarted(method=job.lane.name, number=trial.number, folds=list(job.folds)))

    def take_answer(self, trial: Trial, job: Job, answer: Answer) -> None:
        """Take what a worker has to say about folds of a trial."""
        if trial.finished or job.attempt != trial.attempt:
            return  # of a trial that another fold has failed, or that has started over
        if isinstance(answer, Lost):
            self._take_loss(trial, job, answer)
        elif isinstance(answer, list):
            self._take_folds(trial, job, answer)

    def _configuration(self, point: Point) -> bytes:
        text = configuration(self._problem.estimator, self._problem.preset.space, point)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _reuse(self, trial: Trial, source: TrialKey) -> None:
        method, number = source
        self._finish(trial, account.reused(trial, self._state.methods[method].trials[number]))

    def _finish(self, trial: Trial, event: TrialFinished) -> None:
        self._record(event)
        trial.lane.note_finished(trial, account.score_of(event))
        if event.reused is None:
            self._configurations[trial.configuration] = trial.key
        trial.results.clear()
        followers, trial.followers = trial.followers, []
        for follower in followers:
            self._reuse(follower, trial.key)
        self._progress(trial.lane)

    def _enqueue(self, trial: Trial) -> None:
        trial.left = list(range(self._folds))
        self._dispatcher.add(trial)

    def _take_loss(self, trial: Trial, job: Job, loss: Lost) -> None:
        """Let a trial start over whose worker died, a few times; fail one that ran out of time."""
        self._log.warning("%s #%d: %s", trial.lane.name, trial.number, loss.reason)
        if loss.idle:
            trial.left = sorted({*trial.left, *job.folds})
            self._dispatcher.add(trial)
            return
        trial.lost += not loss.timed_out
        if loss.timed_out or trial.lost >= MOST_DEATHS:
            reason = loss.reason if loss.timed_out else f"{loss.reason}; {trial.lost} workers died over this trial"
            self._finish(trial, account.failed(trial, FoldResult(job.folds[0], error=reason)))
            return
        trial.attempt += 1
        trial.started = False
        trial.results.clear()
        self._enqueue(trial)

    def _take_folds(self, trial: Trial, job: Job, results: list[FoldResult]) -> None:
        for result in results:
            if result.error:
                self._finish(trial, account.failed(trial, result))
                return
            self._dispatcher.note_seconds(result)
            trial.results[result.fold] = result
            if len(job.folds) < self._folds:
                self._record(_fold_finished(trial, result))
        if len(trial.results) == self._folds:
            self._finish(trial, account.finished(trial, self._problem.fold_of_row))
        else:
            self._dispatcher.add(trial)


def _fold_finished(trial: Trial, result: FoldResult) -> FoldFinished:
    return FoldFinished(
        method=trial.lane.name,
        number=trial.number,
        fold=result.fold,
        score=result.score,
        fit_seconds=result.fit_seconds,
        score_seconds=result.score_seconds,
    )
