"""`summary.csv`: the comparison's table for a spreadsheet, one row a method, the baseline first."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from ..state import RunState
from ..verdict.summary import FurtherScore, MethodSummary, Summary
from .trials_csv import cell, write

_PLAIN = ["method", "title", "kind", "phase", "trials", "failed", "reused", "raced", "cv_score", "cv_std"]
_CORRECTED = ["cv_corrected", "cv_corrected_low", "cv_corrected_high", "cv_corrected_note"]
_TEST = ["test_score", "test_low", "test_high"]
_COMPARISON = ["difference", "test", "p", "p_holm"]
_TIMES = ["seconds", "fit_seconds", "best_number"]


def files(state: RunState, summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield `summary.csv`."""
    names = list(dict.fromkeys(name for method in summary.rows for name in method.best_params or {}))
    more = list(dict.fromkeys(name for method in summary.rows for name in _further(method)))
    heading = [*_PLAIN, *_CORRECTED, *_TEST, *_COMPARISON, *_TIMES, *(f"best_{name}" for name in names)]
    heading += [f"{which}_{name}" for name in more for which in ("cv", "test")]
    yield "summary.csv", write([list(map(cell, heading)), *(_row(method, names, more) for method in summary.rows)])


def _further(method: MethodSummary) -> dict[str, FurtherScore]:
    return {} if method.also is UNSET else method.also


def _row(method: MethodSummary, names: list[str], more: list[str]) -> list[str]:
    low, high = method.test_interval or (None, None)
    best = method.best_params or {}
    values = [getattr(method, key) for key in _PLAIN]
    values += [method.cv_corrected, *(method.cv_corrected_interval or (None, None)), method.cv_corrected_note]
    values += [method.test_score, low, high]
    values += [getattr(method.comparison, key, None) for key in _COMPARISON]
    values += [getattr(method, key) for key in _TIMES]
    values += ["None" if name in best and best[name] is None else best.get(name) for name in names]
    scores = [_further(method).get(name) for name in more]
    values += [each for one in scores for each in (one and one.cv_score, one and one.test_score)]
    return list(map(cell, values))
