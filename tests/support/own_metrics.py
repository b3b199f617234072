"""Metrics as people's own functions are: undefined for equal predictions, or broken."""

from __future__ import annotations

from typing import Any

from scipy.stats import spearmanr


def rank_correlation(targets: Any, predictions: Any) -> float:
    return float(spearmanr(targets, predictions)[0])


def broken(targets: Any, predictions: Any) -> float:
    raise KeyError("no such column")
