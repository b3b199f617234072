"""Does tuning pay here? The numbers behind the comparison, and one plain paragraph that says what they mean.

Everything comes from a `RunState`, so a copied run folder is judged like a live one. Each method stands for itself
against the untuned baseline: on the held-out rows (`held_out`), across the folds (corrected resampled t-test), and in
its own cross-validation (`optimism`). The method that the headline speaks of is chosen by cross-validation score, not
by the test score, which would be a selection on the test rows. Methods are never ranked among one another: one run
cannot do that (Demšar 2006).
"""

from __future__ import annotations

import math
from typing import Any

from ..events import BASELINE
from ..state import MethodState, RunState, TrialState, near, standard_error
from ..statistics import corrected_t
from ..text import clean
from .held_out import add_test_rows
from .judgement import Judgement, Verdict, cv_score, finite, winner
from .words import compose


def judge(state: RunState) -> Verdict:
    """Return the verdict on a run, finished or not.

    Costs some 0.1 s for a hundred test rows and trials (scipy's import apart), and is bounded for large ones: see
    `optimism.VALUES`, `optimism.WORK` and `scores.draws_for`. Deterministic.
    """
    from threadpoolctl import threadpool_limits

    # while workers keep all cores busy, BLAS threads that wait for one another make this ten times as slow
    with threadpool_limits(1, user_api="blas"):
        judgements = _judgements(state)
    baseline = judgements.pop(BASELINE, None)
    return compose(state, baseline, list(judgements.values()))


def _judgements(state: RunState) -> dict[str, Judgement]:
    info = state.info
    if info is None:
        return {}
    fields = {name: _cross_validation(state, method) for name, method in state.methods.items()}
    add_test_rows(state, fields)
    for name, method in state.methods.items():
        fields[name] |= {"method": name, "title": clean(method.plan.title or name), "rows": info.test_rows}
    return {name: Judgement(**values) for name, values in fields.items()}


def _cross_validation(state: RunState, method: MethodState) -> dict[str, Any]:
    from .optimism import corrected_score

    corrected = corrected_score(state, method)
    values: dict[str, Any] = {
        "cv_score": cv_score(method),
        "cv_corrected": corrected.score,
        "cv_corrected_interval": corrected.interval and tuple(corrected.interval),
        "cv_corrected_note": corrected.note,
        **_flatness(method),
    }
    trial, base = winner(method), state.baseline
    # a trial on part of the rows has other folds than the baseline
    if trial is None or base is None or method.name == BASELINE or trial.resource:
        return values
    folds = len(base.known_scores)
    if folds < 2 or len(trial.known_scores) != folds:
        return values
    pairs = zip(trial.known_scores, base.known_scores, strict=True)
    differences = [ours - theirs for ours, theirs in pairs]
    if all(map(math.isfinite, differences)):
        ratio = state.info.fold_ratio if state.info else 0.0
        test = corrected_t(differences, ratio or 1 / (folds - 1))
        values |= {"folds_difference": test.difference, "folds_t": finite(test.t), "folds_p": finite(test.p)}
    return values


def _flatness(method: MethodState) -> dict[str, Any]:
    """Return how many configurations the method's folds cannot tell from its best: see `state.winner`."""
    best = method.best
    if best is None or best.resource or finite(best.mean) is None:
        return {}
    error = standard_error(best.known_scores)
    if error is None:
        return {}
    done = [one for one in method.trials.values() if one.phase == "done" and one.feasible]
    done = [one for one in done if finite(one.mean) is not None]
    others = _configurations(near(done, best)) - 1
    return {"standard_error": error, "within_one_se": others, "configurations": _configurations(done)}


def _configurations(trials: list[TrialState]) -> int:
    """Return how many configurations trials are of: a grid point that was drawn twice is one."""
    return len({repr(sorted(one.params.items())) for one in trials})
