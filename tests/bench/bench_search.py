"""Compare `bayes` with Optuna's samplers and with random search, and print regrets.

    python tests/bench/bench_search.py [--problems NAME…|tasks|synthetic|unseen] [--methods NAME…] [--seeds N] [--fresh]

Every method begins with the same 10 Sobol points of a seed and has 50 trials. The regret after t trials is how much
worse than the optimum the trial with the best score so far really is (its value without noise), divided by what the
10 starting points leave on average: 1 is no progress, 0 the optimum. Raw results are kept, one file a method and
problem, in `tests/bench/results`, and are not computed again; those of `bayes` are with `--fresh`, as after a change of
it. `gp` needs PyTorch for what is not kept: `pip install torch`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported

import numpy as np  # noqa: E402
from scipy.stats import qmc  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from problems import SYNTHETIC, TASKS, UNSEEN, Problem  # noqa: E402
from tunetop.engine.search.bayes.bayes import Bayes  # noqa: E402
from tunetop.engine.search.bayes.encoding import Encoding  # noqa: E402
from tunetop.engine.search.optuna import OptunaSearch  # noqa: E402
from tunetop.engine.space.space import Space  # noqa: E402

RESULTS = Path(__file__).parent / "results"
START, TRIALS = 10, 50
PROBLEMS = {**TASKS, **SYNTHETIC, **UNSEEN}
SETS = {"tasks": list(TASKS), "synthetic": list(SYNTHETIC), "unseen": list(UNSEEN)}


class Sampled:
    """Random search by the space's own draws."""

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        self._points: Iterator[Any] = space.sample(trials, seed + 1000)

    def ask(self) -> Any:
        return next(self._points)

    def tell(self, number: int, point: Any, score: float) -> None:
        pass


METHODS: dict[str, Callable[[Space, int, int], Any]] = {
    "random": Sampled,
    "tpe": lambda space, trials, seed: OptunaSearch(space, trials, seed, "tpe"),
    "gp": lambda space, trials, seed: OptunaSearch(space, trials, seed, "gp"),
    "bayes": Bayes,
}


def start_points(space: Space, seed: int) -> list[Any]:
    """Return the points that every method begins with."""
    encoding = Encoding(space)
    rows = qmc.Sobol(len(encoding.levels), scramble=True, rng=np.random.default_rng(seed)).random_base2(4)
    return [encoding.point(row) for row in encoding.snap(rows)[:START]]


def run(problem: Problem, make: Callable[[Space, int, int], Any], seed: int) -> list[float]:
    """Return the true value of the best-scored trial after each trial."""
    noise = np.random.default_rng([zlib.crc32(problem.name.encode()), seed]).standard_normal(TRIALS) * problem.noise
    search, start = make(problem.space, TRIALS - START, seed), start_points(problem.space, seed)
    best_score, best_value = -math.inf, math.nan
    trace = []
    for number in range(TRIALS):
        point = start[number] if number < START else search.ask()
        if isinstance(point, dict):
            value = problem.value(point)
            score = value + noise[number]
            search.tell(number, point, score)
            if score > best_score:
                best_score, best_value = score, value
        trace.append(float(f"{best_value:.7g}"))
    return trace


def results(problem: str, method: str, seeds: int, fresh: bool) -> np.ndarray:
    """Return the traces, shape (seeds, TRIALS); run what is missing."""
    file = RESULTS / method / f"{problem}.json"
    kept = json.loads(file.read_text()) if file.exists() and not fresh else []
    made = PROBLEMS[problem]() if len(kept) < seeds else None
    for seed in range(len(kept), seeds):
        assert made is not None
        kept.append(run(made, METHODS[method], seed))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("[" + ",\n".join(map(json.dumps, kept)) + "]\n")
    return np.array(kept[:seeds], dtype=float)


def regrets(problems: list[str], methods: list[str], seeds: int, fresh: bool) -> dict[str, np.ndarray]:
    """Return the mean normalised regret of each method, shape (problems, TRIALS); print progress to stderr."""
    rows: dict[str, list[np.ndarray]] = {method: [] for method in methods}
    for problem in problems:
        optimum = PROBLEMS[problem]().optimum
        for method in methods:
            traces = results(problem, method, seeds, fresh and method == "bayes")
            lost = optimum - np.where(np.isnan(traces), np.nanmin(traces), traces)
            scale = lost[:, START - 1].mean()
            rows[method].append(lost.mean(axis=0) / scale)
            line = f"{problem:28s} {method:8s} @30 {rows[method][-1][29]:.3f}  @50 {rows[method][-1][49]:.3f}"
            print(line, file=sys.stderr, flush=True)
    return {method: np.array(traces) for method, traces in rows.items()}


def table(problems: list[str], found: dict[str, np.ndarray]) -> str:
    """Return the regrets after 30 and 50 trials as a Markdown table, and what they come to."""
    methods = list(found)
    lines = ["| problem | " + " | ".join(f"{m} @{t}" for t in (30, 50) for m in methods) + " |"]
    lines.append("|---" * (1 + 2 * len(methods)) + "|")
    for index, problem in enumerate([*problems, "mean"]):
        cells = [
            found[m][:, t - 1].mean() if problem == "mean" else found[m][index, t - 1]
            for t in (30, 50)
            for m in methods
        ]
        lines.append(f"| {problem} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    for t in (30, 50):
        for other in methods:
            if other != "bayes" and "bayes" in found:
                mine, theirs = found["bayes"][:, t - 1], found[other][:, t - 1]
                lines.append(
                    f"after {t} trials: mean regret {mine.mean() / theirs.mean():.2f} x {other}'s, "
                    f"not above it on {np.sum(mine <= theirs)} of {len(problems)} problems"
                )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=["tasks", "synthetic", "unseen"])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--fresh", action="store_true", help="run bayes again even where results are kept")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = []
    for problem in (problem for name in options.problems for problem in SETS.get(name, [name])):
        try:
            PROBLEMS[problem]()
            chosen.append(problem)
        except FileNotFoundError:
            print(f"{problem} is left out: run tests/bench/tabulate.py {problem} first", file=sys.stderr)
    print(table(chosen, regrets(chosen, options.methods, options.seeds, options.fresh)))
