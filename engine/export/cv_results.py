"""`cv_results-METHOD.json`: a method's trials in the form of scikit-learn's `cv_results_`, one array a key.

`pandas.DataFrame(json.load(file))` gives the frame that `GridSearchCV.cv_results_` would. As there, a failed trial has
no scores (NaN there, null here) and ranks last; so does a trial that a race stopped, which keeps the scores of the
folds it got to. The values are the preset's: a labelled bundle is its label,
and `arguments` has what the estimator takes in its place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from ..events import Axis
from ..files import safe_name
from ..state import MethodState, RunState, TrialState
from ..verdict.arguments import arguments_of
from ..verdict.summary import Summary, plain
from .summary_json import text


def files(state: RunState, summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield one file a method that has finished trials."""
    taken: set[str] = set()
    for method in state.methods.values():
        if not method.finished:
            continue
        name = unique = safe_name(method.name)
        copy = 2
        while unique in taken:
            unique, copy = f"{name}-{copy}", copy + 1
        taken.add(unique)
        axes, folds = (state.info.axes, state.info.folds) if state.info else ((), 0)
        yield f"cv_results-{unique}.json", text(cv_results(method, folds, state.sign, axes))


def cv_results(method: MethodState, folds: int, sign: float = 1.0, axes: Sequence[Axis] = ()) -> dict[str, list[Any]]:
    """Return the finished trials of a method, by number, as scikit-learn's `cv_results_` with lists for arrays.

    `sign` is -1.0 where less is better: scores are given with their own sign then, and ranked by it.
    """
    import numpy as np

    trials = [trial for _, trial in sorted(method.trials.items()) if trial.phase != "running"]
    folds = max([folds, *(len(trial.scores) for trial in trials)])
    results: dict[str, Any] = {}
    for key, lists in (("fit", [t.fit_seconds for t in trials]), ("score", [t.score_seconds for t in trials])):
        means = [sum(seconds) / len(seconds) if seconds else None for seconds in lists]
        results[f"mean_{key}_time"] = means
        results[f"std_{key}_time"] = [_spread(*pair) for pair in zip(lists, means, strict=True)]
    for name in sorted({name for trial in trials for name in trial.params}):
        results[f"param_{name}"] = [trial.params.get(name) for trial in trials]
    results["params"] = [dict(trial.params) for trial in trials]
    if any(axis.stands_for for axis in axes):
        results["arguments"] = [arguments_of(axes, trial.params) for trial in trials]
    for fold in range(folds):
        results[f"split{fold}_test_score"] = [_score(trial, fold, sign) for trial in trials]
    whole = [trial.phase == "done" and len(trial.known_scores) == folds for trial in trials]
    scores = np.array(
        [trial.mean if all_there else np.nan for trial, all_there in zip(trials, whole, strict=True)], float
    )
    results["mean_test_score"] = (sign * scores).tolist()
    results["std_test_score"] = [
        trial.std if all_there else None for trial, all_there in zip(trials, whole, strict=True)
    ]
    known = np.isfinite(scores)
    # below every score that there is, and all alike, as scikit-learn ranks them
    lowest = scores[known].min() - 1 if known.any() else 0.0
    losses = -np.where(known, scores, lowest)
    results["rank_test_score"] = (1 + np.searchsorted(np.sort(losses), losses)).tolist()
    return plain(results)


def _score(trial: TrialState, fold: int, sign: float) -> float | None:
    score = trial.scores[fold] if fold < len(trial.scores) else None
    return None if score is None else sign * score


def _spread(seconds: list[float], mean: float | None) -> float | None:
    if mean is None:
        return None
    return math.sqrt(sum((value - mean) ** 2 for value in seconds) / len(seconds))
