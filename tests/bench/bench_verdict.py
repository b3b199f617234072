"""Print how far BBC-CV's corrected scores are from the truth, and what a race saves and costs.

    python tests/bench/bench_verdict.py

Simulated candidates have true accuracies around 0.8 and errors that go together, as those of real models do; the truth
is the selected candidate's own. Races are over the tabulated fold scores of breast_cancer_mlp.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from tabulated_race import TABLES, raced, winner
from tunetop.engine.statistics import bbc_cv

TIMES = 300


def simulated(rng: np.random.Generator, rows: int, candidates: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows each candidate gets right, shape (rows, candidates), and the candidates' true accuracies."""
    worth = 0.8 + spread * (rng.beta(9, 9, size=candidates) - 0.5)
    difficulty, own = rng.normal(size=(rows, 1)), rng.normal(size=(rows, candidates))
    right = math.sqrt(0.5) * difficulty + math.sqrt(0.5) * own < stats.norm.ppf(worth)
    return right.astype(np.float32), worth


def bias(rows: int, candidates: int, spread: float, *, race: bool = False) -> tuple[float, float]:
    """Return how much too high the best score is on average, as it is and corrected."""
    rng, plain, corrected = np.random.default_rng(8), [], []
    for seed in range(TIMES):
        right, worth = simulated(rng, rows, candidates, spread)
        if race:
            had, _ = raced(np.array([right[fold::5].mean(axis=0) for fold in range(5)]).T)
            through = sorted(number for number, folds in had.items() if len(folds) == 5)
            right, worth = right[:, through], worth[through]
        result = bbc_cv(right, 200, seed)
        truth = worth[np.argmax(right.mean(axis=0))]
        plain.append(result.optimistic - truth)
        corrected.append(result.score - truth)
    return float(np.mean(plain)), float(np.mean(corrected))


def main() -> None:
    """Print both tables."""
    print(f"{'rows':>6}{'candidates':>12}{'spread':>8}{'bias of CV':>12}{'of BBC-CV':>12}")
    for rows in (100, 400, 1000):
        for candidates in (10, 60):
            for spread in (0.0, 0.02, 0.08):
                plain, corrected = bias(rows, candidates, spread)
                print(f"{rows:>6}{candidates:>12}{spread:>8}{plain:>+12.4f}{corrected:>+12.4f}")
    plain, corrected = bias(400, 60, 0.02, race=True)
    print(f"{400:>6}{60:>12}{0.02:>8}{plain:>+12.4f}{corrected:>+12.4f}  only those that a race let through\n")
    print(f"{'race':<8}{'share of fits':>14}{'the same winner':>17}{'greatest loss in CV':>21}")
    for name, scores in ((name, TABLES[name]) for name in ("grid", "random")):
        table, shares, losses = np.array(scores), [], []
        for seed in range(10):
            shuffled = table[np.random.default_rng(seed).permutation(len(table))]
            had, _ = raced(shuffled)
            shares.append(sum(map(len, had.values())) / table.size)
            losses.append(table.mean(axis=1).max() - shuffled[winner(shuffled, had)].mean())
        same = f"{sum(loss < 1e-9 for loss in losses)} of 10"
        print(f"{name:<8}{np.mean(shares):>13.1%} {same:>17}{max(losses):>21.4f}")


if __name__ == "__main__":
    main()
