"""Judgement of each method and verdict on the whole run, and which trial stands for a method."""

from __future__ import annotations

import math

import msgspec

from ..events import BASELINE, MethodFinished
from ..state import MethodState, RunState, TrialState

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
    standard_error: float | None = None
    """Of the best mean, over its folds: their standard deviation (ddof 1) / sqrt(folds)."""
    within_one_se: int | None = None
    """Other configurations of the method whose mean is at most one standard error below the best."""
    configurations: int = 0
    """Different configurations of the method that have a mean over all folds."""
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
    """Return the trial that a method stands by: the one it refitted, or whichever would be while it is at work."""
    result = method.result
    if result is None or result.best is None or method.phase == "running" or method.misjudged:
        return method.chosen
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


def best_method(state: RunState) -> MethodState | None:
    """Return the search method whose tested winner has the best cross-validation score, the earlier one on a tie."""
    best, highest = None, -math.inf
    for method in state.methods.values():
        score = cv_score(method)
        if method.name != BASELINE and tested(method) is not None and score is not None and score > highest:
            best, highest = method, score
    return best


def cv_score(method: MethodState) -> float | None:
    """Return the cross-validated score of the method's winner, if it has one."""
    trial = winner(method)
    return finite(trial.mean) if trial else None
