"""Fits before a run: what fails for any configuration, or for a value beside whatever else, is told with its reason."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.rows import rows_of
from ..errors import PresetError
from ..events import Point, Value
from ..model.estimators import fresh, parameters_of
from ..problem.problem import Problem
from ..scoring.detector_scores import seen_by_scorers
from ..text import clean
from .estimator import fit
from .fit import explained, number

FEW = 200
"""Rows that are tried first; only what fails on so few is tried on all rows of a fold."""

_BESIDE = 30
"""Configurations that a value is tried in beside the untuned one, before it is said to fail."""


def check_baseline(problem: Problem, seconds: float = 20.0) -> list[str]:
    """Fit and score the untuned estimator on a few rows of each fold, and of all for the test rows.

    Raises `PresetError` where that fails on all these rows, and for configurations of the space as well. Returns a note
    where it fails alone.
    """
    if problem.metrics[0].asks_too_much(problem.estimator):
        return []  # a note says so: other configurations can be scored
    end = time.monotonic() + seconds
    for place in _places(problem):
        if time.monotonic() > end:
            break
        if _failure(problem, place.few(problem), scored=True) and (error := _failure(problem, place, scored=True)):
            told = f"the untuned estimator cannot be {error}"
            beside = problem.preset.space.sample(_BESIDE, seed=0)
            if all(_failure(problem, place, point, scored=True) for point in beside):
                raise PresetError(problem.preset.path, "model", told)
            return [f"{told}: the baseline will fail; set in params what the space has instead"]
    return []


def check_values(problem: Problem, seconds: float = 20.0) -> list[str]:
    """Fit each choice, grid value and end of a range on a few rows of the smallest fold, the rest of it untuned.

    What depends on the data is seen then alone: more neighbours than rows, more components than columns, more folds
    within than rows of a class. Raises `PresetError` for a value that fails there on all rows, in other configurations
    as well. Returns a note where time was up before all were tried.
    """
    if problem.metrics[0].asks_too_much(problem.estimator):
        return []
    *folds, _ = _places(problem)
    place = min(folds, key=lambda place: _smallness(problem, place.fitted))
    few, end = place.few(problem), time.monotonic() + seconds
    values = list(_values(problem))
    for tried, (name, value) in enumerate(values):
        if time.monotonic() > end:
            return [f"{tried} of {len(values)} values of the space were tried in {seconds:g} s: none of them fails"]
        if _failure(problem, few, {name: value}):
            _check_everywhere(problem, name, value, place)
    return []


def _check_everywhere(problem: Problem, name: str, value: Value, place: _Place) -> None:
    """Raise `PresetError` where a value fails on all rows of a fold, whatever stands beside it."""
    error = _failure(problem, place, {name: value})
    if error is not None and all(_failure(problem, place, point) for point in _with(problem, name, value)):
        found = f"{name} = {clean(repr(value), 60)} fails on the {len(place.fitted)} rows of a fold: {error.reason}"
        raise PresetError(problem.preset.path, f"space.{name}", found, "values that a fit on these rows takes")


@dataclass(frozen=True)
class _Place:
    """Training rows to fit on, and rows to score, of the training rows or of the test rows."""

    fitted: np.ndarray
    scored: np.ndarray
    tested: bool = False

    def few(self, problem: Problem) -> _Place:
        """Return the same with few rows."""
        scored = self.scored[:FEW]
        if not self.tested:
            scored = _few(self.scored, problem)
        return _Place(_few(self.fitted, problem), scored, self.tested)


def _places(problem: Problem) -> list[_Place]:
    """Return what is fitted and scored in a run: each fold, and at last the test rows."""
    parts = problem.split
    folds = [_Place(*fold) for fold in problem.folds]
    return [*folds, _Place(np.arange(len(parts.train_target)), np.arange(len(parts.test_target)), tested=True)]


@dataclass(frozen=True)
class _Failure:
    """What a fit or a score ended with."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


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
    problem: Problem, place: _Place, point: Mapping[str, Value] | None = None, *, scored: bool = False
) -> _Failure | None:
    """Return what a fit ends with, or a prediction after it, or its score; None where nothing is wrong."""
    parts, what = problem.split, "fitted"
    rows, target = (parts.test, parts.test_target) if place.tested else (parts.train, parts.train_target)
    rows, target, weight = rows_of(rows, place.scored), target[place.scored], problem.weights[place.tested]
    more = {} if weight is None or not problem.preset.score.weigh_scores else {"sample_weight": weight[place.scored]}
    try:
        with _quiet():
            estimator = _fitted(problem, place.fitted, point)
            if scored:
                what = "scored on the test rows" if place.tested else "scored"
                seen = seen_by_scorers(estimator, labelled=problem.comparable)
                number(problem.metrics[0].scorer(seen, rows, target, **more))
            elif problem.labelled or hasattr(estimator, "predict"):
                estimator.predict(rows)
    except Exception as error:  # noqa: BLE001 - whatever a fit throws is what is asked for
        return _Failure(what, explained(error)[0])
    return None


def _fitted(problem: Problem, rows: np.ndarray, point: Mapping[str, Value] | None) -> Any:
    parts, weight, estimator = problem.split, problem.weights[0], fresh(problem.estimator)
    if point:
        estimator.set_params(**parameters_of(estimator, problem.preset.space.arguments(point), problem.values))
    weight = None if weight is None else weight[rows]
    early = problem.preset.model.early_stopping
    return fit(estimator, rows_of(parts.train, rows), parts.train_target[rows], weight, early)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let nothing that a fit says reach the terminal: no warnings, and not what libraries write past Python."""
    sys.stdout.flush()
    with warnings.catch_warnings(), open(os.devnull, "w") as nowhere, contextlib.ExitStack() as undo:
        warnings.simplefilter("ignore")
        for stream in (1, 2):
            with contextlib.suppress(OSError):  # one that is closed says nothing
                kept = os.dup(stream)
                undo.callback(os.close, kept)
                undo.callback(os.dup2, kept, stream)
                os.dup2(nowhere.fileno(), stream)
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield


def _few(rows: np.ndarray, problem: Problem) -> np.ndarray:
    """Return the first rows, and the first two of each class."""
    target = problem.split.train_target[rows]
    chosen = set(range(min(FEW, len(rows))))
    for code in np.unique(target) if problem.values.classes else ():
        chosen |= {int(place) for place in np.flatnonzero(target == code)[:2]}
    return rows[sorted(chosen)]
