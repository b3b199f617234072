"""`cv_results-METHOD.json`: a method's trials in the form of scikit-learn's `cv_results_`, one array a key.

`pandas.DataFrame(json.load(file))` gives the frame that `GridSearchCV.cv_results_` would, further metrics under their
names (`mean_test_f1`) as there. As there, a failed trial has no scores (NaN there, null here) and ranks last; so does a
trial that a race stopped, which keeps the scores of the folds it got to. The values are the preset's: a labelled bundle
is its label, and `arguments` has what the estimator takes in its place.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
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
        less = {goal.name for goal in state.info.objectives if goal.direction == "minimize"} if state.info else set()
        yield f"cv_results-{unique}.json", text(cv_results(method, folds, state.sign, axes, less))


def cv_results(
    method: MethodState, folds: int, sign: float = 1.0, axes: Sequence[Axis] = (), less: Collection[str] = ()
) -> dict[str, list[Any]]:
    """Return the finished trials of a method, by number, as scikit-learn's `cv_results_` with lists for arrays.

    `sign` is -1.0 where less is better: scores are given with their own sign then, and ranked by it; so are those
    further metrics of which `less` is better.
    """
    trials = [trial for _, trial in sorted(method.trials.items()) if trial.through]
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
    whole = [trial.phase == "done" and len(trial.known_scores) == folds for trial in trials]
    for fold in range(folds):
        results[f"split{fold}_test_score"] = [_score(trial, fold, sign) for trial in trials]
    means = [trial.mean if all_there else None for trial, all_there in zip(trials, whole, strict=True)]
    results["mean_test_score"] = [None if mean is None else sign * mean for mean in means]
    results["std_test_score"] = [
        trial.std if all_there else None for trial, all_there in zip(trials, whole, strict=True)
    ]
    results["rank_test_score"] = _ranks(means)
    for name in dict.fromkeys(name for trial in trials for name in trial.others or ()):
        results |= _further(name, trials, whole, folds, -1.0 if name in less else 1.0)
    return plain(results)


def _further(
    name: str, trials: Sequence[TrialState], whole: Sequence[bool], folds: int, sign: float
) -> dict[str, list[Any]]:
    """Return the columns of a further metric; some programs tell of it once a trial, not once a fold."""
    scores = [(trial.others or {}).get(name) or [] for trial in trials]
    means = [sum(each) / len(each) if each and there else None for each, there in zip(scores, whole, strict=True)]
    columns = {
        f"split{fold}_test_{name}": [each[fold] if len(each) == folds else None for each in scores]
        for fold in range(folds)
        if any(len(each) == folds for each in scores)
    }
    return columns | {
        f"mean_test_{name}": means,
        f"std_test_{name}": [_spread(*pair) for pair in zip(scores, means, strict=True)],
        f"rank_test_{name}": _ranks([None if mean is None else sign * mean for mean in means]),
    }


def _ranks(means: Sequence[float | None]) -> list[int]:
    """Return the places by score, the greatest first; those without one last, all alike, as scikit-learn has it."""
    import numpy as np

    scores = np.array(means, dtype=float)
    known = np.isfinite(scores)
    lowest = scores[known].min() - 1 if known.any() else 0.0
    losses = -np.where(known, scores, lowest)
    return (1 + np.searchsorted(np.sort(losses), losses)).tolist()


def _score(trial: TrialState, fold: int, sign: float) -> float | None:
    score = trial.scores[fold] if fold < len(trial.scores) else None
    return None if score is None else sign * score


def _spread(values: Sequence[float], mean: float | None) -> float | None:
    if mean is None:
        return None
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
