"""Tabulate the fold scores of breast_cancer_mlp's grid, of 100 random draws and of what is refined from them.

    python tests/bench/fold_scores.py

writes `data/breast_cancer_folds.json`: for each candidate its five fold scores, in the order in which the methods
propose them. They are those of a run, for they come from the same problem, folds and scorer. The refined candidates,
learning rate and alpha before their scores, are those of a run, already in the file.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from sklearn.base import clone
from tunetop.engine.events import Point
from tunetop.engine.model.estimators import parameters_of
from tunetop.engine.preset.preset import load
from tunetop.engine.problem.problem import Problem, load_problem

FILE = Path(__file__).parent / "data" / "breast_cancer_folds.json"


def scores(problem: Problem, point: Point) -> list[float]:
    """Return the accuracy in each fold."""
    train, target = problem.split.train, problem.split.train_target
    found = []
    for fold in range(problem.preset.score.folds):
        fitted_on, held_out = problem.folds[fold]
        estimator: Any = clone(problem.estimator)
        estimator.set_params(**parameters_of(problem.estimator, problem.preset.space.arguments(point), problem.values))
        estimator.fit(train[fitted_on], target[fitted_on])
        found.append(float((estimator.predict(train[held_out]) == target[held_out]).mean()))
    return found


def main() -> None:
    """Fit all of them, which takes some minutes, and write the file."""
    warnings.simplefilter("ignore")
    problem = load_problem(load("breast_cancer_mlp"))
    space = problem.preset.space
    table: dict[str, list[list[float]]] = {}
    for name, points in (("grid", list(space.grid())), ("random", list(space.sample(100, 42)))):
        table[name] = [scores(problem, point) for point in points]
        print(name, max(sum(row) / len(row) for row in table[name]))
    table["refine"] = [
        [rate, alpha, *scores(problem, {"learning_rate_init": rate, "alpha": alpha})]
        for rate, alpha, *_ in json.loads(FILE.read_text())["refine"]
    ]
    FILE.write_text(json.dumps(table, indent=None).replace("], [", "],\n [") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
