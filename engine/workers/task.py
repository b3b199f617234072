"""Tasks for workers, and what comes back: plain data that any worker can carry."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CHUNK_SECONDS = 0.5
"""After so many seconds, a worker that was given several folds at once begins no more of them."""


@dataclass(frozen=True)
class FoldTask:
    """What a worker is asked: the folds of one configuration, or with `folds` empty, the refit of a winner.

    `arguments` are as `Space.arguments` gives them; the folds are done in order, and stop at the first failure or
    after `CHUNK_SECONDS`.
    """

    arguments: dict[str, Any]
    folds: tuple[int, ...] = ()
    subsample: tuple[int, int] | None = None
    """Rows out of all training rows that each fold may use, training and scoring in proportion, and the seed by which
    they are drawn; None: all rows."""


@dataclass(frozen=True)
class FoldResult:
    """One fold: its score, or an error. `predictions` holds those for its test rows where they are kept."""

    fold: int
    score: float = math.nan
    fit_seconds: float = 0.0
    score_seconds: float = 0.0
    warnings: dict[str, int] = field(default_factory=dict)
    error: str = ""
    details: str = ""
    predictions: np.ndarray | None = None
    others: dict[str, float] = field(default_factory=dict)
    """Further metrics by name."""
    host: str = ""
    """The host of a cluster that it was done on."""


@dataclass(frozen=True)
class RefitResult:
    """A winner, fitted on all training rows and scored on the test rows."""

    score: float = math.nan
    predictions: tuple[float, ...] = ()
    fit_seconds: float = 0.0
    error: str = ""
    details: str = ""
    fitted: bool = True
    """Whether it was the score alone that failed, if something did."""
    responses: tuple[np.ndarray, ...] = ()
    """What the scorer looked at besides predictions, one array a column: see `MethodFinished.test_responses`."""
    others: dict[str, float] = field(default_factory=dict)
    """Further metrics by name."""
