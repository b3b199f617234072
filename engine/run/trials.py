"""The account of trials: opened, handed out fold by fold, written down once.

Two trials of the same effective configuration are one candidate: the first is fitted, the others take its scores.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import TunetopError
from ..events import AnyEvent, FoldFinished, FoldStarted, Point, TrialFinished, TrialKey
from ..model.estimators import canonical_parameters, configuration
from ..preset.preset import Preset
from ..problem.problem import Problem
from ..problem.recorded import arguments_of, resource_of
from ..search.base import ROWS, Partial
from ..search.catalog import KINDS
from ..search.fold_race import Go, Move
from ..state import RunState, TrialState
from ..workers.base import Answer, Lost
from ..workers.task import FoldResult
from . import outcomes
from .clock import Clock
from .dispatch import Dispatcher, Job
from .method_run import MOST_DEATHS, MethodRun, OpenTrial


class Trials:
    """All trials of a run; used by the conductor's thread alone.

    `record` writes an event down, `progress` is called with a method of which a trial is through.
    """

    def __init__(
        self,
        problem: Problem,
        state: RunState,
        dispatcher: Dispatcher,
        *,
        clock: Clock,
        record: Callable[[AnyEvent], None],
        progress: Callable[[MethodRun], None],
        log: logging.Logger,
    ) -> None:
        self._problem, self._state, self._dispatcher = problem, state, dispatcher
        self._clock, self._record, self._progress, self._log = clock, record, progress, log
        self._folds = len(problem.folds)
        self._parameters = canonical_parameters(problem.estimator)
        self._private = {m.name for m in problem.preset.methods if m.race is not None or KINDS[m.kind].partial}
        """Methods whose scores are not always whole: they share none with others, whoever comes first."""
        self._configurations: dict[bytes, OpenTrial | TrialKey] = {}
        """Who stands for an effective configuration: a trial under way, or the name of a finished one."""

    def remember(self) -> None:
        """Learn which configurations earlier parts of the run have scored."""
        for method in self._state.methods.values():
            for trial in method.trials.values():
                if trial.phase != "running" and trial.reused is None and not outcomes.cut_short_by(trial):
                    known = self._configuration(method.name, trial.params, trial.resource)
                    self._configurations.setdefault(known, trial.key)

    def open(self, method: MethodRun, proposed: Sequence[Point | Partial]) -> None:
        """Make trials of what a search proposed: recorded before, the same as another one, or to be fitted.

        All are open before the first is settled: see `MethodRun`.
        """
        for trial in [self._made(method, point) for point in proposed]:
            self._settle(trial)
            if method.fold_race is not None and trial.number + 1 in method.earlier:
                # as when they were judged for the first time: without those that were added later
                method.fold_race.seal()

    def _settle(self, trial: OpenTrial) -> None:
        method = trial.method
        recorded = self._state.methods[method.name].trials.get(trial.number)
        if recorded is not None:
            if recorded.params != trial.point:
                raise TunetopError(
                    f"{method.name} proposes {trial.point} as trial {trial.number}, but the journal has "
                    f"{recorded.params}: were the libraries updated since? Start a new run instead"
                )
            if recorded.phase != "running":
                self._take_recorded(trial, recorded)
                return
            trial.go_on_from(recorded)
        same = self._configurations.get(trial.configuration)
        if same is not None and method.fold_race is not None:
            method.fold_race.pass_over()
        if isinstance(same, OpenTrial):
            same.lead(trial)
        elif same is not None:
            self._reuse(trial, same)
        else:
            self._configurations[trial.configuration] = trial
            self._enqueue(trial)

    def _made(self, method: MethodRun, proposed: Point | Partial) -> OpenTrial:
        share = proposed if isinstance(proposed, Partial) else None
        point = proposed.point if isinstance(proposed, Partial) else proposed
        arguments = _arguments(self._problem.preset, point, share)
        known = self._configuration(method.name, point, share.resource if share else 0)
        trial = OpenTrial(method, method.asked, point, arguments, known, share=share, urgent=method.waits)
        method.open_trial(trial)
        return trial

    def _take_recorded(self, trial: OpenTrial, recorded: TrialState) -> None:
        """Take a trial that is through as it was; one that ran in a race runs there again, with the scores it had.

        Where time was over for it, it is for its method.
        """
        if reason := outcomes.cut_short_by(recorded):
            trial.method.run_out(reason)
        race = trial.method.fold_race
        if race is not None and recorded.reused is None:
            trial.race_again(recorded)
            race.enter(trial.number)
            return
        if race is not None:
            race.pass_over()
        done = recorded.mean if recorded.phase == "done" else None
        self._note_finished(trial, done, recorded.estimate if recorded.phase == "raced" else done)

    def race(self, method: MethodRun) -> None:
        """Do what a method's race has decided, if it is one."""
        if method.fold_race is not None:
            while moves := method.fold_race.moves():
                for move in moves:
                    self._move(method.open[move.number], move)

    def _move(self, trial: OpenTrial, move: Move) -> None:
        race, recorded = trial.method.fold_race, trial.recorded
        assert race is not None
        if recorded is None:
            if isinstance(move, Go):
                trial.want(move.folds)
                self._dispatcher.add(trial)
            else:
                self._finish(trial, outcomes.raced(trial, move.estimate))
            return
        if not isinstance(move, Go):
            mean = recorded.mean if recorded.phase == "done" else None
            trial.method.note_finished(trial, mean, recorded.estimate if mean is None else mean)
            return
        had = recorded.by_fold if recorded.by_fold is not None else dict(enumerate(recorded.known_scores))
        for fold in move.folds:
            if fold in had:
                race.score(trial.number, fold, had[fold])
        if recorded.phase != "done" and not all(fold in had for fold in move.folds):
            # it failed there, or was out by then: what is through stays as it was
            race.leave(trial.number)
            trial.method.note_finished(trial, None, recorded.estimate)
        elif recorded.phase == "done" and len(race.folds_of(trial.number)) == self._folds:
            trial.method.note_finished(trial, recorded.mean, recorded.mean)

    def give_up(self, trial: OpenTrial) -> None:
        """Drop a trial that has not started; if others wait for its result, the first of them takes its place."""
        trial.method.give_up(trial)
        if trial.method.fold_race is not None:
            trial.method.fold_race.leave(trial.number)
        if trial.recorded is not None:
            return  # it went through its race once more; what an earlier part of the run wrote down stands
        leader = self._configurations[trial.configuration]
        if isinstance(leader, OpenTrial) and leader is not trial:
            leader.lead_no_more(trial)
            return
        self._pass_on(trial)

    def note_given(self, job: Job) -> None:
        """Write down that a worker was given a job."""
        if job.refit:
            return
        trial = job.trial
        if not trial.started:
            trial.start()
            self._record(outcomes.started(trial, job.host if len(job.folds) == self._folds else ""))
        if len(job.folds) < self._folds:
            name, folds = trial.method.name, list(job.folds)
            self._record(FoldStarted(method=name, number=trial.number, folds=folds, host=job.host))

    def take_answer(self, job: Job, answer: Answer) -> None:
        """Take what a worker has to say about folds of a trial."""
        trial = job.trial
        if trial.finished or job.attempt != trial.attempt:
            return  # of a trial that another fold has failed, or that has started over
        if isinstance(answer, Lost):
            self._take_loss(trial, job, answer)
        elif isinstance(answer, list):
            self._take_folds(trial, job, answer)

    def _configuration(self, method: str, point: Point, resource: int) -> bytes:
        problem = self._problem
        text = configuration(problem.estimator, problem.preset.space, point, problem.values, self._parameters)
        if method in self._private:
            text += f" {method} {resource}"
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _reuse(self, trial: OpenTrial, source: TrialKey) -> None:
        method, number = source
        self._finish(trial, outcomes.reused(trial, self._state.methods[method].trials[number]))

    def _finish(self, trial: OpenTrial, event: TrialFinished) -> None:
        self._record(event)
        race = trial.method.fold_race
        if race is not None and event.state == "failed" and event.reused is None:
            race.leave(trial.number)
        self._note_finished(trial, outcomes.score_of(event), outcomes.told_of(event))
        if event.reused is None:
            self._configurations[trial.configuration] = trial.key
        for follower in trial.let_go():
            self._reuse(follower, trial.key)
        self.race(trial.method)
        self._progress(trial.method)

    def _note_finished(self, trial: OpenTrial, mean: float | None, told: float | None) -> None:
        """Note that a trial is through, by its record: of several objectives its search is told all."""
        known, info = self._state.trial(trial.key), self._state.info
        if known is not None and info is not None and known.phase == "done":
            trial.method.note_finished(trial, *outcomes.with_goals(known, info, mean))
        else:
            trial.method.note_finished(trial, mean, told)

    def _enqueue(self, trial: OpenTrial) -> None:
        race = trial.method.fold_race
        if race is None:
            trial.want(range(self._folds))
            self._dispatcher.add(trial)
        elif trial.attempt > 1 and (folds := race.folds_of(trial.number)):
            trial.want(folds)
            self._dispatcher.add(trial)
        else:
            race.enter(trial.number)
            self.race(trial.method)

    def _take_loss(self, trial: OpenTrial, job: Job, loss: Lost) -> None:
        """Let a trial start over whose worker died, a few times; fail one that ran out of time."""
        self._log.warning("%s #%d: %s", trial.method.name, trial.number, loss.reason)
        if not loss.timed_out:
            trial.note_death()
        if loss.timed_out or trial.lost >= MOST_DEATHS:
            reason = loss.reason if loss.timed_out else f"{loss.reason}; {trial.lost} workers died over this trial"
            if loss.timed_out and job.by_clock:
                trial.method.run_out(self._clock.limit(trial.method))
                self.cut_short(trial.method)
                self._progress(trial.method)
                return
            self._finish(trial, outcomes.failed(trial, FoldResult(job.folds[0], error=reason)))
            return
        trial.start_over()
        self._enqueue(trial)

    def cut_short(self, method: MethodRun) -> None:
        """End what a method has open, its time being over: trials under way fail, the others are dropped."""
        for trial in list(method.open.values()):
            if trial.started:
                self._cut_short(trial)
            else:
                self.give_up(trial)

    def _cut_short(self, trial: OpenTrial) -> None:
        """Fail a trial for want of time; that says nothing of its configuration, which others may still try."""
        reason = f"{outcomes.CUT_SHORT} {trial.method.reason}"
        self._record(outcomes.failed(trial, FoldResult(0, error=reason)))
        if trial.method.fold_race is not None:
            trial.method.fold_race.leave(trial.number)
        trial.method.note_finished(trial, None, None)
        self._pass_on(trial)

    def _pass_on(self, trial: OpenTrial) -> None:
        """Let the first of those that wait for a trial's result take its place."""
        self._configurations.pop(trial.configuration, None)
        if followers := trial.let_go():
            heir = followers.pop(0)
            heir.inherit(followers)
            self._configurations[heir.configuration] = heir
            if heir.method.fold_race is None:  # in a race, which shares nothing, the heir is given up as well
                self._enqueue(heir)

    def _take_folds(self, trial: OpenTrial, job: Job, results: list[FoldResult]) -> None:
        for result in results:
            if result.error:
                self._finish(trial, outcomes.failed(trial, result))
                return
            self._dispatcher.note_seconds(result)
            trial.note_result(result)
            if trial.method.fold_race is not None:
                trial.method.fold_race.score(trial.number, result.fold, result.score)
            if len(job.folds) < self._folds or len(results) < len(job.folds):
                self._record(_fold_finished(trial, result))
        if len(trial.results) == self._folds:
            self._finish(trial, outcomes.finished(trial, self._problem.folds))
        else:
            # what the worker has handed back, because these folds are not short after all
            trial.want(set(job.folds) - set(trial.results))
            self._dispatcher.add(trial)
            self.race(trial.method)


def opened_again(method: MethodRun, recorded: TrialState, preset: Preset) -> OpenTrial:
    """Return a trial that is through as one to be refitted, whether this part of the run came by it or an earlier."""
    share = None
    if resource := resource_of(preset, recorded):
        share = Partial(recorded.params, recorded.resource, "" if resource == ROWS else resource, final=True)
    return OpenTrial(method, recorded.number, recorded.params, arguments_of(preset, recorded), b"", share=share)


def _arguments(preset: Preset, point: Point, share: Partial | None) -> dict[str, Any]:
    arguments = preset.space.arguments(point)
    return arguments | {share.parameter: share.resource} if share is not None and share.parameter else arguments


def _fold_finished(trial: OpenTrial, result: FoldResult) -> FoldFinished:
    return FoldFinished(
        method=trial.method.name,
        number=trial.number,
        fold=result.fold,
        score=result.score,
        fit_seconds=result.fit_seconds,
        score_seconds=result.score_seconds,
        host=result.host,
    )
