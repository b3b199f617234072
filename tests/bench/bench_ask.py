"""Seconds that one ask of `bayes` takes after 50, 100 and 500 trials, in five and six dimensions.

    python tests/bench/bench_ask.py

prints the median over some asks, on a space of real numbers and on a mixed one, with the fit of the process included.
"""

from __future__ import annotations

import os
import statistics
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # as in a run, and before NumPy is imported

from problems import SYNTHETIC, Problem  # noqa: E402
from tunetop.engine.search.bayes.bayes import Bayes  # noqa: E402

LIMITS = {50: 0.025, 100: 0.040, 500: 0.120}
ASKS = 15


def seconds_after(problem: Problem, trials: int) -> float:
    """Return the median seconds of an ask once so many trials have been told."""
    search = Bayes(problem.space, trials + ASKS, seed=0)
    search.replay((point, problem.value(point)) for point in problem.space.sample(trials, 1))
    times = []
    for number in range(trials, trials + ASKS):
        began = time.perf_counter()
        point = search.ask()
        times.append(time.perf_counter() - began)
        assert isinstance(point, dict)
        search.tell(number, point, problem.value(point))
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    for name in ("hartmann6", "network5_mixed"):
        problem = SYNTHETIC[name]()
        for trials, limit in LIMITS.items():
            seconds = seconds_after(problem, trials)
            word = "ok" if seconds <= limit else "OVER"
            print(f"{name:<16} after {trials:>3} trials: {1e3 * seconds:6.1f} ms   limit {1e3 * limit:.0f} ms  {word}")


if __name__ == "__main__":
    main()
