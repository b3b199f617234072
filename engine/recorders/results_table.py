"""Rows of `cv_results_` as the results of folds, for folds that could not say theirs themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .spool import Said


def results_of_row(results: Mapping[str, Any], number: int, folds: Sequence[int]) -> list[Said]:
    """Return what the given folds of one candidate would have said."""
    prefix = "split0_test_"
    metrics = [name.removeprefix(prefix) for name in results if name.startswith(prefix)]
    times = {"fit_time": _of(results, "mean_fit_time", number), "score_time": _of(results, "mean_score_time", number)}
    said = []
    for fold in folds:
        scores = {metric: _of(results, f"split{fold}_test_{metric}", number) for metric in metrics}
        result = {"test_scores": scores["score"] if metrics == ["score"] else scores, "fit_error": None, **times}
        said.append(Said("end", number, fold, time.time(), result=result))
    return said


def _of(results: Mapping[str, Any], name: str, number: int) -> float:
    return float(results[name][number]) if name in results else float("nan")
