"""Fits before a run: what fails for any configuration, or for a value beside whatever else, is told with its reason."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..data.rows import rows_of
from ..errors import PresetError
from ..events import Point, Value
from ..model.estimators import fresh, parameters_of
from ..problem.problem import Problem
from ..text import clean
from .estimator import fit
from .fit import explained

FEW = 200
"""Rows that are tried first; only what fails on so few is tried on all rows of a fold."""

_BESIDE = 30
"""Configurations that a value is tried in beside the untuned one, before it is said to fail."""


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


def check_values(problem: Problem, seconds: float = 20.0) -> list[str]:
    """Fit each choice, grid value and end of a range on a few rows of the smallest fold, the rest of it untuned.

    What depends on the data is seen then alone: more neighbours than rows, more components than columns, more folds
    within than rows of a class. Raises `PresetError` for a value that fails there on all rows, in other configurations
    as well. Returns a note where time was up before all were tried.
    """
    if problem.metrics[0].asks_too_much(problem.estimator):
        return []
    fitted, scored = min(problem.folds, key=lambda fold: _smallness(problem, fold[0]))
    few, end = _few(fitted, problem), time.monotonic() + seconds
    values = list(_values(problem))
    for tried, (name, value) in enumerate(values):
        if time.monotonic() > end:
            return [f"{tried} of {len(values)} values of the space were tried in {seconds:g} s: none of them fails"]
        if _failure(problem, few, scored[:FEW], {name: value}):
            _check_everywhere(problem, name, value, fitted, scored[:FEW])
    return []


def _check_everywhere(problem: Problem, name: str, value: Value, fitted: np.ndarray, scored: np.ndarray) -> None:
    """Raise `PresetError` where a value fails on all rows of a fold, whatever stands beside it."""
    error = _failure(problem, fitted, scored, {name: value})
    if error is not None and all(_failure(problem, fitted, scored, point) for point in _with(problem, name, value)):
        found = f"{name} = {clean(repr(value), 60)} fails on the {len(fitted)} rows of a fold: {explained(error)[0]}"
        raise PresetError(problem.preset.path, f"space.{name}", found, "values that a fit on these rows takes")


def _values(problem: Problem) -> Iterator[tuple[str, Value]]:
    """Yield what is to be tried of each dimension: the ends of ranges first, for these fail first."""
    for dimension in problem.preset.space.dimensions:
        if dimension.scale != "choice":
            ends = (dimension.high, dimension.low)
            yield from ((dimension.name, int(end) if dimension.integer else end) for end in ends)
    for dimension in problem.preset.space.dimensions:
        choices = dimension.values() if dimension.scale == "choice" else dimension.grid
        yield from ((dimension.name, choice.label) for choice in choices)


def _with(problem: Problem, name: str, value: Value) -> Iterator[Point]:
    """Yield configurations that have a value, drawn from the space."""
    if len(problem.preset.space.dimensions) > 1:
        yield from ({**point, name: value} for point in problem.preset.space.sample(_BESIDE, seed=0))


def _smallness(problem: Problem, fitted: np.ndarray) -> tuple[int, int]:
    """Return how many rows a fold's rarest class has, and how many rows it has in all."""
    target = problem.split.train_target[fitted]
    counts = np.unique(target, return_counts=True)[1] if problem.labels and target.ndim == 1 else [0]
    return int(min(counts)), len(fitted)


def _failure(
    problem: Problem, fitted: np.ndarray, scored: np.ndarray, point: Mapping[str, Value] | None = None
) -> BaseException | None:
    """Return what a fit, or a prediction after it, ends with; None where nothing is wrong."""
    parts, weight = problem.split, problem.weights[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator: Any = fresh(problem.estimator)
            if point:
                given = problem.preset.space.arguments(point)
                estimator.set_params(**parameters_of(estimator, given, problem.values))
            fit(
                estimator,
                rows_of(parts.train, fitted),
                parts.train_target[fitted],
                None if weight is None else weight[fitted],
                problem.preset.model.early_stopping,
            )
            if problem.labelled or hasattr(estimator, "predict"):
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
