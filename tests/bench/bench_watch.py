"""What watching costs, and how fast studies are read: `python tests/bench/bench_watch.py [--fits N] [--trials N]`.

scikit-learn: pairs of a watched and an unwatched search, one after the other, so that what else the machine does falls
on both; told are the medians and their ratio. Optuna: a study of five parameters and ten reported values a trial.

Seen on a quiet machine of two cores, scikit-learn 1.9.1, Optuna 5.0.0. 1,000 trivial fits with n_jobs=2: 0.84 of the
unwatched time, -0.10 ms a fit. 8,000, medians of five pairs each, watched and unwatched: 3.81 and 7.34 s, 0.52; 3.79
and 8.96 s, 0.42; 3.75 and 6.94 s, 0.54. The fits themselves are some 3.6 s of that, which no watching makes less.
Busy, at a load of 9, three pairs of 8,000: 21.45 s and 196.84 s, 0.11. By CPU, at a load of 8 to 11, 4,000 watched
fits take 1.2 ms each, 1.0 to 1.1 of them in the workers; the fit itself is 0.87 to 1.04 ms of that. Optuna's 10,000
trials in SQLite: first picture 0.42 s, nothing new 6 µs, ten new 0.69 ms, +16 MB; as a journal 0.52 s, 4 µs, 0.54 ms,
+45 MB. Beside that Optuna's own RDBStorage 4.28 s, optuna-dashboard 5.6 s and, asked again, 1.2 s.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEARCH = """
import sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV
from tunetop import Watch
X, y = np.zeros((60, 2)), np.arange(60) % 2
def once(candidates, watched):
    grid = {"constant": [0, 1] * (candidates // 2)}
    search = GridSearchCV(DummyClassifier(strategy="constant"), grid, cv=5, n_jobs=2, refit=False)
    began = time.perf_counter()
    if watched:
        with Watch(runs_dir=sys.argv[2], quiet=True):
            search.fit(X, y)
    else:
        search.fit(X, y)
    return time.perf_counter() - began
once(4, True)
for _ in range(int(sys.argv[3])):
    print(once(int(sys.argv[1]) // 5, False), once(int(sys.argv[1]) // 5, True), flush=True)
"""

WIDTH, STEPS = 5, 10


def searches(fits: int, pairs: int, folder: Path) -> None:
    """Tell what watching costs a fit."""
    command = [sys.executable, "-c", SEARCH, str(fits), str(folder / "runs"), str(pairs)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    found = [tuple(map(float, line.split())) for line in lines if line]
    plain, watched = (statistics.median(side) for side in zip(*found, strict=True))
    cost = statistics.median((b - a) / fits for a, b in found)
    print(f"{fits:,} trivial fits, n_jobs=2: unwatched {plain:.2f} s, watched {watched:.2f} s, ratio", end=" ")
    print(f"{watched / plain:.2f}, {1000 * cost:+.3f} ms a fit (median of {len(found)} pairs)")


def distribution() -> str:
    return json.dumps(
        {"name": "FloatDistribution", "attributes": {"step": None, "low": 0.0, "high": 1.0, "log": False}}
    )


def make_sqlite(path: Path, trials: int) -> None:
    """Make a study as Optuna would have, its rows written directly: Optuna takes minutes for as many."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    optuna.create_study(storage=f"sqlite:///{path}", study_name="bench")
    add_sqlite(path, 1, trials)


def add_sqlite(path: Path, first: int, count: int) -> None:
    connection = sqlite3.connect(path)
    ids = range(first, first + count)
    when = "2026-01-01 00:00:00.000000"
    with connection:
        connection.executemany(
            "INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete) "
            "VALUES (?, ?, 1, 'COMPLETE', ?, ?)",
            [(i, i - 1, when, when) for i in ids],
        )
        connection.executemany(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)",
            [(i, f"p{p}", (i * 7 + p) % 1000 / 1000, distribution()) for i in ids for p in range(WIDTH)],
        )
        connection.executemany(
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, 'FINITE')",
            [(i, i % 997 / 997) for i in ids],
        )
        connection.executemany(
            "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
            "VALUES (?, ?, ?, 'FINITE')",
            [(i, step, (i + step) % 997 / 997) for i in ids for step in range(STEPS)],
        )
    connection.close()


def journal_lines(first: int, count: int) -> str:
    when, one = "2026-01-01T00:00:00.000000", distribution()
    lines: list[dict[str, Any]] = []
    for i in range(first - 1, first - 1 + count):
        lines.append({"op_code": 4, "worker_id": "w", "study_id": 0, "datetime_start": when})
        for p in range(WIDTH):
            value = (i * 7 + p) % 1000 / 1000
            lines.append({"op_code": 5, "worker_id": "w", "trial_id": i, "param_name": f"p{p}",
                          "param_value_internal": value, "distribution": one})  # fmt: skip
        for step in range(STEPS):
            value = (i + step) % 997 / 997
            lines.append({"op_code": 7, "worker_id": "w", "trial_id": i, "step": step, "intermediate_value": value})
        lines.append({"op_code": 6, "worker_id": "w", "trial_id": i, "state": 1, "values": [i % 997 / 997],
                      "datetime_complete": when})  # fmt: skip
    return "".join(json.dumps(line) + "\n" for line in lines)


def make_journal(path: Path, trials: int) -> None:
    head = {"op_code": 0, "worker_id": "w", "study_name": "bench", "directions": [1]}
    path.write_text(json.dumps(head) + "\n" + journal_lines(1, trials))


def add_journal(path: Path, first: int, count: int) -> None:
    with path.open("a") as file:
        file.write(journal_lines(first, count))


def studies(kind: str, trials: int, folder: Path) -> None:
    """Tell how fast a study is read: from nothing to a picture, with nothing new, with ten new trials."""
    from tunetop.engine.sources.find import source_of
    from tunetop.tui.render.look import LOOKS
    from tunetop.tui.sessions.source import SourceFeed
    from tunetop.tui.views.catalog import VIEWS
    from tunetop.tui.views.options import ViewOptions

    path = folder / f"study.{'db' if kind == 'SQLite' else 'log'}"
    make, add = (make_sqlite, add_sqlite) if kind == "SQLite" else (make_journal, add_journal)
    make(path, trials)
    before = resident()
    began, busy = time.perf_counter(), time.process_time()
    feed = SourceFeed(source_of(str(path)))
    while feed.poll(0.2) or feed.behind:
        pass
    VIEWS["trajectory"].draw(feed.state, ViewOptions(), 80, 24, LOOKS["dark"])
    first, busy = time.perf_counter() - began, time.process_time() - busy
    assert feed.state.finished_trials == trials
    nothing = statistics.median(timed(feed.poll) for _ in range(200))
    tens = []
    for place in range(10):
        add(path, trials + 1 + 10 * place, 10)
        tens.append(timed(feed.poll))
    assert feed.state.finished_trials == trials + 100
    grown = (resident() - before) / 2**20
    print(f"{kind}, {trials:,} trials: first picture {first:.2f} s ({busy:.2f} s of CPU),", end=" ")
    print(f"nothing new {1e6 * nothing:.0f} µs,", end=" ")
    print(f"ten new {1000 * statistics.median(tens):.2f} ms, memory +{grown:.0f} MB")


def optunas_own(folder: Path) -> None:
    """Tell how long Optuna itself takes to read the same study, as its dashboard does at every look."""
    import optuna

    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'study.db'}")
    print(f"Optuna's RDBStorage, the same SQLite study: {timed(lambda: storage.get_all_trials(1)):.2f} s")


def dashboards_own(folder: Path) -> None:
    """Tell how long optuna-dashboard takes for its page of the same study, the first time and a second one."""
    if importlib.util.find_spec("optuna_dashboard") is None:
        print("optuna-dashboard is not installed: pip install optuna-dashboard")
        return
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    main = "from optuna_dashboard._cli import main; main()"
    words = ["-c", main, f"sqlite:///{folder / 'study.db'}", "--port", str(port)]
    server = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while server.poll() is None and time.monotonic() < until:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        address = f"http://127.0.0.1:{port}/api/studies/1?after=0"
        took = [timed(lambda: urllib.request.urlopen(address, timeout=300).read()) for _ in range(2)]
        print(f"optuna-dashboard, the same SQLite study: {took[0]:.1f} s, asked again {took[1]:.1f} s")
    finally:
        server.terminate()
        server.wait(30)


def resident() -> int:
    """Return the bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fits", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--many", type=int, default=0, help="also one pair of so many, as 8,000: quadratic in 1.9.1")
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--only", choices=["searches", "studies"])
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        if arguments.only != "studies":
            searches(arguments.fits, arguments.pairs, Path(name))
            if arguments.many:
                # on a busy machine the difference is larger: load 7 to 18 on two cores, 1,349 s and 34 s, once
                searches(arguments.many, 1, Path(name))
        if arguments.only != "searches":
            for kind in ("journal", "SQLite"):
                studies(kind, arguments.trials, Path(name))
            optunas_own(Path(name))
            dashboards_own(Path(name))


if __name__ == "__main__":
    main()
