"""The worker's job: fit and score folds of one configuration, or refit a winner.

Runs in a worker process. Nothing here raises and nothing that comes back holds an object of somebody else's making:
scores are floats, errors and warnings plain text. What a fit prints goes nowhere.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import functools
import math
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import connection, forkserver, parent_process
from pathlib import Path
from typing import Any

import numpy as np
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.pipeline
from sklearn.base import clone

from .model import build, parameters_of
from .preset import load
from .scores import MOST_KEPT_VALUES, can_be_resampled
from .task import FoldResult, RefitResult, Task
from .text import clean, clean_block


@dataclass(frozen=True)
class _Bench:
    """What a worker keeps between tasks."""

    estimator: Any
    scorer: Any
    train: np.ndarray
    train_target: np.ndarray
    test: np.ndarray
    test_target: np.ndarray
    fold_of_row: np.ndarray
    keep_predictions: bool


_bench: _Bench | None = None


def prepare_worker(folder: str, preset_file: str, allowed: tuple[str, ...]) -> None:
    """Make this process a worker: deaf to the terminal's signals, silent, single-threaded, tied to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _die_with_parent()
    _silence()
    global _bench
    preset = load(Path(preset_file))
    arrays = {
        name: np.asarray(np.load(Path(folder) / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        for name in ("train", "train_target", "test", "test_target", "fold_of_row", "categorical")
    }
    categorical = tuple(int(column) for column in arrays.pop("categorical"))
    _bench = _Bench(
        estimator=build(preset.model, categorical, preset_file, allowed),
        scorer=sklearn.metrics.get_scorer(preset.score.scoring),
        keep_predictions=can_be_resampled(preset.score.scoring, len(arrays["train"])),
        **arrays,
    )


def run_task(task: Task) -> list[FoldResult] | RefitResult:
    """Do a task; every failure, even `SystemExit`, comes back as a result."""
    assert _bench is not None, "prepare_worker was not called"
    if not task.folds:
        return _refit(_bench, task.arguments)
    results: list[FoldResult] = []
    for fold in task.folds:
        results.append(_run_fold(_bench, task.arguments, fold, task.subsample))
        if results[-1].error:
            break
    return results


def _run_fold(
    bench: _Bench, arguments: dict[str, Any], fold: int, subsample: tuple[int, int] | None = None
) -> FoldResult:
    held_out = bench.fold_of_row == fold
    fitted_on, scored_on = _rows(held_out, subsample)
    started = time.perf_counter()
    fitted = math.nan
    with _watched() as raised:
        try:
            estimator: Any = clone(bench.estimator)
            estimator.set_params(**parameters_of(bench.estimator, arguments))
            estimator.fit(bench.train[fitted_on], bench.train_target[fitted_on])
            fitted = time.perf_counter()
            score, predictions = _score(bench, estimator, bench.train[scored_on], bench.train_target[scored_on])
        except BaseException as error:  # noqa: BLE001 - whatever a fit throws, SystemExit too, is the trial's failure
            seconds = time.perf_counter() - started
            return FoldResult(fold, math.nan, seconds, 0.0, raised(), *_explained(error))
    ended = time.perf_counter()
    try:
        value = _number(score)
    except (TypeError, ValueError) as error:
        return FoldResult(fold, math.nan, fitted - started, ended - fitted, raised(), str(error))
    kept = predictions if bench.keep_predictions and subsample is None else None
    return FoldResult(fold, value, fitted - started, ended - fitted, raised(), predictions=kept)


def _rows(held_out: np.ndarray, subsample: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows a fold is fitted and scored on; a part of them as scikit-learn's halving searches draw it."""
    if subsample is None:
        return ~held_out, held_out
    from sklearn.utils import resample

    rows, seed = subsample
    share = rows / len(held_out)
    parts: list[Any] = []
    for indices in (np.flatnonzero(~held_out), np.flatnonzero(held_out)):
        parts.append(resample(indices, replace=False, random_state=seed, n_samples=int(share * len(indices))))
    return parts[0], parts[1]


def _score(bench: _Bench, estimator: Any, rows: np.ndarray, target: np.ndarray) -> tuple[Any, np.ndarray | None]:
    """Score as the scorer does, and where it is a function of plain predictions, keep those."""
    scorer = bench.scorer
    if bench.keep_predictions:
        predictions = estimator.predict(rows)
        return scorer._sign * scorer._score_func(target, predictions, **scorer._kwargs), predictions
    return scorer(estimator, rows, target), None


def _refit(bench: _Bench, arguments: dict[str, Any]) -> RefitResult:
    started = time.perf_counter()
    with _watched():
        try:
            estimator: Any = clone(bench.estimator)
            estimator.set_params(**parameters_of(bench.estimator, arguments))
            estimator.fit(np.array(bench.train), np.array(bench.train_target))
            seconds = time.perf_counter() - started
            scored, responses = _watched_score(bench.scorer, estimator, bench.test, bench.test_target)
            score = _number(scored)
            predictions = tuple(float(value) for value in np.asarray(estimator.predict(bench.test)).ravel())
        except BaseException as error:  # noqa: BLE001 - as in _run_fold
            return RefitResult(math.nan, (), time.perf_counter() - started, *_explained(error))
    return RefitResult(score, predictions, seconds, responses=responses)


def _watched_score(
    scorer: Any, estimator: Any, rows: np.ndarray, target: np.ndarray
) -> tuple[Any, tuple[np.ndarray, ...]]:
    """Score as the scorer does; return also the probabilities or decision values that it looked at, if it did.

    They come as one array a column: one for two classes, one a class for more. None at all where the scorer takes
    predictions, or where they are too many or not finite numbers.
    """
    seen: list[np.ndarray] = []

    @functools.wraps(scorer._score_func)
    def watched(y_true: Any, y_pred: Any, **more: Any) -> Any:
        seen.append(np.asarray(y_pred))
        return scorer._score_func(y_true, y_pred, **more)

    watching = copy.copy(scorer)
    watching._score_func = watched
    score = watching(estimator, rows, target)
    if scorer._response_method == "predict" or not seen:
        return score, ()
    given = seen[-1].reshape(len(rows), -1)
    if given.size > MOST_KEPT_VALUES or given.dtype.kind not in "buif" or not np.isfinite(given).all():
        return score, ()
    return score, tuple(np.ascontiguousarray(column) for column in given.T)


def _number(score: Any) -> float:
    """Return a score as a finite float, or raise `ValueError` saying what came instead."""
    if isinstance(score, np.ndarray) and score.ndim > 0:
        raise ValueError(f"the scorer returned an array of shape {score.shape} instead of a number")
    try:
        value = float(score)
    except (TypeError, ValueError):
        raise ValueError(f"the scorer returned {clean(repr(score), 60)} instead of a number") from None
    if not math.isfinite(value):
        raise ValueError(f"the scorer returned {value} instead of a finite number")
    return value


def _explained(error: BaseException) -> tuple[str, str]:
    """Return an error in one line, and the end of its traceback."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - an exception whose own text fails is still to be named
        text = "(its message cannot be shown)"
    name = type(error).__name__
    if isinstance(error, SystemExit):
        text = f"the fit tried to end its process (exit code {text or 0})"
    reason = clean(f"{name}: {text}" if text else name, 300)
    try:
        frames = "".join(traceback.format_exception(error, limit=-6))
    except BaseException:  # noqa: BLE001 - likewise
        frames = ""
    return reason, clean_block(frames, 4000)


@contextlib.contextmanager
def _watched() -> Iterator[Any]:
    """Count warnings by text while the block runs; yields a function that gives the counts."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        def counts() -> dict[str, int]:
            texts = Counter(clean(f"{w.category.__name__}: {w.message}", 200) for w in caught[:1000])
            return dict(texts.most_common(20))

        yield counts


def _die_with_parent() -> None:
    """End this process when its parent ends, even by kill -9 and even while a fit holds the interpreter's lock."""
    _let_fork_server_end()
    if sys.platform == "linux":
        # the parent by kernel's count is the fork server, which ends with the process that owns it
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _let_fork_server_end() -> None:
    """Close this worker's end of the pipe by which the fork server sees that its owner has ended.

    multiprocessing hands it to every child; a child that is stuck would keep the fork server, and so itself, alive.
    """
    server: Any = getattr(forkserver, "_forkserver", None)
    alive = getattr(server, "_forkserver_alive_fd", None)
    if alive is not None:
        server._forkserver_alive_fd = None
        os.close(alive)


def _silence() -> None:
    """Send what this process prints nowhere, below Python's own streams too."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
