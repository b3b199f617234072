"""A run in one document: what `summary.json` holds, and the comparison's table made from it.

`summarise` works at any moment of a run, on a copied folder as well; what is not known yet is null. Other programs
read the document, so its keys stay; new ones may be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..events import BASELINE
from ..state import MethodState, RunState, TrialState
from ..text import clean
from .judge import judge
from .judgement import Judgement, Verdict, finite, tested, winner

MOST_FAILURES = 50
"""Reasons of failure that a summary lists, at most."""

LONGEST = 1000
"""Characters of any text in a summary, at most; the verdict may be longer."""


def summarise(state: RunState, verdict: Verdict | None = None) -> dict[str, Any]:
    """Return the summary of a run: strings, finite numbers, None, and lists and dictionaries of them.

    `verdict` saves judging a second time where the caller has done so already.
    """
    verdict = verdict or judge(state)
    info = state.info
    judged = {one.method: one for one in verdict.methods}
    if verdict.baseline is not None:
        judged[BASELINE] = verdict.baseline
    methods = {name: _method(state, method, judged.get(name), verdict) for name, method in state.methods.items()}
    now = state.last_at if state.last_at is not None else 0.0
    document = {
        "run": info.run if info else None,
        "preset": info.preset if info else None,
        "title": info.title if info else None,
        "state": state.phase,
        "reason": state.reason,
        "started": state.started_at,
        "seconds": state.seconds(now),
        "task": info.task if info else None,
        "estimator": info.estimator if info else None,
        "scoring": info.scoring if info else None,
        "folds": info.folds if info else None,
        "train_rows": info.train_rows if info else None,
        "test_rows": info.test_rows if info else None,
        "trials": state.finished_trials,
        "planned_trials": state.planned_trials,
        "fits": state.folds_done,
        "failed": state.failed_trials,
        "best": {"method": state.best.method, "number": state.best.number} if state.best else None,
        "baseline": methods.pop(BASELINE, None),
        "methods": list(methods.values()),
        "failures": _failures(state),
        "notes": state.notes,
        "outcome": verdict.outcome,
        "verdict": None,
        **_of_watched(state),
        "versions": dict(info.versions) if info else {},
    }
    return plain(document) | {"verdict": verdict.paragraph}


def _method(state: RunState, method: MethodState, judged: Judgement | None, verdict: Verdict) -> dict[str, Any]:
    trial, result = winner(method), tested(method)
    ended = method.finished_at if method.finished_at is not None else state.last_at
    comparison = None
    if judged is not None and method.name != BASELINE:
        comparison = {
            "difference": judged.difference,
            "difference_interval": judged.difference_interval,
            "gained": judged.gained,
            "lost": judged.lost,
            "test": judged.test or None,
            "p": judged.p,
            "p_holm": judged.p_holm,
            "fewest_rows": judged.fewest_rows,
            "folds_difference": judged.folds_difference,
            "folds_t": judged.folds_t,
            "folds_p": judged.folds_p,
        }
    return {
        "method": method.name,
        "title": method.plan.title or method.name,
        "kind": method.plan.kind,
        "phase": method.phase,
        "seed": method.plan.seed,
        "trials": method.finished,
        "planned_trials": method.planned,
        "failed": method.failed,
        "reused": method.reused,
        "raced": method.raced,
        "best_number": trial.number if trial else None,
        "best_params": dict(trial.params) if trial else None,
        "cv_score": state.own(trial.mean) if trial else None,
        "cv_std": trial.std if trial else None,
        "cv_corrected": judged.cv_corrected if judged else None,
        "cv_corrected_interval": judged.cv_corrected_interval if judged else None,
        "cv_corrected_note": judged.cv_corrected_note if judged else "",
        "test_score": result.test_score if result else None,
        "test_interval": judged.test_interval if judged else None,
        "test_interval_kind": judged.test_interval_kind or None if judged else None,
        "right": judged.right if judged else None,
        "seconds": ended - method.started_at if ended is not None and method.started_at is not None else None,
        "fit_seconds": method.fit_seconds,
        "refit_seconds": method.result.refit_seconds if method.result else None,
        "chosen": method.name == verdict.best,
        "comparison": comparison,
        "error": method.result.error if method.result else "",
        "reason": method.result.reason if method.result else "",
    }


def _of_watched(state: RunState) -> dict[str, Any]:
    """Return what is known besides of a search that another program makes."""
    info = state.info
    if info is None or not info.watched:
        return {}
    return {
        "watched": True,
        "source": info.source,
        "objectives": [{"name": one.name, "direction": one.direction} for one in info.objectives],
    }


def _failures(state: RunState) -> list[dict[str, Any]]:
    """Return the reasons of failure, the commonest first, each with its count and its first trial."""
    groups = sorted(state.failures.items(), key=lambda group: -len(group[1]))
    return [
        {"reason": reason, "count": len(trials), "example": _example(trials[0])}
        for reason, trials in groups[:MOST_FAILURES]
    ]


def _example(trial: TrialState) -> dict[str, Any]:
    return {"method": trial.method, "number": trial.number, "params": dict(trial.params)}


def plain(value: Any) -> Any:
    """Return nested data with numbers that are finite or None, tuples as lists, and every string and key cleaned."""
    if isinstance(value, str):
        return clean(value, LONGEST)
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, Mapping):
        return {clean(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


# -- the table -------------------------------------------------------------------------------------------------------
