"""From the conductor's account of a trial to the events that tell of it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from .events import TrialFinished, TrialStarted
from .lane import Trial
from .predictions import pack
from .state import TrialState, mean
from .task import FoldResult


def started(trial: Trial) -> TrialStarted:
    """Return the event that says that a trial's first fold was handed out."""
    return TrialStarted(
        method=trial.lane.name, number=trial.number, params=trial.point, attempt=trial.attempt, lost=trial.lost
    )


def finished(trial: Trial, fold_of_row: np.ndarray) -> TrialFinished:
    """Return the event for a trial whose folds all succeeded; out-of-fold predictions are put in row order."""
    results = [trial.results[fold] for fold in sorted(trial.results)]
    raised: Counter[str] = Counter()
    for result in results:
        raised.update(result.warnings)
    return TrialFinished(
        method=trial.lane.name,
        number=trial.number,
        params=trial.point,
        state="done",
        scores=[result.score for result in results],
        fit_seconds=[result.fit_seconds for result in results],
        score_seconds=[result.score_seconds for result in results],
        warnings=dict(raised),
        attempt=trial.attempt,
        predictions=_out_of_fold(results, fold_of_row),
    )


def failed(trial: Trial, result: FoldResult) -> TrialFinished:
    """Return the event for a trial that one fold failed."""
    return TrialFinished(
        method=trial.lane.name,
        number=trial.number,
        params=trial.point,
        state="failed",
        fit_seconds=[result.fit_seconds],
        score_seconds=[result.score_seconds],
        warnings=result.warnings,
        error=result.error,
        details=result.details,
        attempt=trial.attempt,
    )


def reused(trial: Trial, source: TrialState) -> TrialFinished:
    """Return the event for a trial whose effective configuration another one has scored before."""
    return TrialFinished(
        method=trial.lane.name,
        number=trial.number,
        params=trial.point,
        state="failed" if source.phase == "failed" else "done",
        scores=source.known_scores,
        error=source.error,
        details=source.details,
        reused=source.reused or source.key,
        attempt=trial.attempt,
    )


def score_of(event: TrialFinished) -> float | None:
    """Return a finished trial's mean score, None if it failed or was raced out."""
    return mean(event.scores) if event.state == "done" else None


def _out_of_fold(results: list[FoldResult], fold_of_row: np.ndarray) -> str:
    parts = [result.predictions for result in results]
    if any(part is None for part in parts):
        return ""
    together = np.empty(len(fold_of_row), dtype=np.result_type(*parts))  # pyright: ignore[reportArgumentType, reportCallIssue]
    for result, part in zip(results, parts, strict=True):
        together[fold_of_row == result.fold] = part
    return pack(together)
