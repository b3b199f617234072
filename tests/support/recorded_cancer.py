"""Workers that know most fold scores of breast_cancer_mlp already, so that its run takes seconds and not minutes.

What they know is what scikit-learn alone gave (tests/bench/fold_scores.py); the candidates to be compared with it now,
all refits, and whatever the table does not have are really fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from tabulated_race import TABLES
from tunetop.engine.preset.preset import load
from tunetop.engine.workers.base import Answer, Kit
from tunetop.engine.workers.local import LocalWorkers
from tunetop.engine.workers.task import FoldResult, FoldTask


def sampled(table: list[list[float]], each: int) -> list[int]:
    """Return every so many candidates' numbers, and the winner's."""
    return sorted({*range(0, len(table), each), int(np.argmax(np.mean(table, axis=1)))})


def known_scores(each: int) -> dict[tuple[float, float], list[float]]:
    """Return configuration -> its fold scores, without those that are to be fitted."""
    space = load("breast_cancer_mlp").space
    rows = [
        (_key(point), scores, number in sampled(table, each))
        for points, table in ((space.grid(), TABLES["grid"]), (space.sample(40, 42), TABLES["random"][:40]))
        for number, (point, scores) in enumerate(zip(points, table, strict=True))
    ]
    refined = [((rate, alpha), scores) for rate, alpha, *scores in TABLES["refine"]]
    best = max(refined, key=lambda row: sum(row[1]))
    return {key: scores for key, scores, fitted in rows if not fitted} | dict(row for row in refined if row is not best)


def _key(arguments: dict[str, Any]) -> tuple[float, float]:
    return arguments["learning_rate_init"], arguments["alpha"]


class RecordedWorkers(LocalWorkers):
    """Those of this machine, which fit only what nobody has fitted before."""

    def __init__(self, kit: Kit, each: int) -> None:
        super().__init__(kit)
        self._known, self._speaker = known_scores(each), ThreadPoolExecutor(1)

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> str:
        scores = self._known.get(_key(task.arguments)) if task.folds and task.arguments else None
        if scores is None:
            return super().submit(task, answer, timeout)
        self._speaker.submit(answer, [FoldResult(fold, score=scores[fold], fit_seconds=0.01) for fold in task.folds])
        return ""

    def close(self, *, at_once: bool = False) -> None:
        super().close(at_once=at_once)
        self._speaker.shutdown()
