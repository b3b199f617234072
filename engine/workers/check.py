"""One fit of the baseline before a run: what fails for any configuration fails here, and is told with its reason."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import PresetError
from ..problem.model import fresh
from ..problem.problem import Problem
from ..problem.rows import rows_of
from .estimator import fit
from .fit import explained

FEW = 200
"""Rows that are tried first; only what fails on so few is tried on all rows of a fold."""


def check_baseline(problem: Problem) -> None:
    """Fit and score the untuned estimator on a few rows of the first fold; raise `PresetError` where that fails."""
    if problem.metrics[0].asks_too_much(problem.estimator):
        return  # a note says so: other configurations can be scored
    fitted, scored = problem.folds[0]
    few = _few(fitted, problem)
    if _failure(problem, few, scored[:FEW]) and (error := _failure(problem, fitted, scored)):
        raise PresetError(
            problem.preset.path, "model", f"the untuned estimator cannot be fitted: {explained(error)[0]}"
        )


def _failure(problem: Problem, fitted: np.ndarray, scored: np.ndarray) -> BaseException | None:
    parts, weight = problem.split, problem.weights[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator: Any = fit(
                fresh(problem.estimator),
                rows_of(parts.train, fitted),
                parts.train_target[fitted],
                None if weight is None else weight[fitted],
                problem.preset.model.early_stopping,
            )
            estimator.predict(rows_of(parts.train, scored))
    except Exception as error:  # noqa: BLE001 - whatever a fit throws is what is asked for
        return error
    return None


def _few(rows: np.ndarray, problem: Problem) -> np.ndarray:
    """Return the first rows, and the first two of each class."""
    target = problem.split.train_target[rows]
    chosen = set(range(min(FEW, len(rows))))
    for code in np.unique(target) if problem.values.classes else ():
        chosen |= {int(place) for place in np.flatnonzero(target == code)[:2]}
    return rows[sorted(chosen)]
