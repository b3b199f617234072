"""A run, folded from its events.

`RunState.apply` takes the journal's records in order and does constant work for each. Whoever draws asks `revision`
whether anything changed, and a trial's own `revision` whether its row did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args

import msgspec

from ..events import (
    BASELINE,
    MANUAL,
    AnyEvent,
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
    StepsReported,
    TrialAdded,
    TrialFinished,
    TrialKey,
    TrialStarted,
    TrialWaiting,
    WorkersChanged,
)
from .cluster import ClusterState
from .method import ENDED, MethodState, doubts_of
from .objectives import take_figures
from .trial import Job, TrialState

RunPhase = Literal["new", "running", "paused", "stopping", "interrupted", "done", "stopped", "failed"]


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
        self._jobs: dict[TrialKey, set[Job]] = {}
        """The same jobs by their trials: an end is told of a fold, and there may be thousands of jobs."""
        self.cluster = ClusterState()
        self.waiting_trials = 0
        """Trials that stand in the queue of a watched search."""
        self.workers = 0
        self.host = ""
        self.pid = 0
        self.started_at: float | None = None
        self.last_at: float | None = None
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
    def watched(self) -> bool:
        """True for a search that another program makes: there is nothing to compare at its end."""
        return self.info is not None and self.info.watched

    @property
    def source(self) -> str:
        """The program whose search it is; empty: this one, or nothing is known yet."""
        return self.info.source if self.info is not None else ""

    @property
    def folds(self) -> int:
        """How many folds a trial has; 0: none, or nothing is known yet."""
        return self.info.folds if self.info is not None else 0

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

    def standing(self, phase: str) -> str:
        """Return how a method or a trial of that phase stands: what the run left open when it ended no longer runs."""
        return "stopped" if phase == "running" and self.ended else phase

    def trial(self, key: TrialKey) -> TrialState | None:
        """Return the trial of that name, if it has appeared."""
        method = self.methods.get(key[0])
        return method.trials.get(key[1]) if method else None

    def place(self, trial: TrialState) -> tuple[int, int]:
        """Return where a trial stands among all, whenever it came: by its method, then by its number."""
        return list(self.methods).index(trial.method), trial.number

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
        return [] if self.watched else doubts_of(self.methods.values())

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
        self.revision += 1
        event = record.event
        _HANDLERS[type(event)](self, event, record.t)
        self.last_at = record.t
        if self.cluster.address:
            self.cluster.note_busy(len(self.running_jobs), self.workers, record.t)

    def _run_started(self, event: RunStarted, t: float) -> None:
        self.info = event
        self.started_at = self._active_since = t
        self.phase = "running"
        self._begin_part(event)
        self.methods = {plan.name: MethodState(plan, event.choose) for plan in event.methods}

    def _run_resumed(self, event: RunResumed, t: float) -> None:
        self.phase = "running"
        self.reason = ""
        self._begin_part(event)
        # a part that was killed ended with the last that was heard of it, maybe days ago
        self._suspend(t if self.last_at is None else self.last_at)
        self._active_since = t
        for plan in event.methods:
            self._method(plan.name).plan = plan
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
        self._jobs.clear()
        self.cluster.jobs.clear()

    def _workers_changed(self, event: WorkersChanged, t: float) -> None:
        self.workers = event.workers
        self.cluster.change(event, t)

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
        self._end_part(t)

    def interrupt(self) -> None:
        """Note that the process that ran this is gone without a word: called by readers, not from the journal."""
        if not self.ended:
            self.phase = "interrupted"
            self._end_part(self.last_at)
            self.revision += 1

    def _end_part(self, t: float | None) -> None:
        self._forget_all_jobs()
        for trial in self.trials:
            trial.revision += trial.phase == "running"
        if t is not None:
            self._suspend(t)

    def _suspend(self, t: float) -> None:
        if self._active_since is not None:
            self._active_seconds += max(0.0, t - self._active_since)
            self._active_since = None

    def _method(self, name: str) -> MethodState:
        # a journal whose header is damaged still has its trials to show
        if name not in self.methods:
            rule = self.info.choose if self.info is not None else None
            self.methods[name] = MethodState(MethodPlan(name=name, kind="", title=name), rule)
        return self.methods[name]

    def _method_started(self, event: MethodStarted, t: float) -> None:
        self._method(event.method).begin(t, self.seconds(t))

    def _method_finished(self, event: MethodFinished, t: float) -> None:
        self._method(event.method).end(event, t, self.seconds(t))

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

    def _trial_waiting(self, event: TrialWaiting, t: float) -> None:
        if event.number not in self._method(event.method).trials:
            trial = self._ensure_trial(self._method(event.method), event.number, event.params, t)
            trial.phase = "waiting"
            self.waiting_trials += 1

    def _leaves_queue(self, trial: TrialState) -> None:
        if trial.phase == "waiting":
            trial.phase = "running"
            self.waiting_trials -= 1

    def _trial_started(self, event: TrialStarted, t: float) -> None:
        trial = self._ensure_trial(self._method(event.method), event.number, event.params, t)
        self._leaves_queue(trial)
        trial.attempt, trial.lost = event.attempt, event.lost
        # a watched trial asks for its parameters one by one, and its start is told again with each
        trial.params = event.params
        trial.started_at = t
        trial.heard_at = max(t, trial.heard_at)
        if event.attempt > 1:
            # it starts over: what an earlier attempt scored does not count
            trial.scores, trial.fit_seconds, trial.score_seconds, trial.steps = [], [], [], None
            for job in self._jobs_of(event):
                self._forget_job(job)
        trial.revision += 1
        self._note_job((event.method, event.number, ()), t, event.host)

    def _note_job(self, job: Job, t: float, host: str) -> None:
        self.running_jobs[job] = t
        self._jobs.setdefault(job[:2], set()).add(job)
        if host:
            self.cluster.jobs[job] = host

    def _forget_job(self, job: Job) -> tuple[float, str]:
        """Forget a job that is over; return its start and its host."""
        jobs = self._jobs[job[:2]]
        jobs.discard(job)
        if not jobs:
            del self._jobs[job[:2]]
        return self.running_jobs.pop(job), self.cluster.jobs.pop(job, "")

    def _jobs_of(self, event: FoldStarted | FoldFinished | TrialStarted | TrialFinished) -> list[Job]:
        return list(self._jobs.get((event.method, event.number), ()))

    def _fold_started(self, event: FoldStarted, t: float) -> None:
        for job in self._jobs_of(event):
            if not job[2]:
                self._forget_job(job)
        self._note_job((event.method, event.number, tuple(event.folds)), t, event.host)

    def _fold_finished(self, event: FoldFinished, t: float) -> None:
        trial = self._method(event.method).trials.get(event.number)
        for job in self._jobs_of(event):
            if event.fold in job[2]:
                started, host = self._forget_job(job)
                if rest := tuple(fold for fold in job[2] if fold != event.fold):
                    self._note_job((event.method, event.number, rest), started, host)
        if trial is None or trial.phase != "running":
            return
        trial.take_fold(event, t)
        self.folds_done += 1

    def _steps_reported(self, event: StepsReported, t: float) -> None:
        trial = self._method(event.method).trials.get(event.number)
        if trial is None or trial.phase != "running":
            return
        trial.take_steps(event, t)
        self.reports_steps = self.reports_steps or bool(trial.steps)

    def _axes_known(self, event: AxesKnown, t: float) -> None:
        if self.info is not None:
            self.info = msgspec.structs.replace(self.info, axes=event.axes)

    def _trial_finished(self, event: TrialFinished, t: float) -> None:
        method = self._method(event.method)
        trial = self._ensure_trial(method, event.number, event.params, t)
        self._leaves_queue(trial)
        if trial.phase != "running":
            return
        for job in self._jobs_of(event):
            self._forget_job(job)
        self.folds_done += max(len(event.fit_seconds) - len(trial.fit_seconds), 0)
        trial.finish(event, t, watched=self.watched, whole=self.info is None or self.info.folds > 0)
        take_figures(trial, self.trial(trial.reused) if trial.reused else None, self.info)
        method.finish(trial, event, self.seconds(t))
        self.reports_steps = self.reports_steps or trial.steps is not None
        if trial.phase == "failed":
            self.failures.setdefault(event.error, []).append(trial)
        elif trial.phase == "done" and trial.feasible and trial.mean is not None:
            self._note_best(trial)

    def _note_best(self, trial: TrialState) -> None:
        # the baseline is what methods are measured against; it holds the overall best while nothing beats it
        rivals = [trial] if self.best is None else [self.best, trial]
        self.best = min(rivals, key=lambda one: (-(one.mean or 0.0), self.place(one)))


# each event is taken by the method that has its tag for a name
_HANDLERS: dict[type, Callable[[RunState, Any, float], None]] = {
    one: getattr(RunState, f"_{one.__struct_config__.tag}") for one in get_args(AnyEvent)
}
