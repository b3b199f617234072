"""A table of 1,000,000 rows and 12 columns: how long until it is ready to fit, and how much memory a search takes.

Ready to fit: `load_problem` (read, typed, checked, split, folds) against `pandas.read_csv(engine="pyarrow")`, each in a
process of its own, in turn; CPU seconds of all threads besides, for a machine that has other work. Memory: the most
that all processes of a run share out among them (PSS), against plain pandas and `GridSearchCV(n_jobs=2)`.
Wanted are at most 1.3 times either. On a quiet virtual machine, seven pairs three times: 0.98, 0.98 and 0.94 times
by the clock, 0.76, 0.76 and 0.71 times the CPU seconds, 0.85, 0.86 and 0.86 times the memory (before, 1.53 to 1.83
times by the clock). What it took: pyarrow's memory is the system's, and the rows' is in small pages, since huge ones,
which pyarrow's own pool and numpy ask for, took the machine longer to clear than the file takes to be read (sys 1.2 s
of 2.0 CPU seconds of pandas, 0.4 of 1.4 here). Where clearing them costs next to nothing, pandas reads in half the time
and the ratio is about 1.75 by the clock and 1.4 in CPU seconds (`ARROW_DEFAULT_MEMORY_POOL=system` for both shows it):
reading itself fills all cores, and what is left beside goes one by one in one thread: the folds and the draw of test
rows, which are scikit-learn's own, repeated rows, the metric on a dummy, the least and the greatest of each column.
Given types, larger blocks, no words for nothing and a mapped file make pyarrow's reading no faster; nor did numbers
left in its chunks until they are parted.
Text in 300,000 rows, CPU seconds of the kinds alone, best of three: all different 1.2, codes 0.9, 20,000 categories
0.07, numbers of which 10 % are NA 0.7.
Usage: python tests/bench/bench_tables.py [pairs] [rows]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

PRESET = """
title = "Large"
[data]
source = "csv:large.csv"
target = "y"
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0 }
[space]
max_depth = [1, 2]
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
"""
TIMED = """
import time
import pandas, pyarrow.csv, pyarrow.pandas_compat, sklearn.model_selection, sklearn.tree, sklearn.dummy
{before}
wall, cpu = time.perf_counter(), time.process_time()
{what}
print(time.perf_counter() - wall, time.process_time() - cpu)
"""
WAYS = {
    "pandas": ("", "pandas.read_csv('large.csv', engine='pyarrow')"),
    "tunetop": (
        "from pathlib import Path; from tunetop.engine.preset.preset import load; "
        "from tunetop.engine.problem.problem import load_problem",
        "load_problem(load(Path('large.toml')))",
    ),
}
BY_HAND = """
import pandas
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.tree import DecisionTreeClassifier
frame = pandas.read_csv("large.csv", engine="pyarrow")
y = frame.pop("y")
X, test, y, test_y = train_test_split(frame, y, test_size=0.2, random_state=0)
search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}, cv=3, n_jobs=2).fit(X, y)
print(search.best_score_, search.score(test, test_y))
"""


def make(folder: Path, rows: int) -> float:
    """Write the table and its preset; return its size in MB."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 11)).round(4), columns=[f"x{place}" for place in range(11)])
    frame.assign(y=(frame["x0"] + rng.normal(size=rows) > 0).astype(int)).to_csv(folder / "large.csv", index=False)
    (folder / "large.toml").write_text(PRESET)
    return (folder / "large.csv").stat().st_size / 1e6


def timed(folder: Path, way: str) -> tuple[float, float]:
    """Return wall and CPU seconds of one way."""
    before, what = WAYS[way]
    program = TIMED.format(before=before, what=what)
    out = subprocess.check_output([sys.executable, "-c", program], cwd=folder, text=True)
    wall, cpu = map(float, out.split())
    return wall, cpu


def most_memory(folder: Path, command: list[str]) -> float:
    """Return the most MB that a command and all that it starts hold together."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    whole, most, over = psutil.Process(process.pid), 0.0, threading.Event()
    while process.poll() is None:
        total = 0.0
        for one in (whole, *whole.children(recursive=True)):
            try:
                total += one.memory_full_info().pss
            except psutil.Error:
                continue
        most = max(most, total / 1e6)
        over.wait(0.05)
    assert process.returncode == 0, command
    return most


def main(pairs: int, rows: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{rows:,} x 12, {make(folder, rows):.0f} MB, load {psutil.getloadavg()[0]:.1f}")
        found: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(pairs):
            for way in WAYS:
                found[way].append(timed(folder, way))
        for which, place in (("wall", 0), ("CPU", 1)):
            middles = {way: statistics.median(pair[place] for pair in found[way]) for way in WAYS}
            ratio = middles["tunetop"] / middles["pandas"]
            print(f"{which}: pandas {middles['pandas']:.2f} s, tunetop {middles['tunetop']:.2f} s, {ratio:.2f} times")
        by_hand = most_memory(folder, [sys.executable, "-c", BY_HAND])
        run = [sys.executable, "-m", "tunetop", "run", "large.toml", "--headless", "--workers", "2"]
        ours = most_memory(folder, [*run, "--runs-dir", str(folder / "runs")])
        print(f"memory: by hand {by_hand:.0f} MB, tunetop {ours:.0f} MB, {ours / by_hand:.2f} times")


if __name__ == "__main__":
    began = time.monotonic()
    main(*map(int, [*sys.argv[1:], *["3", "1000000"][len(sys.argv) - 1 :]]))
    print(f"{time.monotonic() - began:.0f} s in all")
