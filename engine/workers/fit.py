"""The worker's job: fit and score folds of one configuration, or refit a winner.

Runs in a worker process. Nothing here raises and nothing that comes back holds an object of somebody else's making:
scores are floats, errors and warnings plain text. What a fit prints goes nowhere.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import math
import re
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.rows import rows_of
from ..model.estimators import build, fresh, parameters_of
from ..model.values import Values
from ..preset.imports import Imports
from ..preset.preset import load
from ..preset.specs import EarlyStopping
from ..scoring.checks import keeps
from ..scoring.detector_scores import seen_by_scorers
from ..scoring.metrics import Metric, metrics_of
from ..scoring.scores import MOST_KEPT_VALUES
from ..text import clean, clean_block
from .estimator import fit
from .shared import Shared, read_shared
from .task import CHUNK_SECONDS, FoldResult, FoldTask, RefitResult


@dataclass(frozen=True)
class _Bench:
    """What a worker keeps between tasks."""

    estimator: Any
    values: Values
    metrics: tuple[Metric, ...]
    weigh_scores: bool
    early_stopping: EarlyStopping | None
    data: Shared
    keep_predictions: bool


_bench: _Bench | None = None

_TEXTS = 1000
"""Different warnings counted in a fold, at most."""


def prepare(folder: str, preset_file: str, allowed: tuple[str, ...], code: str = "") -> None:
    """Get ready to do tasks, with the data in `folder` and the estimator and scorer of a preset.

    `code` is the folder of its own modules, where that is not the one that it tells.
    """
    global _bench
    preset = load(Path(preset_file))
    data = read_shared(Path(folder))
    values = Values(Imports(preset_file, Path(code) if code else preset.code, allowed), data.classes)
    metrics = metrics_of(preset.score, values)
    _bench = _Bench(
        estimator=build(preset.model, data.columns, values),
        values=values,
        metrics=metrics,
        weigh_scores=preset.score.weigh_scores,
        early_stopping=preset.model.early_stopping,
        data=data,
        keep_predictions=keeps(preset.score, metrics[0], data.folds, data.train_target),
    )


def run_task(task: FoldTask) -> list[FoldResult] | RefitResult:
    """Do a task; every failure, even `SystemExit`, comes back as a result."""
    assert _bench is not None, "prepare was not called"
    if not task.folds:
        return _refit(_bench, task.arguments)
    results: list[FoldResult] = []
    began = time.monotonic()
    for fold in task.folds:
        # folds are handed out together because they are short: where they are not, the others go back
        if results and time.monotonic() - began > CHUNK_SECONDS:
            break
        results.append(_run_fold(_bench, task.arguments, fold, task.subsample))
        if results[-1].error:
            break
    return results


def _run_fold(
    bench: _Bench, arguments: dict[str, Any], fold: int, subsample: tuple[int, int] | None = None
) -> FoldResult:
    data = bench.data
    fitted_on, scored_on = _rows(data, fold, subsample)
    started = time.perf_counter()
    fitted = math.nan
    predictions = None
    with _watched() as raised:
        try:
            estimator = _fitted(bench, arguments, fitted_on)
            fitted = time.perf_counter()
            rows, target = rows_of(data.train, scored_on), data.train_target[scored_on]
            if bench.keep_predictions and len(bench.metrics) == 1:
                # one prediction is enough for both
                scorer, predictions = bench.metrics[0].scorer, estimator.predict(rows)
                score = number(scorer._sign * scorer._score_func(target, predictions, **scorer._kwargs))
                others: dict[str, float] = {}
            else:
                weight = None if data.weights[0] is None else data.weights[0][scored_on]
                score, others, _ = _scored(bench, estimator, rows, target, weight)
                predictions = estimator.predict(rows) if bench.keep_predictions else None
        except BaseException as error:  # noqa: BLE001 - whatever a fit throws, SystemExit too, is the trial's failure
            seconds = time.perf_counter() - started
            return FoldResult(fold, math.nan, seconds, 0.0, raised(), *explained(error))
        ended = time.perf_counter()
    kept = None if predictions is None or subsample is not None else _plain(predictions)
    return FoldResult(fold, score, fitted - started, ended - fitted, raised(), predictions=kept, others=others)


def _rows(data: Shared, fold: int, subsample: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows a fold is fitted and scored on; a part of them as scikit-learn's halving searches draw it."""
    if subsample is None:
        return data.folds[fold]
    from sklearn.utils import resample

    rows, seed = subsample
    share = rows / len(data.train_target)
    parts: list[Any] = []
    for indices in data.folds[fold]:
        parts.append(resample(indices, replace=False, random_state=seed, n_samples=int(share * len(indices))))
    return parts[0], parts[1]


def _fitted(bench: _Bench, arguments: dict[str, Any], rows: np.ndarray) -> Any:
    """Return the estimator as configured, fitted on those training rows, as scorers take it."""
    data = bench.data
    estimator: Any = fresh(bench.estimator)
    estimator.set_params(**parameters_of(bench.estimator, arguments, bench.values))
    weight = None if data.weights[0] is None else data.weights[0][rows]
    fitted = fit(estimator, rows_of(data.train, rows), data.train_target[rows], weight, bench.early_stopping)
    return seen_by_scorers(fitted, labelled=data.comparable)


