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

import msgspec

from .events import MethodFinished
from .state import BASELINE, MethodState, RunState, TrialState
from .text import clean

ALPHA = 0.05
"""A p value below this counts as a difference."""

SEED = 0


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One method's numbers. Differences are the method minus the baseline, greater is better; None: not known."""

    method: str
    title: str
    rows: int = 0
    cv_score: float | None = None
    cv_corrected: float | None = None
    """The winner's cross-validation score less what selecting it added (BBC-CV)."""
    cv_corrected_interval: tuple[float, float] | None = None
    cv_corrected_note: str = ""
    """Why there is no corrected score, or why the one there is may be too high; "" where there is nothing to say."""
    test_score: float | None = None
    test_interval: tuple[float, float] | None = None
    test_interval_kind: str = ""
    """"wilson", "bootstrap" or "" (none)."""
    right: int | None = None
    """Test rows classified rightly."""
    difference: float | None = None
    difference_interval: tuple[float, float] | None = None
    gained: int | None = None
    """Test rows that the method alone gets right."""
    lost: int | None = None
    """Test rows that the baseline alone gets right."""
    test: str = ""
    """What `p` comes from: "mcnemar", "permutation" or "" (no test was possible)."""
    p: float | None = None
    p_holm: float | None = None
    """`p` adjusted for the number of methods compared."""
    fewest_rows: int | None = None
    """Test rows at which the difference seen would be significant among so many methods (exact for McNemar's test,
    about for others); None: it is already, never would be, or was not tested."""
    folds_difference: float | None = None
    folds_t: float | None = None
    folds_p: float | None = None
    """Corrected resampled t-test across folds. The winner was selected on these folds, so it flatters the method."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of a run, as far as it has come."""

    outcome: str
    """"unfinished", "no_baseline", "no_winner", "untested", "pays", "tie" or "hurts"."""
    sentence: str
    """The headline: does tuning pay here, and how sure is that."""
    paragraph: str
    """The headline and what else should be known, in a few sentences."""
    final: bool = False
    """True when nothing more will come unless the run is resumed."""
    best: str | None = None
    """The method that the headline speaks of: the best by cross-validation, the earlier one on a tie."""
    baseline: Judgement | None = None
    methods: list[Judgement] = []
    notes: list[str] = []


def winner(method: MethodState) -> TrialState | None:
    """Return the trial that a method stands by: the one it refitted, or its best so far while it is at work."""
    result = method.result
    if result is None or result.best is None or method.phase == "running" or method.misjudged:
        return method.best
    return method.trials.get(result.best)


def tested(method: MethodState) -> MethodFinished | None:
    """Return the result whose test score belongs to the method's winner, None while there is no such result."""
    best, result = winner(method), method.result
    if best is None or result is None or result.best != best.number or finite(result.test_score) is None:
        return None
    return result


def finite(value: float | None) -> float | None:
    """Return the number, or None where it is missing, infinite or not a number."""
    return value if value is not None and math.isfinite(value) else None


def judge(state: RunState) -> Verdict:
    """Return the verdict on a run, finished or not.

    Costs some 0.1 s for a hundred test rows and trials (scipy's import apart), and is bounded for large ones: see
    `optimism.VALUES`, `optimism.WORK` and `scores.draws_for`. Deterministic.
    """
    from threadpoolctl import threadpool_limits

    from .verdict_text import compose

    # while workers keep all cores busy, BLAS threads that wait for one another make this ten times as slow
    with threadpool_limits(1, user_api="blas"):
        judgements = _judgements(state)
    baseline = judgements.pop(BASELINE, None)
    return compose(state, baseline, list(judgements.values()))


def best_method(state: RunState) -> MethodState | None:
    """Return the search method whose tested winner has the best cross-validation score, the earlier one on a tie."""
    best, highest = None, -math.inf
    for method in state.methods.values():
        score = _cv(method)
        if method.name != BASELINE and tested(method) is not None and score is not None and score > highest:
            best, highest = method, score
    return best


def _cv(method: MethodState) -> float | None:
    trial = winner(method)
    return finite(trial.mean) if trial else None


def _judgements(state: RunState) -> dict[str, Judgement]:
    from .held_out import add_test_rows

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
        "cv_score": _cv(method),
        "cv_corrected": corrected.score,
        "cv_corrected_interval": corrected.interval and tuple(corrected.interval),
        "cv_corrected_note": corrected.note,
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
        from .statistics import corrected_t

        test = corrected_t(differences, 1 / (folds - 1))
        values |= {"folds_difference": test.difference, "folds_t": finite(test.t), "folds_p": finite(test.p)}
    return values
