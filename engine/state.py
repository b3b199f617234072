"""The state of a run: its events, folded (event sourcing). The one source for the screen, the summary and resume.

`RunState.apply` takes the journal's records in order and does constant work for each. Whoever draws asks `revision`
whether anything changed, and a trial's own `revision` whether its row did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from .events import (
    BASELINE,
    MANUAL,
    AxesKnown,
    FoldFinished,
    FoldStarted,
    MethodExtended,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Point,
    Record,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopping,
    RunUnpaused,
    Steps,
    StepsReported,
    TrialAdded,
    TrialFinished,
    TrialKey,
    TrialStarted,
    WorkersChanged,
)

RunPhase = Literal["new", "running", "paused", "stopping", "interrupted", "done", "stopped", "failed"]
MethodPhase = Literal["waiting", "running", "done", "skipped", "failed"]
TrialPhase = Literal["running", "done", "failed", "raced"]

Job = tuple[str, int, tuple[int, ...]]
"""What one worker holds: method, trial, folds; none of them for a whole trial."""

ENDED: tuple[MethodPhase, ...] = ("done", "skipped", "failed")
"""The phases of a method that is through."""


class TrialState:
    """One trial. Scores are per fold, None where not (yet) known; seconds are sums over its folds."""

    __slots__ = (
        "attempt",
        "attributes",
        "by_fold",
        "details",
        "error",
        "estimate",
        "finished_at",
        "fit_seconds",
        "heard_at",
        "hosts",
        "lost",
        "manual",
        "mean",
        "method",
        "number",
        "order",
        "others",
        "params",
        "phase",
        "predictions",
        "resource",
        "reused",
        "revision",
        "score_seconds",
        "scores",
        "silent",
        "started_at",
        "std",
        "steps",
        "warnings",
    )

    def __init__(self, method: str, number: int, params: Point, order: int, started_at: float) -> None:
        self.method = method
        self.number = number
        self.params = params
        self.order = order
        """Position in order of arrival, from 0, over all methods."""
        self.phase: TrialPhase = "running"
        self.scores: list[float | None] = []
        self.mean: float | None = None
        """The mean score over all folds; of a trial that was raced out, what the race reckoned it at."""
        self.std: float | None = None
        self.fit_seconds: list[float] = []
        self.score_seconds: list[float] = []
        self.warnings: dict[str, int] | None = None
        self.error = ""
        self.details = ""
        self.reused: TrialKey | None = None
        self.manual = False
        self.attempt = 1
        self.lost = 0
        """How many workers have died over it."""
        self.started_at = self.heard_at = started_at
        self.finished_at: float | None = None
        self.silent = False
        """True where whoever reads a watched search has not heard of it for longer than trials take."""
        self.estimate: float | None = None
        self.by_fold: dict[int, float] | None = None
        self.resource = 0
        self.predictions = ""
        self.others: dict[str, list[float]] | None = None
        """Further metrics, one number a fold, once it is through."""
        self.attributes: Point | None = None
        self.steps: Steps | None = None
        """What a watched trial told on its way."""
        self.hosts: dict[int, str] | None = None
        """Fold -> the host of a cluster that it was done on; None: this one."""
        self.revision = 0

    @property
    def key(self) -> TrialKey:
        """The trial's name."""
        return self.method, self.number

    @property
    def seconds(self) -> float:
        """Seconds of fitting and scoring, summed over folds."""
        return sum(self.fit_seconds) + sum(self.score_seconds)

    @property
    def known_scores(self) -> list[float]:
        """The fold scores that are known so far."""
        return [score for score in self.scores if score is not None]


