"""Compare `bayes` with Optuna's samplers and with random search, and print regrets.

    python tests/bench/bench_search.py [--problems NAME…] [--methods NAME…] [--seeds N] [--fresh]

NAME is a problem or one of the sets tasks, synthetic, unseen, more, and design or report, the halves of all of them.
Every method begins with the same 10 Sobol points of a seed and has 100 trials (fewer where a file says so). The regret
after t trials is how much worse than the optimum the trial with the best score so far really is (its value without
noise), divided by what the 10 starting points leave on average: 1 is no progress, 0 the optimum. Raw results are kept,
one file a method and problem, in `tests/bench/results`, and are not computed again; those of `bayes` are with
`--fresh`, as after a change of it. `gp` needs PyTorch for what is not kept: `pip install torch`.
ABLATIONS.md tells which changes were measured.
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
from problems import DESIGN, FRESH, MORE, PROBLEMS, REPORT, SYNTHETIC, TASKS, UNSEEN, Problem  # noqa: E402
from tunetop.engine.search.bayes.bayes import Bayes  # noqa: E402
from tunetop.engine.search.bayes.encoding import Encoding  # noqa: E402
from tunetop.engine.search.optuna import OptunaSearch  # noqa: E402
from tunetop.engine.space.space import Space  # noqa: E402

RESULTS = Path(__file__).parent / "results"
START, TRIALS = 10, 100
AFTER = (30, 50, 100)
SETS = {"tasks": list(TASKS), "synthetic": list(SYNTHETIC), "unseen": list(UNSEEN), "more": list(MORE)}
SETS |= {"design": DESIGN, "report": REPORT, "fresh": list(FRESH)}


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
    "bayes8": lambda space, trials, seed: Bayes(space, trials, seed, open_asks=8),
}
"""`bayes8`: eight proposals open at once, each of which knows as little as if the others were still being scored."""


def start_points(space: Space, seed: int) -> list[Any]:
    """Return the points that every method begins with."""
    encoding = Encoding(space)
    rows = qmc.Sobol(len(encoding.levels), scramble=True, rng=np.random.default_rng(seed)).random_base2(4)
    return [encoding.point(row) for row in encoding.snap(rows)[:START]]


Trace = list[tuple[int, float]]
"""(trial, true value) wherever another trial became the best-scored one."""


def run(problem: Problem, make: Callable[[Space, int, int], Any], seed: int, trials: int = TRIALS) -> Trace:
    """Return the true value of the best-scored trial, from each trial on that took the lead."""
    noise = np.random.default_rng([zlib.crc32(problem.name.encode()), seed]).standard_normal(trials) * problem.noise
    search, start = make(problem.space, trials - START, seed), start_points(problem.space, seed)
    best_score = -math.inf
    trace: Trace = []
    for number in range(trials):
        point = start[number] if number < START else search.ask()
        if point is None:
            break
        value = problem.value(point)
        score = value + noise[number]
        search.tell(number, point, score)
        if score > best_score:
            best_score = score
            trace.append((number, float(f"{value:.7g}")))
    return trace


def filled(trace: Trace, trials: int) -> np.ndarray:
    """Return the true value of the best-scored trial after each trial, shape (TRIALS,); NaN where there is none."""
    values = np.full(TRIALS, math.nan)
    for number, value in trace:
        values[number:trials] = value
    return values


def results(problem: str, method: str, seeds: int, fresh: bool = False, trials: int = TRIALS) -> np.ndarray:
    """Return the values after each trial, shape (seeds, TRIALS); run what is missing of so many trials.

    A file tells how many trials its runs had, and their traces. NaN follows where fewer than TRIALS are kept.
    """
    file = RESULTS / method / f"{problem}.json"
    kept = json.loads(file.read_text()) if file.exists() and not fresh else {"trials": trials, "traces": []}
    made = PROBLEMS[problem]() if len(kept["traces"]) < seeds else None
    for seed in range(len(kept["traces"]), seeds):
        assert made is not None
        kept["traces"].append(run(made, METHODS[method], seed, kept["trials"]))
        file.parent.mkdir(parents=True, exist_ok=True)
        traces = ",\n".join(map(json.dumps, kept["traces"]))
        file.write_text(f'{{"trials": {kept["trials"]}, "traces": [\n{traces}\n]}}\n')
    return np.array([filled(trace, kept["trials"]) for trace in kept["traces"][:seeds]])


def regrets(problems: list[str], methods: list[str], seeds: int, fresh: bool) -> dict[str, np.ndarray]:
    """Return the mean normalised regret of each method, shape (problems, TRIALS); print progress to stderr."""
    rows: dict[str, list[np.ndarray]] = {method: [] for method in methods}
    for problem in problems:
        optimum = PROBLEMS[problem]().optimum
        for method in methods:
            traces = results(problem, method, seeds, fresh and method.startswith("bayes"))
            early = np.isnan(traces) & (np.arange(TRIALS) < START)  # nothing but failures so far
            lost = optimum - np.where(early, np.nanmin(traces), traces)
            scale = lost[:, START - 1].mean()
            rows[method].append(lost.mean(axis=0) / scale)
            line = f"{problem:28s} {method:8s} " + "  ".join(f"@{t} {rows[method][-1][t - 1]:.3f}" for t in AFTER)
            print(line, file=sys.stderr, flush=True)
    return {method: np.array(traces) for method, traces in rows.items()}


def table(problems: list[str], found: dict[str, np.ndarray]) -> str:
    """Return the regrets after 30, 50 and 100 trials as a Markdown table, and what they come to; - where not kept."""
    methods = list(found)
    lines = ["| problem | " + " | ".join(f"{m} @{t}" for t in AFTER for m in methods) + " |"]
    lines.append("|---" * (1 + len(AFTER) * len(methods)) + "|")
    for index, problem in enumerate(problems):
        cells = [found[m][index, t - 1] for t in AFTER for m in methods]
        lines.append(f"| {problem} | " + " | ".join("-" if cell != cell else f"{cell:.3f}" for cell in cells) + " |")
    for t in AFTER:
        for other in methods:
            if other != "bayes" and "bayes" in found:
                mine, theirs = found["bayes"][:, t - 1], found[other][:, t - 1]
                both = ~np.isnan(mine) & ~np.isnan(theirs)
                if both.any():
                    lines.append(
                        f"after {t} trials: mean regret {mine[both].mean():.3f}, {theirs[both].mean():.3f} {other}'s, "
                        f"ratio {mine[both].mean() / theirs[both].mean():.2f}, "
                        f"not above it on {np.sum(mine[both] <= theirs[both])} of {both.sum()} problems"
                    )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=["tasks", "synthetic", "unseen", "more"])
    parser.add_argument(
        "--methods", nargs="+", default=[method for method in METHODS if method != "bayes8"], choices=METHODS
    )
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
