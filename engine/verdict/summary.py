"""A run in one document: what `summary.json` holds, and the comparison's table is made from.

`run_summary` works at any moment of a run, on a copied folder as well; what is not known yet is None, and null in the
document. Other programs read it, so its keys stay, and the fields' order is theirs; new ones may be added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ..events import BASELINE, MethodFinished, Point, Simplest
from ..state import MethodState, RunState, TrialState, mean, spread
from ..text import alike, clean
from .arguments import arguments_of
from .front import FrontTrial, Goal, goals_of
from .judge import judge
from .judgement import Judgement, Verdict, finite, tested, winner

MOST_FAILURES = 50
"""Reasons of failure, and warnings, that a summary lists, at most."""

LONGEST = 1000
"""Characters of any text in a summary, at most; the verdict may be longer."""


class TrialName(msgspec.Struct, frozen=True):
    """A trial by its method and number."""

    method: str
    number: int


class FurtherScore(msgspec.Struct, frozen=True):
    """A metric beside the leading one: of a method's winner, over the folds and on the test rows."""

    cv_score: float | None
    cv_std: float | None
    test_score: float | None


class Highest(msgspec.Struct, frozen=True):
    """The trial of a method that has the best mean, and that mean."""

    number: int
    cv_score: float | None


class FailedTrial(msgspec.Struct, frozen=True):
    """A trial that failed, with its configuration."""

    method: str
    number: int
    params: Point


class Failures(msgspec.Struct, frozen=True):
    """Trials that failed for one reason: how many, and the first of them."""

    reason: str
    count: int
    example: FailedTrial


class Warned(msgspec.Struct, frozen=True):
    """A warning that trials gave: how often, in how many trials, and the first of these; numbers in it may differ."""

    warning: str
    count: int
    trials: int
    first: TrialName


class AgainstBaseline(msgspec.Struct, frozen=True):
    """A method's winner against the untuned estimator: see `Judgement`, whose fields these are."""

    difference: float | None
    difference_interval: list[float] | None
    gained: int | None
    lost: int | None
    test: str | None
    p: float | None
    p_holm: float | None
    fewest_rows: int | None
    folds_difference: float | None
    folds_t: float | None
    folds_p: float | None


class MethodSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One method: what it did, its winner's scores, and how it compares; times in seconds."""

    method: str
    title: str
    kind: str
    phase: str
    seed: int | None
    trials: int
    planned_trials: int | None
    failed: int
    reused: int
    raced: int
    best_number: int | None
    best_params: Point | None
    best_arguments: dict[str, Any] | UnsetType = UNSET
    """What the estimator takes, where labels stand for something else; else the document says nothing of that."""
    cv_score: float | None
    cv_std: float | None
    cv_corrected: float | None
    cv_corrected_interval: Sequence[float] | None
    cv_corrected_note: str
    standard_error: float | None
    within_one_se: int | None
    configurations: int
    test_score: float | None
    test_interval: Sequence[float] | None
    test_interval_kind: str | None
    also: dict[str, FurtherScore] | UnsetType = UNSET
    """Metrics beside the leading one, by name, where there are such."""
    right: int | None
    seconds: float | None
    fit_seconds: float | None
    refit_seconds: float | None
    highest: Highest | UnsetType = UNSET
    """The trial with the best mean, where the preset has a rule that may make another one the winner."""
    chosen: bool
    comparison: AgainstBaseline | None
    error: str
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A run: its facts, its methods with the baseline apart, its failures, and the verdict in words."""

    run: str | None
    preset: str | None
    title: str | None
    state: str
    reason: str
    started: float | None
    seconds: float | None
    task: str | None
    estimator: str | None
    scoring: str | None
    folds: int | None
    train_rows: int | None
    test_rows: int | None
    trials: int
    planned_trials: int | None
    fits: int
    failed: int
    best: TrialName | None
    baseline: MethodSummary | None
    methods: list[MethodSummary]
    failures: list[Failures]
    notes: list[str]
    outcome: str
    verdict: str
    warnings: list[Warned] | UnsetType = UNSET
    """What trials warned of, the commonest first, where they did."""
    choose: Simplest | UnsetType = UNSET
    """The rule by which methods chose their winners, where it is not the best mean."""
    positive: str | UnsetType = UNSET
    """Which class of two the scores are about, where one is."""
    watched: bool | UnsetType = UNSET
    """True where another program makes the search; else the document says nothing of that."""
    source: str | UnsetType = UNSET
    waiting: int | UnsetType = UNSET
    """Trials in the queue of a watched search, where there are any."""
    objectives: list[Goal] | UnsetType = UNSET
    constraints: list[str] | UnsetType = UNSET
    front: list[FrontTrial] | UnsetType = UNSET
    """Of several objectives: the trials that no other beats in all, the best in the first one on top."""
    versions: dict[str, str]

    @property
    def rows(self) -> list[MethodSummary]:
        """The baseline, where there is one, and the methods."""
        return [*([self.baseline] if self.baseline is not None else []), *self.methods]


def document(summary: Summary) -> dict[str, Any]:
    """Return a summary as plain data, for JSON."""
    return msgspec.to_builtins(summary)


def run_summary(state: RunState) -> Summary:
    """Return the summary of a run, with every text cleaned and every number finite or None."""
    verdict = judge(state)
    info, best = state.info, _leader(state)
    judged = {one.method: one for one in verdict.methods}
    if verdict.baseline is not None:
        judged[BASELINE] = verdict.baseline
    methods = {name: _method(state, method, judged.get(name), verdict) for name, method in state.methods.items()}
    summary = Summary(
        run=info.run if info else None,
        preset=info.preset if info else None,
        title=info.title if info else None,
        state=state.phase,
        reason=state.reason,
        started=state.started_at,
        seconds=state.seconds(state.last_at if state.last_at is not None else 0.0),
        task=info.task if info else None,
        estimator=info.estimator if info else None,
        scoring=info.scoring if info else None,
        folds=info.folds if info else None,
        train_rows=info.train_rows if info else None,
        test_rows=info.test_rows if info else None,
        trials=state.finished_trials,
        planned_trials=state.planned_trials,
        fits=state.folds_done,
        failed=state.failed_trials,
        best=TrialName(best.method, best.number) if best else None,
        baseline=methods.pop(BASELINE, None),
        methods=list(methods.values()),
        failures=_failures(state),
        notes=state.notes,
        outcome=verdict.outcome,
        verdict="",
        warnings=_warnings(state) or UNSET,
        choose=(info.choose if info else None) or UNSET,
        positive=(info.positive if info else "") or UNSET,
        **_of_watched(state),
        **goals_of(state),
        versions=dict(info.versions) if info else {},
    )
    return msgspec.structs.replace(plain(summary), verdict=verdict.paragraph)


def _method(state: RunState, method: MethodState, judged: Judgement | None, verdict: Verdict) -> MethodSummary:
    trial, result = winner(method), tested(method)
    heard = state.seconds(state.last_at if state.last_at is not None else 0.0)
    known = judged or Judgement(method=method.name, title="")
    return MethodSummary(
        method=method.name,
        title=method.plan.title or method.name,
        kind=method.plan.kind,
        phase=method.phase,
        seed=method.plan.seed,
        trials=method.finished,
        planned_trials=method.planned,
        failed=method.failed,
        reused=method.reused,
        raced=method.raced,
        best_number=trial.number if trial else None,
        best_params=dict(trial.params) if trial else None,
        best_arguments=_arguments(state, trial),
        cv_score=state.own(trial.mean) if trial else None,
        cv_std=trial.std if trial else None,
        cv_corrected=known.cv_corrected,
        cv_corrected_interval=known.cv_corrected_interval,
        cv_corrected_note=known.cv_corrected_note,
        standard_error=known.standard_error,
        within_one_se=known.within_one_se,
        configurations=known.configurations,
        test_score=result.test_score if result else None,
        test_interval=known.test_interval,
        test_interval_kind=known.test_interval_kind or None,
        also=_further(trial, result) or UNSET,
        right=known.right,
        seconds=method.seconds(heard) if method.started_at is not None else None,
        fit_seconds=method.fit_seconds,
        refit_seconds=method.result.refit_seconds if method.result else None,
        highest=_highest(method),
        chosen=method.name == verdict.best,
        comparison=None if judged is None or method.name == BASELINE else _against_baseline(judged),
        error=method.result.error if method.result else "",
        reason=method.result.reason if method.result else "",
    )


def _highest(method: MethodState) -> Highest | UnsetType:
    if method.rule is None or method.best is None or method.name == BASELINE:
        return UNSET
    return Highest(method.best.number, method.best.mean)


def _leader(state: RunState) -> TrialState | None:
    """Return the best trial of a run, of winners only where a rule chooses them."""
    if state.info is None or state.info.choose is None:
        return state.best
    known = [trial for method in state.methods.values() if (trial := winner(method)) and finite(trial.mean) is not None]
    return max(known, key=lambda trial: trial.mean or 0.0, default=None)


def _arguments(state: RunState, trial: TrialState | None) -> dict[str, Any] | UnsetType:
    if trial is None or state.info is None:
        return UNSET
    arguments = arguments_of(state.info.axes, trial.params)
    return arguments if arguments != trial.params else UNSET


def _further(trial: TrialState | None, result: MethodFinished | None) -> dict[str, FurtherScore]:
    folds = (trial.others if trial else None) or {}
    held_out = result.test_others if result else {}
    found: dict[str, FurtherScore] = {}
    for name in dict.fromkeys([*folds, *held_out]):
        scores = folds.get(name)
        known = (mean(scores), spread(scores)) if scores else (None, None)
        found[name] = FurtherScore(*known, held_out.get(name))
    return found


def _against_baseline(judged: Judgement) -> AgainstBaseline:
    found = msgspec.convert(judged, AgainstBaseline, from_attributes=True)
    return msgspec.structs.replace(found, test=judged.test or None)


def _of_watched(state: RunState) -> dict[str, Any]:
    """Return what is known besides of a search that another program makes."""
    info = state.info
    if info is None or not info.watched:
        return {}
    waiting = {"waiting": state.waiting_trials} if state.waiting_trials else {}
    return {"watched": True, "source": info.source, **waiting}


def _failures(state: RunState) -> list[Failures]:
    """Return the reasons of failure, the commonest first, each with its count and its first trial."""
    groups = [(reason, len(trials), min(trials, key=state.place)) for reason, trials in state.failures.items()]
    groups.sort(key=lambda group: (-group[1], state.place(group[2])))
    return [Failures(reason, count, _example(first)) for reason, count, first in groups[:MOST_FAILURES]]


def _warnings(state: RunState) -> list[Warned]:
    """Return what trials warned of, alike but for numbers in one group, the commonest first."""
    groups: dict[str, Warned] = {}
    for trial in sorted((one for one in state.trials if one.warnings), key=state.place):
        of_trial: dict[str, int] = {}
        for text, count in (trial.warnings or {}).items():
            key = alike(text)
            groups.setdefault(key, Warned(text, 0, 0, TrialName(trial.method, trial.number)))
            of_trial[key] = of_trial.get(key, 0) + count
        for key, count in of_trial.items():
            known = groups[key]
            groups[key] = Warned(known.warning, known.count + count, known.trials + 1, known.first)
    return sorted(groups.values(), key=lambda one: -one.count)[:MOST_FAILURES]


def _example(trial: TrialState) -> FailedTrial:
    return FailedTrial(trial.method, trial.number, dict(trial.params))


def plain(value: Any) -> Any:
    """Return nested data with numbers that are finite or None, tuples as lists, and every string and key cleaned."""
    if isinstance(value, str):
        return clean(value, LONGEST)
    if isinstance(value, bool | UnsetType | int) or value is None:
        return value
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, msgspec.Struct):
        return type(value)(**{name: plain(item) for name, item in msgspec.structs.asdict(value).items()})
    if isinstance(value, Mapping):
        return {clean(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value]