class MethodState:
    """One search method: its plan, its trials by number, and its best so far."""

    def __init__(self, plan: MethodPlan) -> None:
        self.plan = plan
        self.name = plan.name
        self.phase: MethodPhase = "waiting"
        self.trials: dict[int, TrialState] = {}
        self.finished = 0
        self.done = 0
        self.failed = 0
        self.reused = 0
        self.raced = 0
        self.best: TrialState | None = None
        self.path: list[tuple[int, float]] = []
        """(trials finished, best so far) at each finished trial that raised it, for sparklines and trajectories."""
        self.fit_seconds = 0.0
        self.started_at: float | None = None
        self.finished_at: float | None = None
        self.result: MethodFinished | None = None
        self.late = 0
        """Trials that came to an end after the method had."""
        self.added: list[Point] = []
        """The points that a person added by hand, in order."""

    @property
    def test_score(self) -> float | None:
        """The winner's score on the test rows, once known."""
        return self.result.test_score if self.result else None

    @property
    def misjudged(self) -> bool:
        """True where the trial that it ended with is not the best of its trials: the test score is another's.

        Before version 0.2 a method could end before its trials did.
        """
        result = self.result
        if result is None or self.phase not in ENDED or (result.best is not None and result.best not in self.trials):
            return False
        return result.best != (None if self.best is None else self.best.number)

    @property
    def planned(self) -> int | None:
        """How many trials there will be, as far as that is known."""
        if self.phase in ENDED:
            return len(self.trials)
        return self.plan.trials

    @property
    def expected(self) -> int | None:
        """How many trials there will be: as planned, or else about, and never fewer than there are."""
        planned = self.planned
        if planned is not None or self.plan.expected is None:
            return planned
        return max(self.plan.expected, len(self.trials))


class ClusterState:
    """The hosts that folds run on, where they do not run on the run's own."""

    def __init__(self) -> None:
        self.address = ""
        """Where the cluster is; empty: there is none."""
        self.hosts: dict[str, int] = {}
        """Each with the folds that it does at a time."""
        self.kernels: dict[str, str] = {}
        """The linear algebra of each host that there ever was."""
        self.notes: list[str] = []
        self.jobs: dict[Job, str] = {}
        """The jobs that hosts hold now, as far as that is known: see `RunState.running_jobs`."""
        self.idle_since: float | None = None
        """Since when at most half of the workers have had a fold to do; None: more have."""

    def begin_part(self, address: str) -> None:
        """Note that a run begins or goes on at an address."""
        self.address, self.hosts, self.notes = address, {}, []

    def change(self, event: WorkersChanged) -> None:
        """Take who is there now."""
        self.hosts, self.notes = event.hosts, event.notes
        self.kernels |= event.kernels

    def note_busy(self, jobs: int, workers: int, t: float) -> None:
        """Note how many jobs there are for so many workers."""
        idle = 2 * jobs <= workers and workers > 1
        self.idle_since = (self.idle_since or t) if idle else None

    @property
    def all_notes(self) -> list[str]:
        """What to know of the hosts; also whether their processors differ so that their sums may."""
        by_kernel: dict[str, list[str]] = {}
        for host, kernel in sorted(self.kernels.items()):
            by_kernel.setdefault(kernel, []).append(host)
        if len(by_kernel) < 2:
            return self.notes
        kinds = "; ".join(f"{kernel or 'unknown'} on {_few(hosts)}" for kernel, hosts in sorted(by_kernel.items()))
        return [*self.notes, f"hosts differ in their linear algebra ({kinds}): so may the last digits of scores"]

    def busy(self) -> dict[str, int]:
        """Return for each host how many of its workers are at a fold; some hold one more, that lies ready."""
        given: dict[str, int] = {}
        for host in self.jobs.values():
            given[host] = given.get(host, 0) + 1
        return {host: min(given.get(host, 0), size) for host, size in self.hosts.items()}