def _scored(
    bench: _Bench, estimator: Any, rows: Any, target: np.ndarray, weight: np.ndarray | None
) -> tuple[float, dict[str, float], tuple[np.ndarray, ...]]:
    """Return the leading metric's score, the other metrics', and the responses that the first was computed from."""
    more = {} if weight is None or not bench.weigh_scores else {"sample_weight": weight}
    leading, *others = bench.metrics
    scored, responses = _watched_score(leading.scorer, estimator, rows, target, more)
    found: dict[str, float] = {}
    for one in others:
        try:
            found[one.name] = number(one.scorer(estimator, rows, target, **more))
        except Exception as error:  # noqa: BLE001 - a metric that stands beside fails no trial
            warnings.warn(f"{one.name} has no score: {explained(error)[0]}", stacklevel=2)
    return number(scored), found, responses


def _refit(bench: _Bench, arguments: dict[str, Any]) -> RefitResult:
    started, data, fitted = time.perf_counter(), bench.data, False
    with _watched():
        try:
            estimator = _fitted(bench, arguments, np.arange(len(data.train_target)))
            fitted, seconds = True, time.perf_counter() - started
            score, others, responses = _scored(bench, estimator, data.test, data.test_target, data.weights[1])
            predictions = _predictions(estimator, data) if data.comparable else ()
        except BaseException as error:  # noqa: BLE001 - as in _run_fold
            return RefitResult(math.nan, (), time.perf_counter() - started, *explained(error), fitted)
    return RefitResult(score, predictions, seconds, responses=responses, others=others)


def _predictions(estimator: Any, data: Shared) -> tuple[float, ...]:
    predicted = _plain(estimator.predict(data.test))
    if predicted is None or len(predicted) != len(data.test_target):
        raise _Wrong("the winner does not predict one finite number for each test row")
    return tuple(float(value) for value in predicted)


def _watched_score(
    scorer: Any, estimator: Any, rows: Any, target: np.ndarray, more: dict[str, Any]
) -> tuple[Any, tuple[np.ndarray, ...]]:
    """Score as the scorer does; return also the probabilities or decision values that it looked at, if it did.

    They come as one array a column: one for two classes, one a class for more. None at all where the scorer takes
    predictions, or where they are too many or not finite numbers. `more` are further arguments of the scorer.
    """
    seen: list[np.ndarray] = []
    if not hasattr(scorer, "_score_func"):
        return scorer(estimator, rows, target, **more), ()

    @functools.wraps(scorer._score_func)
    def watched(y_true: Any, y_pred: Any, **options: Any) -> Any:
        seen.append(np.asarray(y_pred))
        return scorer._score_func(y_true, y_pred, **options)

    watching = copy.copy(scorer)
    watching._score_func = watched
    score = watching(estimator, rows, target, **more)
    if scorer._response_method == "predict" or not seen:
        return score, ()
    given = seen[-1].reshape(len(target), -1)
    if given.size > MOST_KEPT_VALUES or given.dtype.kind not in "buif" or not np.isfinite(given).all():
        return score, ()
    return score, tuple(np.ascontiguousarray(column) for column in given.T)


class _Wrong(ValueError):
    """What came from an estimator or scorer is not what it has to be; said in words of our own."""


def number(score: Any) -> float:
    """Return a score as a finite float, or raise `_Wrong` saying what came instead."""
    if isinstance(score, np.ndarray) and score.ndim > 0:
        raise _Wrong(f"the scorer returned an array of shape {score.shape} instead of a number")
    try:
        value = float(score)
    except Exception:  # noqa: BLE001 - other people's objects fail in their own __float__ as they like
        raise _Wrong(f"the scorer returned {clean(repr(score), 60)} instead of a number") from None
    if not math.isfinite(value):
        raise _Wrong(f"the scorer returned {value} instead of a finite number")
    return value


def _plain(predictions: Any) -> np.ndarray | None:
    """Return predictions as a plain array of one finite number a row; None where they are something else.

    Some libraries predict a column, or a list.
    """
    try:
        array = np.asarray(predictions)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
        array = array.reshape(len(array))
    except Exception:  # noqa: BLE001 - other people's objects again
        return None
    return array if array.dtype.kind in "buif" and np.isfinite(array).all() else None


def explained(error: BaseException) -> tuple[str, str]:
    """Return an error in one line, and the end of its traceback."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - an exception whose own text fails is still to be named
        text = "(its message cannot be shown)"
    name = type(error).__name__
    if isinstance(error, _Wrong):
        return clean(text, 300), ""
    if isinstance(error, SystemExit):
        text = f"the fit tried to end its process (exit code {text or 0})"
    reason = clean(f"{name}: {_lasting(text)}" if text else name, 300)
    try:
        frames = "".join(traceback.format_exception(error, limit=-6))
    except BaseException:  # noqa: BLE001 - likewise
        frames = ""
    return reason, clean_block(frames, 4000)


_STAMP = re.compile(r"\[\d\d:\d\d:\d\d\] (?:WARNING: )?(?:\S+:\d+: )?")
"""What xgboost begins its messages with: the time, and a line of its own source."""


def _lasting(text: str) -> str:
    """Return what a message says whenever and wherever it is said."""
    return _STAMP.sub("", text).partition("Stack trace:")[0].strip()


@contextlib.contextmanager
def _watched() -> Iterator[Callable[[], dict[str, int]]]:
    """Count warnings by text while the block runs, keeping none; yields a function that gives the counts."""
    counted: Counter[str] = Counter()

    def count(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
        text = clean(f"{clean(category.__name__)}: {_lasting(clean(message))}", 200)
        if text in counted or len(counted) < _TEXTS:
            counted[text] += 1

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = count
        yield lambda: dict(counted.most_common(20))
