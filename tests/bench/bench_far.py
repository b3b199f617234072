"""What a cluster adds to a fold, on a Dask scheduler or a Ray head of this machine's, and what its deaths cost.

    python tests/bench/bench_far.py dask|ray [--pairs 2] [--only job,limits,folds,deaths]

- `job`: seconds of a place's time for a task that fits nothing, with one more lying ready (depth 2).
- `limits`: when a fold that never ends is told to be over, with a timeout of 2 s.
- `folds`: 200 folds of an MLP, far away against here in pairs, two workers each, and how busy those were.
- `deaths` (Dask): a far worker killed: until that is known, until its fold is begun again; and whether it is charged.

On two cores that nobody else used, five pairs:

| | Dask | Ray | here |
|---|---|---|---|
| a job that fits nothing, depth 2 | 9.1 to 9.3 ms | 2.2 to 2.3 ms | 0.9 to 1.0 ms |
| a timeout of 2 s is told after | 2.03 s | 2.02 s | |
| 200 folds, far / here: median (least to most) | 1.22 (1.19 to 1.24) | 1.30 (1.24 to 1.32) | 1 |
| busy | 0.90 to 0.91 | 0.77 to 0.80 | 0.93 to 0.94 |
| a far worker killed: known, its fold begun again | 0.11 s, 0.13 s, at no charge | | |
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import os
import queue
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support")]

from dask_cluster import DaskCluster
from processes import posts_below
from ray_cluster import RayCluster
from running import TREE, parse, preset_of, run_through, troubles
from tunetop.engine.model.estimators import ALLOWED
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.workers.backends import make_workers
from tunetop.engine.workers.base import Answer, Kit, Lost, Workers
from tunetop.engine.workers.task import FoldTask

NOTHING = """
title = "Nothing"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.dummy.DummyClassifier"
[space]
strategy = ["prior"]
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
"""

MLP = """
title = "MLP"
[data]
source = "sklearn:digits"
[model]
estimator = "sklearn.neural_network.MLPClassifier"
params = { max_iter = 12, random_state = 0, hidden_layer_sizes = [100] }
[space]
alpha = { log = [1e-6, 1e-1] }
[score]
scoring = "accuracy"
folds = 5
[[method]]
kind = "random"
trials = 39
"""


def workers_at(engine: str, text: str, address: str, folder: Path, size: int) -> Workers:
    """Return workers, once they are ready."""
    folder.mkdir()
    allowed = (*ALLOWED, "counting", "failing_estimators")
    problem = load_problem(preset_of(text, folder), allowed)
    kit = Kit(size, folder / "work", Path(problem.preset.path), allowed, address, folder / "log.txt")
    workers = make_workers(engine, kit)
    workers.prepare(problem)
    while workers.size < size:
        time.sleep(0.05)
    return workers


def job(engine: str, address: str, folder: Path, tasks: int = 150) -> None:
    """Measure tasks that fit nothing, two at a place at any time."""
    workers = workers_at(engine, NOTHING, address, folder / f"job-{engine}", 1)
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    task = FoldTask({"strategy": "prior"}, (0,))
    seconds = []
    for _ in range(3):
        for _ in range(2):
            workers.submit(task, answers.put, None)
        answers.get(timeout=60)
        began = time.monotonic()
        for _ in range(tasks):
            workers.submit(task, answers.put, None)
            assert isinstance(answers.get(timeout=60), list)
        seconds.append((time.monotonic() - began) / tasks)
        answers.get(timeout=60)
    workers.close(at_once=True)
    print(f"{engine}: a job that fits nothing, depth 2: {', '.join(f'{1e3 * one:.1f}' for one in seconds)} ms")


def limits(engine: str, address: str, folder: Path, timeout: float = 2.0) -> None:
    """Measure when folds that never end are ended."""
    workers = workers_at(engine, troubles("endless", "stuck"), address, folder / "limits", 1)
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    seconds = []
    for trouble in ("", "endless", "stuck", "endless", "stuck"):
        began = time.monotonic()
        workers.submit(FoldTask({"trouble": trouble, "max_depth": 2}, (0,)), answers.put, timeout)
        answer = answers.get(timeout=60)
        if trouble:
            assert isinstance(answer, Lost)
            assert answer.timed_out
            seconds.append(time.monotonic() - began)
    workers.close(at_once=True)
    print(f"a timeout of {timeout:g} s: told after {', '.join(f'{one:.2f}' for one in seconds)} s")


def folds(address: str, folder: Path, pairs: int) -> None:
    """Measure 200 folds far away and here, in pairs."""
    preset = parse(MLP, "mlp.toml")
    ratios = []
    for pair in range(pairs):
        wall, busy = {}, {}
        for place, where in (("here", ""), ("far", address)) if pair % 2 else (("far", address), ("here", "")):
            state = run_through(preset, folder / f"{place}-{pair}", workers=2, cluster=where)
            done = [trial for trial in state.trials if trial.phase == "done"]
            assert sum(len(trial.scores) for trial in done) == 200
            wall[place] = max(trial.finished_at for trial in done) - min(trial.started_at for trial in done)
            busy[place] = sum(sum(trial.fit_seconds) for trial in done) / (2 * wall[place])
        ratios.append(wall["far"] / wall["here"])
        print(f"200 MLP folds: far {wall['far']:.1f} s, {busy['far']:.2f} busy; here {wall['here']:.1f} s, ", end="")
        print(f"{busy['here']:.2f} busy; ratio {ratios[-1]:.2f}; load {os.getloadavg()[0]:.0f}")
    print(f"median ratio {statistics.median(ratios):.2f}")


def deaths(cluster: DaskCluster, folder: Path) -> None:
    """Kill a far worker that does a fold, while another place is free."""
    ledger = folder / "ledger"
    text = TREE.replace("sklearn.tree.DecisionTreeClassifier", "counting.Counted")
    text = text.replace("random_state = 0", f'random_state = 0, seconds = 8.0, ledger = "{ledger}"')
    extra = cluster.start_worker(1), cluster.start_worker(1)
    workers = workers_at("dask", text, cluster.address, folder / "deaths", 4)
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    # a fold at each of three places, one of which is to die; the fourth is free
    for depth in (1, 2, 3):
        workers.submit(FoldTask({"max_depth": depth}, (0,)), answers.put, None)
    while not ledger.exists() or len(ledger.read_text().splitlines()) < 3:
        time.sleep(0.01)
    dying = next(one for one in (cluster.workers[0], *extra) if len(posts_below(one.pid)) > 2)
    known = threading.Event()
    size = workers.size
    workers.listen(lambda: known.set() if workers.size < size else None)
    began, told = time.monotonic(), time.time()
    dying.kill()
    assert known.wait(30)
    seconds = time.monotonic() - began
    lost = 3
    while len(lines := ledger.read_text().splitlines()) <= lost:
        time.sleep(0.01)
    again = float(lines[lost].split()[0]) - told
    assert all(isinstance(answers.get(timeout=60), list) for _ in range(3))
    workers.close(at_once=True)
    for one in extra:
        one.kill()
        one.wait()
    print(f"a far worker killed: known after {seconds:.2f} s, its fold begun again after {again:.2f} s, charged 0")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=("dask", "ray"))
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--only", default="job,limits,folds,deaths")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cluster").mkdir()
        cluster = DaskCluster(folder / "cluster", threads=(2,)) if wanted.engine == "dask" else RayCluster(2)
        if isinstance(cluster, RayCluster):
            os.environ |= cluster.join
        try:
            print(f"{wanted.engine}, load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")
            if "job" in wanted.only:
                job(wanted.engine, cluster.address, folder)
                job("local", "", folder)
            if "limits" in wanted.only:
                limits(wanted.engine, cluster.address, folder)
            if "folds" in wanted.only:
                folds(cluster.address, folder, wanted.pairs)
            if "deaths" in wanted.only and isinstance(cluster, DaskCluster):
                deaths(cluster, folder)
        finally:
            cluster.close()


if __name__ == "__main__":
    main()
