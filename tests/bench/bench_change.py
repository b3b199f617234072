"""Hold a change of `bayes` against `bayes` before it, on the same problems, starts and noise, seed by seed.

    python tests/bench/bench_change.py [--problems NAME…] [--seeds FIRST LAST] [--open N] [--keep]

runs `bayes` as it is in this tree for 50 trials and prints how its mean normalised regret differs from the one kept in
`results/bayes_now.csv`, with the standard error that the seeds leave. What is not kept there yet is left out of the
comparison. `--keep` writes the regrets of this tree to the file: do so before a change (of seeds that nobody looked at)
or once one has landed; the other rows stay. Regrets are as in `bench_search.py`, but in units of what the starting
points of 60 seeds leave on average, so that no seed changes another one's.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench_search import RESULTS, SETS, filled, run

import numpy as np  # isort: skip
from problems import PROBLEMS, Problem  # isort: skip
from tunetop.engine.search.bayes.bayes import Bayes  # isort: skip

FILE = RESULTS / "bayes_now.csv"
TRIALS = 50
AFTER = (20, 30, 40, 50)

Key = tuple[str, int, int]
"""Problem, open asks, seed."""


def read() -> dict[Key, list[float]]:
    """Return the regrets that are kept."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (row["problem"], int(row["open"]), int(row["seed"])): [float(row[f"after_{t}"]) for t in AFTER] for row in rows
    }


def write(kept: dict[Key, list[float]]) -> None:
    """Write regrets, sorted by problem, open asks and seed."""
    with FILE.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["problem", "open", "seed", *(f"after_{t}" for t in AFTER)])
        table.writerows([*key, *kept[key]] for key in sorted(kept))


def unit(problem: Problem) -> float:
    """Return how much worse than the optimum the best-scored of the starting points is, on average over 60 seeds."""

    class Over:
        def ask(self) -> None:
            return None

        def tell(self, number: int, point: object, score: float) -> None:
            pass

    lost = [problem.optimum - trace[-1][1] for s in range(60) if (trace := run(problem, lambda *_: Over(), s, TRIALS))]
    return float(np.mean(lost))


def regret(problem: Problem, seed: int, open_asks: int, scale: float) -> list[float]:
    """Return the normalised regrets of one search after so many trials, to five digits as they are kept."""
    make = lambda space, trials, seed: Bayes(space, trials, seed, open_asks=open_asks)  # noqa: E731
    values = filled(run(problem, make, seed, TRIALS), TRIALS)[:TRIALS]
    values = np.where(np.isnan(values), np.nanmin(values), values)  # nothing but failures so far
    return [float(f"{(problem.optimum - values[t - 1]) / scale:.5g}") for t in AFTER]


def difference(now: dict[Key, list[float]], kept: dict[Key, list[float]]) -> str:
    """Return a line a number of trials: both means, their difference, and on how many problems it is which way."""
    names = sorted({key[0] for key in now if key in kept})
    lines = []
    for column, t in enumerate(AFTER):
        pairs = [np.array([(now[k][column], kept[k][column]) for k in now if k[0] == n and k in kept]) for n in names]
        gains = [pair[:, 0] - pair[:, 1] for pair in pairs]
        mine, before = (float(np.mean([pair[:, side].mean() for pair in pairs])) for side in (0, 1))
        error = math.sqrt(sum(gain.var(ddof=1) / len(gain) for gain in gains if len(gain) > 1)) / len(names)
        better, worse = sum(gain.mean() < 0 for gain in gains), sum(gain.mean() > 0 for gain in gains)
        lines.append(
            f"after {t}: {mine:.3f} for {before:.3f}, {mine - before:+.3f} ± {error:.3f}, "
            f"better on {better}, worse on {worse} of {len(names)} problems"
        )
    return "\n".join(lines)


def main() -> None:
    """Run what was asked for, seed after seed, and print the difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=["design"])
    parser.add_argument("--seeds", nargs=2, type=int, default=(60, 63), metavar=("FIRST", "LAST"))
    parser.add_argument("--open", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    kept, now = read(), {}
    names = [name for chosen in options.problems for name in SETS.get(chosen, [chosen])]
    units = {name: unit(PROBLEMS[name]()) for name in names}
    for seed in range(options.seeds[0], options.seeds[1] + 1):
        for name in names:
            now[name, options.open, seed] = regret(PROBLEMS[name](), seed, options.open, units[name])
        print(f"seed {seed}", file=sys.stderr, flush=True)
    print(difference(now, kept) if any(key in kept for key in now) else "nothing to compare with is kept")
    if options.keep:
        write(kept | now)


if __name__ == "__main__":
    main()
