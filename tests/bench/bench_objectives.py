"""Compare `bayes` with Optuna's NSGA-II and TPE on two objectives, by the hypervolume after 60 trials.

    python tests/bench/bench_objectives.py [--seeds N] [--problems NAME…] [--open N]

Six are real tables of `tabulate.py`, their score against a reckoned cost of the fit, five are functions of the
literature. The volume is that between the trials and the medians of 4,000 random points, each objective scaled to what
these have above; printed is the mean over seeds, divided by that of random search. Nothing is kept.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from problems import Table, real  # noqa: E402
from tunetop.engine.search.base import Outcome  # noqa: E402
from tunetop.engine.search.bayes.bayes import Bayes  # noqa: E402
from tunetop.engine.search.optuna import OptunaSearch  # noqa: E402
from tunetop.engine.space.space import Space  # noqa: E402

TRIALS, SAMPLED = 60, 4_000
Point = Mapping[str, Any]


@dataclass(frozen=True)
class TwoGoals:
    """A space, and two functions of its points to maximise."""

    space: Space
    values: Callable[[Point], tuple[float, float]]


def _priced(name: str, cost: Callable[[Point], float]) -> TwoGoals:
    table = Table(name)
    return TwoGoals(table.space(False), lambda point: (table.value(point), -cost(point)))


def _of_vector(n: int, low: float, high: float, function: Callable[[np.ndarray], tuple[float, float]]) -> TwoGoals:
    space = Space(tuple(real(f"x{place}", low, high) for place in range(n)))
    return TwoGoals(space, lambda point: function(np.array(list(point.values()))))


def _zdt(x: np.ndarray, waves: bool) -> tuple[float, float]:
    g = 1.0 + 9.0 * x[1:].mean()
    shape = 1.0 - math.sqrt(x[0] / g) - waves * x[0] / g * math.sin(10 * math.pi * x[0])
    return -x[0], -g * shape


def _fonseca(x: np.ndarray) -> tuple[float, float]:
    root = 1.0 / math.sqrt(len(x))
    return math.exp(-np.sum((x - root) ** 2)) - 1.0, math.exp(-np.sum((x + root) ** 2)) - 1.0


def _kursawe(x: np.ndarray) -> tuple[float, float]:
    first = np.sum(-10.0 * np.exp(-0.2 * np.sqrt(x[:-1] ** 2 + x[1:] ** 2)))
    return -float(first), -float(np.sum(np.abs(x) ** 0.8 + 5.0 * np.sin(x**3)))


def _dtlz2(x: np.ndarray) -> tuple[float, float]:
    g = 1.0 + np.sum((x[1:] - 0.5) ** 2)
    return -g * math.cos(x[0] * math.pi / 2), -g * math.sin(x[0] * math.pi / 2)


PROBLEMS: dict[str, Callable[[], TwoGoals]] = {
    "boosting": lambda: _priced("boosting_diabetes", lambda p: p["n_estimators"] * p["max_depth"] * p["subsample"]),
    "nystroem": lambda: _priced("nystroem_diabetes", lambda p: p["n_components"]),
    "perceptron": lambda: _priced("mlp_breast_cancer", lambda p: p["width"]),
    "neighbours": lambda: _priced("knn_digits", lambda p: p["components"] + p["n_neighbors"] / 10),
    "tree": lambda: _priced("tree_breast_cancer", lambda p: p["max_depth"] + 10.0 / p["min_samples_leaf"]),
    "hist boosting": lambda: _priced(
        "hist_boosting_breast_cancer", lambda p: p["max_leaf_nodes"] * (0.5 + p["max_features"])
    ),
    "zdt1": lambda: _of_vector(4, 0.0, 1.0, lambda x: _zdt(x, False)),
    "zdt3": lambda: _of_vector(4, 0.0, 1.0, lambda x: _zdt(x, True)),
    "fonseca": lambda: _of_vector(3, -4.0, 4.0, _fonseca),
    "kursawe": lambda: _of_vector(3, -5.0, 5.0, _kursawe),
    "dtlz2": lambda: _of_vector(5, 0.0, 1.0, _dtlz2),
}


class _Random:
    def __init__(self, space: Space, seed: int) -> None:
        self._points = space.sample(TRIALS, seed)

    def ask(self) -> Any:
        return next(self._points)

    def tell_all(self, number: int, point: Point, outcome: Outcome) -> None:
        pass


def methods(open_asks: int) -> dict[str, Callable[[Space, int], Any]]:
    """Return the searches by name."""
    return {
        "random": _Random,
        "nsga2": lambda space, seed: OptunaSearch(space, TRIALS, seed, "nsga2", open_asks, 2),
        "tpe": lambda space, seed: OptunaSearch(space, TRIALS, seed, "tpe", open_asks, 2),
        "bayes": lambda space, seed: Bayes(space, TRIALS, seed, open_asks=open_asks),
    }


def found(problem: TwoGoals, search: Any, open_asks: int) -> np.ndarray:
    """Return the values of a search's trials, shape (TRIALS, 2)."""
    values: list[tuple[float, float]] = []
    points: list[Any] = []
    while len(values) < TRIALS:
        while len(points) < min(len(values) + open_asks, TRIALS):
            point = search.ask()
            if point is None or not isinstance(point, dict):
                break
            points.append(point)
        if len(points) == len(values):
            break
        values.append(problem.values(points[len(values)]))
        search.tell_all(len(values) - 1, points[len(values) - 1], Outcome(values[-1]))
    return np.array(values)


def hypervolume(values: np.ndarray) -> float:
    """Return the area that points of the unit square dominate, greater being better."""
    kept = np.clip(values, 0.0, None)
    kept = kept[np.lexsort((-kept[:, 1], -kept[:, 0]))]
    area, height = 0.0, 0.0
    for first, second in kept:
        if second > height:
            area += first * (second - height)
            height = second
    return area


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--open", type=int, default=1)
    parser.add_argument("--problems", nargs="*", default=list(PROBLEMS))
    options = parser.parse_args()
    made = methods(options.open)
    print("| problem | " + " | ".join(made) + " |\n|---|" + "---|" * len(made))
    for name in options.problems:
        problem = PROBLEMS[name]()
        sampled = np.array([problem.values(p) for p in problem.space.sample(SAMPLED, zlib.crc32(name.encode()))])
        sampled = sampled[np.isfinite(sampled).all(axis=1)]
        low = np.median(sampled, axis=0)
        span = sampled.max(axis=0) - low
        volumes = {
            method: [
                hypervolume((found(problem, make(problem.space, seed), options.open) - low) / span)
                for seed in range(options.seeds)
            ]
            for method, make in made.items()
        }
        base = np.mean(volumes["random"])
        cells = [f"{np.mean(one) / base:.4f}" for one in volumes.values()]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
