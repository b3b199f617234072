"""A cluster larger than any that tests have: the real engine over pretended workers, whose folds only take their time.

    python tests/bench/bench_cluster.py [--workers 1000] [--trials 20000] [--seconds 1.0]
    python tests/bench/bench_cluster.py --open 1,8 [--workers 64] [--seconds 2.0] [--trials 50]

The second is `bayes` with so many open asks, and tells how many times as fast each number of them is; what they cost in
regret, `bench_search.py --methods bayes bayes8` tells.

Conductor, journal, searches and state are real; nothing is sent anywhere, so what a scheduler adds is not in it. Says
how busy the workers are, how much processor time the engine takes a second, and how large the journal gets.

On two cores that nobody else used, 1,000 workers, 20,000 trials of five folds of 1 s: 975 folds a second, 97.5 % busy
from the first fold to the last, 94.7 % of the run with its start and its summary, 0.23 cores, 437 bytes of journal a
fold. (95.4 %, 85.5 % and 0.18 cores at load 21; 82 % there while each finished fold looked through all that were
running, 63 % while each finished trial was synced by itself.) With `--open 1,8`, once: 99.4 s and 19.8 s, which is
5.02 times as fast; 3.13 times at load 18, where asks wait for a core.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import math
import os
import random
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tunetop.engine.preset.preset import Preset, parse
from tunetop.engine.problem.problem import Problem
from tunetop.engine.record.store import Store
from tunetop.engine.run.conductor import Run
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.workers import backends
from tunetop.engine.workers.base import Answer, Kit, Where
from tunetop.engine.workers.task import FoldResult, FoldTask, RefitResult

PRESET = """
title = "Many"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
[space]
max_depth = {{ linear = [1, 100000], integer = true, grid = {depths} }}
min_samples_leaf = {{ linear = [1, 200], integer = true, grid = {leaves} }}
[score]
scoring = "accuracy"
folds = 5
[[method]]
kind = "grid"
"""

BAYES = """
title = "Many open"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.svm.SVC"
[space]
C = {{ log = [1e-4, 1e4] }}
gamma = {{ log = [1e-5, 1e2] }}
tol = {{ log = [1e-6, 1e-1] }}
[score]
scoring = "accuracy"
folds = 5
[[method]]
kind = "bayes"
trials = {trials}
open = {open}
seed = 1
"""


class PretendedWorkers:
    """Workers on hosts of 8, which answer when a fold's time is over; one thread keeps all of their clocks."""

    lag, trouble, unready = 0.02, "", ""

    def __init__(self, size: int, seconds: float) -> None:
        self.size, self.busy_seconds = size, 0.0
        self._seconds, self._draw = seconds, random.Random(1)
        self.where = Where({f"host-{number}": 8 for number in range(size // 8)})
        self._ends: list[tuple[float, int, float, FoldTask, Callable[[Answer], None]]] = []
        self._waiting: deque[tuple[FoldTask, Callable[[Answer], None]]] = deque()
        self.first_task = self.last_answer = 0.0
        self.journal_bytes = 0
        self._serial = itertools.count()
        self._news = threading.Condition()
        self._over = False

    def prepare(self, problem: Problem) -> None:
        threading.Thread(target=self._keep_time, daemon=True).start()

    def listen(self, changed: Callable[[], None]) -> None:
        changed()

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> str:
        with self._news:
            self.first_task = self.first_task or time.monotonic()
            if len(self._ends) < self.size:
                self._begin(task, answer)
            else:
                self._waiting.append((task, answer))
        return f"host-{next(self._serial) % max(self.size // 8, 1)}"

    def close(self, *, at_once: bool = False) -> None:
        with self._news:
            self._over = True
            self._news.notify()

    def _begin(self, task: FoldTask, answer: Callable[[Answer], None]) -> None:
        seconds = self._seconds * self._draw.uniform(0.8, 1.2) * max(len(task.folds), 1)
        self.busy_seconds += seconds
        end = (time.monotonic() + seconds, next(self._serial), seconds, task, answer)
        heapq.heappush(self._ends, end)
        if self._ends[0] is end:
            self._news.notify()

    def _keep_time(self) -> None:
        while not self._over:
            with self._news:
                wait = self._ends[0][0] - time.monotonic() if self._ends else 1.0
                if wait > 0:
                    self._news.wait(wait)
                    continue
                _, _, seconds, task, answer = heapq.heappop(self._ends)
                if self._waiting:
                    self._begin(*self._waiting.popleft())
            if task.folds:
                self.last_answer = time.monotonic()
                score = _pretended(task.arguments)
                answer([FoldResult(fold, score, seconds, 0.0) for fold in task.folds])
            else:
                answer(RefitResult(0.5, (0.0,) * 38, seconds))


def _pretended(arguments: dict[str, Any]) -> float:
    """Return a score: a hill over numbers on scales of logarithms, else anything."""
    if "gamma" not in arguments:
        return (hash(str(arguments)) % 1000) / 1000
    return math.exp(-sum((math.log10(value) + 1) ** 2 for value in arguments.values()) / 20)


def through(preset: Preset, wanted: argparse.Namespace) -> tuple[Run, PretendedWorkers]:
    """Run a preset to its end on pretended workers."""
    made: list[PretendedWorkers] = []

    def make(kit: Kit) -> PretendedWorkers:
        made.append(PretendedWorkers(wanted.workers, wanted.seconds))
        return made[-1]

    backends.BACKENDS["local"] = make
    with tempfile.TemporaryDirectory() as folder:
        run = launch(preset, Store(Path(folder)), RunOptions(workers=min(wanted.workers, 1024)))
        run.finished.wait()
        made[0].journal_bytes = run.folder.journal.stat().st_size
    return run, made[0]


def many(wanted: argparse.Namespace) -> None:
    leaves = 100
    depths = list(range(1, wanted.trials // leaves + 1))
    preset = parse(PRESET.format(depths=depths, leaves=list(range(1, leaves + 1))), "many.toml")
    began, used = time.monotonic(), time.process_time()
    run, made = through(preset, wanted)
    wall, used = time.monotonic() - began, time.process_time() - used
    folds = 5 * len(depths) * leaves
    busy = made.busy_seconds / (wall * wanted.workers)
    print(f"{wanted.workers} pretended workers, {folds} folds of {wanted.seconds:g} s: {run.outcome} in {wall:.1f} s")
    folding = made.last_answer - made.first_task
    share = made.busy_seconds / (folding * wanted.workers)
    print(f"busy {share:.1%} from the first fold to the last, {busy:.1%} of the whole run, its start and end counted")
    print(f"{folds / folding:.0f} folds a second; load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")
    size = made.journal_bytes
    print(f"processor time {used / wall:.2f} cores; journal {size / 1e6:.1f} MB, {size / folds:.0f} bytes a fold")


def opened(wanted: argparse.Namespace) -> None:
    first = None
    for asks in map(int, wanted.open.split(",")):
        preset = parse(BAYES.format(trials=wanted.trials, open=asks), "open.toml")
        run, made = through(preset, wanted)
        seconds = made.last_answer - made.first_task
        first = first or seconds
        busy = made.busy_seconds / (seconds * wanted.workers)
        print(f"open {asks}: {run.outcome}, {wanted.trials} trials of 5 folds of {wanted.seconds:g} s on ", end="")
        print(f"{wanted.workers} workers in {seconds:.1f} s, {busy:.1%} busy: {first / seconds:.2f} times as fast")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--open", default="")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seconds", type=float)
    wanted = parser.parse_args()
    for name, one in (("workers", 64), ("trials", 50), ("seconds", 2.0)) if wanted.open else ():
        setattr(wanted, name, getattr(wanted, name) or one)
    for name, one in (("workers", 1000), ("trials", 20_000), ("seconds", 1.0)):
        setattr(wanted, name, getattr(wanted, name) or one)
    (opened if wanted.open else many)(wanted)


if __name__ == "__main__":
    main()
