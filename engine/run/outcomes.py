"""From the conductor's account of a trial or a method to the events that tell of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from ..events import MethodFinished, RunStarted, TrialFinished, TrialStarted
from ..record.predictions import pack
from ..search.base import Outcome
from ..state import TrialState, mean
from ..state.objectives import margin, names_of_figures
from ..workers.task import FoldResult, RefitResult
from .method_run import MethodRun, OpenTrial

Folds = Sequence[tuple[np.ndarray, np.ndarray]]
CUT_SHORT = "ended when"
"""Begins the reason of a trial that failed because its method's time was over."""

replace = msgspec.structs.replace


def started(trial: OpenTrial, host: str) -> TrialStarted:
    """Return the event that says that a trial's first fold was handed out, or all of them, to a `host`."""
    return TrialStarted(
        method=trial.method.name,
        number=trial.number,
        params=trial.point,
        attempt=trial.attempt,
        lost=trial.lost,
        host=host,
    )


def finished(trial: OpenTrial, folds: Folds) -> TrialFinished:
    """Return the event for a trial whose folds all succeeded; out-of-fold predictions are put in row order."""
    event = _scored(trial)
    if trial.share is None:
        return replace(event, predictions=_out_of_fold(list(_results(trial)), folds))
    if trial.share.final:
        return replace(event, resource=trial.share.resource)
    return replace(event, state="raced", estimate=mean(event.scores), resource=trial.share.resource)


def raced(trial: OpenTrial, estimate: float) -> TrialFinished:
    """Return the event for a trial that can no longer win its race."""
    return replace(_scored(trial), state="raced", estimate=estimate, by_fold=_by_fold(trial))


def _through(trial: OpenTrial, **found: Any) -> TrialFinished:
    """Return the event that says that a trial is through, with what is the trial's own."""
    name, number, point = trial.method.name, trial.number, trial.point
    return TrialFinished(method=name, number=number, params=point, attempt=trial.attempt, manual=trial.manual, **found)


def _scored(trial: OpenTrial) -> TrialFinished:
    results = _results(trial)
    raised: Counter[str] = Counter()
    for result in results:
        raised.update(result.warnings)
    return _through(
        trial,
        state="done",
        scores=[result.score for result in results],
        fit_seconds=[result.fit_seconds for result in results],
        score_seconds=[result.score_seconds for result in results],
        warnings=dict(raised),
        others=_others(results),
        hosts=[result.host for result in results] if any(result.host for result in results) else [],
    )


def _others(results: Sequence[FoldResult]) -> dict[str, list[float]]:
    """Return further metrics, one number a fold; those that are not numbers in some fold are left out."""
    names = [name for name in (results[0].others if results else {}) if all(name in one.others for one in results)]
    return {name: [one.others[name] for one in results] for name in names}


def _results(trial: OpenTrial) -> list[FoldResult]:
    return [trial.results[fold] for fold in sorted(trial.results)]


def _by_fold(trial: OpenTrial) -> dict[int, float]:
    return {result.fold: result.score for result in _results(trial)}


def failed(trial: OpenTrial, result: FoldResult) -> TrialFinished:
    """Return the event for a trial that one fold failed."""
    return _through(
        trial,
        state="failed",
        fit_seconds=[result.fit_seconds],
        score_seconds=[result.score_seconds],
        warnings=result.warnings,
        error=result.error,
        details=result.details,
        by_fold=_by_fold(trial) if trial.method.fold_race is not None else {},
        resource=trial.share.resource if trial.share is not None else 0,
    )


def cut_short_by(trial: TrialState) -> str:
    """Return which limit a trial failed by, where it did for want of its method's time alone, else ""."""
    cut = trial.phase == "failed" and trial.error.startswith(CUT_SHORT)
    return trial.error.removeprefix(CUT_SHORT).strip() if cut else ""


def reused(trial: OpenTrial, source: TrialState) -> TrialFinished:
    """Return the event for a trial whose effective configuration another one has scored before."""
    return _through(
        trial,
        state="done" if source.phase == "running" else source.phase,
        scores=source.known_scores,
        error=source.error,
        details=source.details,
        reused=source.reused or source.key,
        estimate=source.estimate,
        by_fold=source.by_fold or {},
        resource=source.resource,
        others=source.others or {},
    )


def ended(method: MethodRun) -> MethodFinished:
    """Return the event for a method that ends without a winner."""
    return MethodFinished(method=method.name, state=method.outcome, error=method.error, reason=method.reason)


def tested(winner: OpenTrial, refit: RefitResult) -> MethodFinished:
    """Return the event for a method whose winner was refitted and scored on the test rows."""
    return replace(
        ended(winner.method),
        best=winner.number,
        test_score=refit.score,
        test_predictions=list(refit.predictions),
        test_responses=[pack(column) for column in refit.responses],
        refit_seconds=refit.fit_seconds,
        test_others=refit.others,
    )


def untested(winner: OpenTrial) -> MethodFinished:
    """Return the event for a method whose winner has no test score; what ended it, and what is wrong, stand with it."""
    return replace(ended(winner.method), best=winner.number)


def score_of(event: TrialFinished) -> float | None:
    """Return a finished trial's mean score, None if it failed or was raced out."""
    return mean(event.scores) if event.state == "done" else None


def told_of(event: TrialFinished) -> float | None:
    """Return what the search is told of a finished trial, None if it failed."""
    return event.estimate if event.state == "raced" else score_of(event)


def with_goals(trial: TrialState, info: RunStarted, mean: float | None) -> tuple[float | None, Outcome | float | None]:
    """Return the mean of a trial that is through, None where it breaks a constraint, and what its search is told."""
    if not (info.objectives or info.constraints) or trial.phase != "done":
        return mean, mean
    figures = trial.measured or {}
    if mean is None or any(name not in figures for name in names_of_figures(info)):
        return None, None
    signed = [figures[one.name] * (-1.0 if one.direction == "minimize" else 1.0) for one in info.objectives]
    margins = tuple(margin(one, figures[one.name]) for one in info.constraints)
    return mean if trial.feasible else None, Outcome(tuple(signed) or (mean,), margins)


def _out_of_fold(results: list[FoldResult], folds: Folds) -> str:
    parts = [result.predictions for result in results]
    if any(part is None for part in parts):
        return ""
    together = np.empty(sum(len(tested) for _, tested in folds), dtype=np.result_type(*parts))  # pyright: ignore[reportArgumentType, reportCallIssue]
    for result, part in zip(results, parts, strict=True):
        together[folds[result.fold][1]] = part
    return pack(together)