class RunState:
    """Everything known about a run, from its events."""

    def __init__(self) -> None:
        self.info: RunStarted | None = None
        self.phase: RunPhase = "new"
        self.reason = ""
        self.methods: dict[str, MethodState] = {}
        self.trials: list[TrialState] = []
        """All trials in order of arrival."""
        self.failures: dict[str, list[TrialState]] = {}
        """Failed trials by reason, reasons in order of first appearance."""
        self.best: TrialState | None = None
        self.folds_done = 0
        self.reports_steps = False
        """True once a trial has told how it stands on its way."""
        self.running_jobs: dict[Job, float] = {}
        """Jobs that workers hold now, each with its start: (method, trial, folds), folds empty for a whole trial."""
        self.cluster = ClusterState()
        self.workers = 0
        self.host = ""
        self.pid = 0
        self.started_at: float | None = None
        self.last_at: float | None = None
        self.next_record = 0
        self.revision = 0
        self._active_since: float | None = None
        self._active_seconds = 0.0

    # -- what a viewer asks ------------------------------------------------------------------------------------------

    @property
    def baseline(self) -> TrialState | None:
        """The untuned estimator's trial, if it is through and succeeded."""
        method = self.methods.get(BASELINE)
        return method.best if method else None

    @property
    def sign(self) -> float:
        """-1.0 where the search's own tool minimises what leads: its scores are kept, and compared, so turned."""
        objectives = self.info.objectives if self.info is not None else []
        return -1.0 if objectives and objectives[0].direction == "minimize" else 1.0

    def own(self, score: float | None) -> float | None:
        """Return a score with the sign that its own tool gives it."""
        return score if score is None or self.sign > 0 else -score

    @property
    def finished_trials(self) -> int:
        """Number of trials that are through, in whatever way."""
        return sum(method.finished for method in self.methods.values())

    @property
    def failed_trials(self) -> int:
        """Number of failed trials."""
        return sum(method.failed for method in self.methods.values())

    @property
    def planned_trials(self) -> int | None:
        """Number of trials there will be, or None while some method does not know."""
        plans = [method.planned for method in self.methods.values()]
        return None if None in plans else sum(plan for plan in plans if plan is not None)

    @property
    def expected_trials(self) -> int | None:
        """About how many trials there will be, or None while some method has no idea."""
        guesses = [method.expected for method in self.methods.values()]
        return None if None in guesses else sum(guess for guess in guesses if guess is not None)

    @property
    def ended(self) -> bool:
        """True once nothing more will happen unless the run is resumed."""
        return self.phase in ("done", "stopped", "failed", "interrupted")

    def trial(self, key: TrialKey) -> TrialState | None:
        """Return the trial of that name, if it has appeared."""
        method = self.methods.get(key[0])
        return method.trials.get(key[1]) if method else None

    def seconds(self, now: float) -> float:
        """Return for how long the run has been active, pauses and interruptions left out."""
        if self._active_since is None:
            return self._active_seconds
        return self._active_seconds + max(0.0, now - self._active_since)

    def difference_to_baseline(self, trial: TrialState) -> float | None:
        """Return the trial's mean minus the baseline's, if both are known."""
        base = self.baseline
        if base is None or base.mean is None or trial.mean is None:
            return None
        return trial.mean - base.mean

    @property
    def doubts(self) -> list[str]:
        """What is wrong with how methods ended, a sentence each; empty for whatever this version has run."""
        # a watched search's own program says how its methods ended, or does not
        watched = self.info is not None and self.info.watched
        return [] if watched else _doubts(self.methods.values())

    @property
    def notes(self) -> list[str]:
        """What to know about the numbers, what is wrong with them first."""
        return [*self.doubts, *(self.info.notes if self.info else []), *self.cluster.all_notes]

    # -- folding -----------------------------------------------------------------------------------------------------

    def apply_all(self, records: Iterable[Record]) -> None:
        """Apply records in order."""
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Take one record of the journal."""
        self.next_record = record.n + 1
        self.last_at = record.t
        self.revision += 1
        event = record.event
        _HANDLERS[type(event)](self, event, record.t)
        if self.cluster.address:
            self.cluster.note_busy(len(self.running_jobs), self.workers, record.t)

    def _run_started(self, event: RunStarted, t: float) -> None:
        self.info = event
        self.started_at = self._active_since = t
        self.phase = "running"
        self._begin_part(event)
        self.methods = {plan.name: MethodState(plan) for plan in event.methods}

    def _run_resumed(self, event: RunResumed, t: float) -> None:
        self.phase = "running"
        self.reason = ""
        self._begin_part(event)
        self._suspend(t)
        self._active_since = t
        for plan in event.methods:
            method = self.methods.setdefault(plan.name, MethodState(plan))
            method.plan = plan
        for trial in self.trials:
            if trial.phase == "running":
                trial.scores = []
                trial.fit_seconds, trial.score_seconds = [], []
                trial.revision += 1

    def _begin_part(self, event: RunStarted | RunResumed) -> None:
        self.workers, self.host, self.pid = event.workers, event.host, event.pid
        self.cluster.begin_part(event.cluster)
        self._forget_all_jobs()

    def _forget_all_jobs(self) -> None:
        self.running_jobs.clear()
        self.cluster.jobs.clear()

    def _workers_changed(self, event: WorkersChanged, t: float) -> None:
        self.workers = event.workers
        self.cluster.change(event)

    def _run_paused(self, event: RunPaused, t: float) -> None:
        self.phase, self.reason = "paused", event.reason
        self._suspend(t)

    def _run_unpaused(self, event: RunUnpaused, t: float) -> None:
        self.phase, self.reason = "running", ""
        self._suspend(t)
        self._active_since = t

    def _run_stopping(self, event: RunStopping, t: float) -> None:
        self.phase = "stopping"

    def _run_finished(self, event: RunFinished, t: float) -> None:
        self.phase, self.reason = event.state, event.reason
        self._forget_all_jobs()
        self._suspend(t)

    def interrupt(self) -> None:
        """Note that the process that ran this is gone without a word: called by readers, not from the journal."""
        if not self.ended:
            self.phase = "interrupted"
            self._forget_all_jobs()
            if self.last_at is not None:
                self._suspend(self.last_at)
            self.revision += 1

    def _suspend(self, t: float) -> None:
        if self._active_since is not None:
            self._active_seconds += max(0.0, t - self._active_since)
            self._active_since = None

    def _method(self, name: str) -> MethodState:
        # a journal whose header is damaged still has its trials to show
        if name not in self.methods:
            self.methods[name] = MethodState(MethodPlan(name=name, kind="", title=name))
        return self.methods[name]

    def _method_started(self, event: MethodStarted, t: float) -> None:
        method = self._method(event.method)
        method.phase = "running"
        method.finished_at = None
        method.started_at = t if method.started_at is None else method.started_at

    def _method_finished(self, event: MethodFinished, t: float) -> None:
        method = self._method(event.method)
        method.phase = event.state
        method.finished_at = t
        method.result, method.late = event, 0

    def _method_extended(self, event: MethodExtended, t: float) -> None:
        method = self._method(event.plan.name)
        method.plan = event.plan
        if method.phase in ENDED:
            method.phase, method.finished_at = "waiting", None

    def _trial_added(self, event: TrialAdded, t: float) -> None:
        method = self._method(event.method)
        if event.number == len(method.added):
            method.added.append(event.params)
        plan = MethodPlan(event.method, MANUAL, "By hand", len(method.added))
        self._method_extended(MethodExtended(plan=plan), t)

    def _ensure_trial(self, method: MethodState, number: int, params: Point, t: float) -> TrialState:
        trial = method.trials.get(number)
        if trial is None:
            trial = TrialState(method.name, number, params, len(self.trials), t)
            trial.manual = method.plan.kind == MANUAL
            method.trials[number] = trial
            self.trials.append(trial)
        return trial

    def _trial_started(self, event: TrialStarted, t: float) -> None:
        trial = self._ensure_trial(self._method(event.method), event.number, event.params, t)
        trial.attempt, trial.lost = event.attempt, event.lost
        # a watched trial asks for its parameters one by one, and its start is told again with each
        trial.params = event.params
        trial.started_at = t
        trial.heard_at = max(t, trial.heard_at)
        if event.attempt > 1:
            # it starts over: what an earlier attempt scored does not count
            trial.scores, trial.fit_seconds, trial.score_seconds = [], [], []
            self._forget_jobs(event.method, event.number)
        trial.revision += 1
        self._note_job((event.method, event.number, ()), t, event.host)

    def _note_job(self, job: Job, t: float, host: str) -> None:
        self.running_jobs[job] = t
        if host:
            self.cluster.jobs[job] = host

    def _forget_jobs(self, method: str, number: int) -> None:
        for job in [job for job in self.running_jobs if job[1] == number and job[0] == method]:
            del self.running_jobs[job]
            self.cluster.jobs.pop(job, None)

    def _fold_started(self, event: FoldStarted, t: float) -> None:
        self.running_jobs.pop((event.method, event.number, ()), None)
        self._note_job((event.method, event.number, tuple(event.folds)), t, event.host)

    def _fold_finished(self, event: FoldFinished, t: float) -> None:
        trial = self._method(event.method).trials.get(event.number)
        for job in [job for job in self.running_jobs if job[:2] == (event.method, event.number)]:
            if event.fold in job[2]:
                started, host = self.running_jobs.pop(job), self.cluster.jobs.pop(job, "")
                if rest := tuple(fold for fold in job[2] if fold != event.fold):
                    self._note_job((event.method, event.number, rest), started, host)
        if trial is None or trial.phase != "running":
            return
        trial.scores.extend([None] * (event.fold + 1 - len(trial.scores)))
        trial.scores[event.fold] = event.score
        if event.host:
            trial.hosts = (trial.hosts or {}) | {event.fold: event.host}
        trial.fit_seconds.append(event.fit_seconds)
        trial.score_seconds.append(event.score_seconds)
        trial.heard_at = t
        trial.revision += 1
        self.folds_done += 1

    def _steps_reported(self, event: StepsReported, t: float) -> None:
        trial = self._method(event.method).trials.get(event.number)
        if trial is None or trial.phase != "running":
            return
        if trial.steps is None:
            trial.steps = []
        trial.steps.extend(event.steps)
        trial.heard_at = max(t, trial.heard_at)
        trial.revision += 1
        self.reports_steps = self.reports_steps or bool(trial.steps)

    def _axes_known(self, event: AxesKnown, t: float) -> None:
        if self.info is not None:
            self.info = msgspec.structs.replace(self.info, axes=event.axes)

    def _trial_finished(self, event: TrialFinished, t: float) -> None:
        method = self._method(event.method)
        trial = self._ensure_trial(method, event.number, event.params, t)
        if trial.phase != "running":
            return
        if self.running_jobs:
            self._forget_jobs(event.method, event.number)
        self.folds_done += max(len(event.fit_seconds) - len(trial.fit_seconds), 0)
        trial.phase = event.state
        # a watched trial may have asked for its parameters one by one after its start
        trial.params = event.params
        trial.scores = list(event.scores)
        if event.by_fold and (event.state == "raced" or (self.info is not None and self.info.watched)):
            trial.scores = [event.by_fold.get(fold) for fold in range(max(event.by_fold) + 1)]
        trial.fit_seconds, trial.score_seconds = event.fit_seconds, event.score_seconds
        trial.warnings = event.warnings or None
        trial.error, trial.details = event.error, event.details
        trial.reused, trial.manual, trial.attempt = event.reused, event.manual, event.attempt
        trial.predictions = event.predictions
        trial.estimate, trial.resource, trial.by_fold = event.estimate, event.resource, event.by_fold or None
        trial.others, trial.attributes = event.others or None, event.attributes or None
        trial.steps = event.steps or trial.steps
        self.reports_steps = self.reports_steps or trial.steps is not None
        trial.hosts = dict(enumerate(event.hosts)) or trial.hosts
        trial.finished_at = t
        trial.silent = False
        trial.revision += 1
        _score(trial, event, whole=self.info is None or self.info.folds > 0)
        method.finished += 1
        method.late += method.phase in ENDED
        method.fit_seconds += sum(event.fit_seconds)
        method.reused += event.reused is not None
        if event.state == "failed":
            method.failed += 1
            self.failures.setdefault(event.error, []).append(trial)
        elif event.state == "raced":
            method.raced += 1
        else:
            method.done += 1
            self._note_best(method, trial)

    def _note_best(self, method: MethodState, trial: TrialState) -> None:
        if trial.mean is None:
            return
        best = method.best
        if best is None or best.mean is None or trial.mean > best.mean:
            method.path.append((method.finished, trial.mean))
        if better(trial, best):
            method.best = trial
        # the baseline is what methods are measured against; it holds the overall best while nothing beats it
        overall = self.best
        if overall is None or overall.mean is None or trial.mean > overall.mean:
            self.best = trial
        elif trial.mean == overall.mean:
            names = list(self.methods)
            if (names.index(trial.method), trial.number) < (names.index(overall.method), overall.number):
                self.best = trial


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _score(trial: TrialState, event: TrialFinished, *, whole: bool) -> None:
    """Reckon mean and spread; one number that is no mean over folds has no spread, `whole` being False."""
    if scores := event.scores:
        # as scikit-learn does: a plain mean, and numpy's population standard deviation
        middle = trial.mean = mean(scores)
        apart = [score - middle for score in scores]
        # not by **, which raises where the product is merely infinite; one number has no spread
        trial.std = math.sqrt(mean([one * one for one in apart])) if whole else None
    if event.state == "raced" and event.estimate is not None:
        # folds differ in difficulty: what the race reckoned can be compared with others, some folds' mean cannot
        trial.mean = event.estimate
        trial.std = None if event.by_fold else trial.std


def _doubts(methods: Iterable[MethodState]) -> list[str]:
    doubts: list[str] = []
    for method in methods:
        best = f"#{method.best.number}" if method.best else "none"
        ended = f"#{method.result.best}" if method.result and method.result.best is not None else "none"
        if method.misjudged:
            doubts.append(
                f"{method.name} was ended by an older version before its trials were: it took {ended} for its "
                f"winner, but the best is {best}, never scored on the test rows; run the preset anew for that"
            )
        elif method.late:
            doubts.append(
                f"{method.name} was ended by an older version before its trials were; its winner, {best}, is right"
            )
    return doubts


def better(trial: TrialState, other: TrialState | None) -> bool:
    """Tell whether `trial` wins over `other` of the same method: by mean score, a tie going to the lower number."""
    if trial.mean is None:
        return False
    if other is None or other.mean is None:
        return True
    return (trial.mean, -trial.number) > (other.mean, -other.number)


def mean(values: list[float]) -> float:
    """Return the plain mean, to the last bit as numpy and so scikit-learn compute it."""
    # numpy adds fewer than eight numbers one after the other; adding them likewise keeps ties exactly scikit-learn's
    if len(values) < 8:
        total = 0.0
        for value in values:
            total += value
        return total / len(values)
    import numpy as np

    return float(np.mean(values))


_HANDLERS: dict[type, Callable[[RunState, Any, float], None]] = {
    RunStarted: RunState._run_started,
    RunResumed: RunState._run_resumed,
    RunPaused: RunState._run_paused,
    RunUnpaused: RunState._run_unpaused,
    RunStopping: RunState._run_stopping,
    RunFinished: RunState._run_finished,
    MethodStarted: RunState._method_started,
    MethodFinished: RunState._method_finished,
    MethodExtended: RunState._method_extended,
    TrialAdded: RunState._trial_added,
    TrialStarted: RunState._trial_started,
    FoldStarted: RunState._fold_started,
    FoldFinished: RunState._fold_finished,
    StepsReported: RunState._steps_reported,
    TrialFinished: RunState._trial_finished,
    AxesKnown: RunState._axes_known,
    WorkersChanged: RunState._workers_changed,
}
