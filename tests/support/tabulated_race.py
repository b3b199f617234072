"""A fold race over tabulated scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tunetop.engine.search.fold_race import FoldRace, Go, Out

TABLES = json.loads((Path(__file__).parents[1] / "bench" / "data" / "breast_cancer_folds.json").read_text())
"""Fold scores of breast_cancer_mlp: its grid of 20, 100 random draws, 34 refined (tests/bench/fold_scores.py)."""


def raced(table: np.ndarray, shuffle: int | None = None) -> tuple[dict[int, list[int]], dict[int, float]]:
    """FoldRace the rows of a table; return the folds that each had, and the estimates of those that are out.

    With `shuffle`, the scores of a round come in in that random order instead of as asked.
    """
    race, had, out = FoldRace(table.shape[1]), {}, {}
    rng = np.random.default_rng(shuffle)
    due: list[tuple[int, int]] = []

    def follow() -> None:
        for move in race.moves():
            if isinstance(move, Go):
                due.extend((move.number, fold) for fold in move.folds)
            elif isinstance(move, Out):
                out[move.number] = move.estimate

    for number in range(len(table)):
        race.enter(number)
        follow()
    race.seal()
    follow()
    while due:
        number, fold = due.pop(0 if shuffle is None else int(rng.integers(len(due))))
        had.setdefault(number, []).append(fold)
        race.score(number, fold, table[number, fold])
        follow()
    return had, out


def winner(table: np.ndarray, had: dict[int, list[int]]) -> int:
    through = [number for number, folds in sorted(had.items()) if len(folds) == table.shape[1]]
    return max(through, key=lambda number: (table[number].mean(), -number))
