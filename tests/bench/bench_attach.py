"""Attaching to a large run, and what viewers cost the run that they watch.

A journal of 100,000 trials is written, as of a run that goes on, and `tunetop attach` is started on it in a pseudo
terminal: seconds to the first full screen (all trials counted, the table filled), and the process's greatest memory.
Then a paced writer appends trials while five viewers look on, stopped and let go on in turn (SIGSTOP, SIGCONT), so
that both ways of writing are timed under the same conditions.
Usage: python tests/bench/bench_attach.py [trials]
"""

from __future__ import annotations

import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import psutil
from terminal import Terminal
from tunetop.engine.events import (
    Axis,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Record,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.lines import encode_line
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store

SECONDS, MEGABYTES, SLOWER = 3.0, 400.0, 1.05
"""What must hold: first full screen, memory, and the time of a write with viewers against without."""

VIEWERS, ROUNDS, WRITES, PAUSE = 5, 40, 25, 0.02


def started(trials: int) -> RunStarted:
    """Return the header of a run of random trials."""
    axes = [Axis(name="C", scale="log", low=1e-4, high=1e4), Axis(name="gamma", scale="log", low=1e-6, high=1e1)]
    axes.append(Axis(name="kernel", scale="choice", labels=["rbf", "poly", "sigmoid"]))
    plans = [MethodPlan("baseline", "baseline", "Baseline", 1), MethodPlan("random", "random", "Random", trials)]
    return RunStarted(
        run="large-1",
        preset="large",
        title="A large run",
        digest="0" * 64,
        fingerprint="1" * 64,
        task="classification",
        estimator="SVC",
        scoring="accuracy",
        folds=5,
        train_rows=455,
        test_rows=114,
        features=30,
        workers=8,
        axes=axes,
        methods=plans,
    )


def finished(number: int, chance: random.Random) -> TrialFinished:
    """Return the record of one trial as a real run writes it."""
    params = {"C": 10 ** chance.uniform(-4, 4), "gamma": 10 ** chance.uniform(-6, 1), "kernel": "rbf"}
    return TrialFinished(
        method="random",
        number=number,
        params=params,
        state="done",
        scores=[chance.uniform(0.85, 0.99) for _ in range(5)],
        fit_seconds=[chance.uniform(0.001, 0.1) for _ in range(5)],
        score_seconds=[0.001] * 5,
        warnings={"ConvergenceWarning: not converged": 1} if number % 7 == 0 else {},
    )


def large_run(store: Store, trials: int) -> RunFolder:
    """Write a run of so many trials that has not ended."""
    folder = store.create("large", 'title = "A large run"\n')
    chance = random.Random(1)
    events = [started(trials + 10**6), MethodStarted(method="baseline")]
    with open(folder.journal, "wb") as file:
        number = 0

        def write(event: object) -> None:
            nonlocal number
            at = time.time() - (2 * trials - number) / 50
            file.write(encode_line(Record(1, number, at, event)))  # type: ignore[arg-type]
            number += 1

        for event in events:
            write(event)
        write(TrialFinished(method="baseline", number=0, params={}, state="done", scores=[0.9] * 5))
        write(MethodFinished(method="baseline", state="done", best=0, test_score=0.9))
        write(MethodStarted(method="random"))
        for trial in range(trials):
            event = finished(trial, chance)
            write(TrialStarted(method="random", number=trial, params=event.params))
            write(event)
    return folder


def attach(folder: RunFolder) -> Terminal:
    """Start a viewer in a terminal."""
    return Terminal([sys.executable, "-m", "tunetop", "attach", str(folder.path)], columns=120, rows=36)


def first_screen(folder: RunFolder, trials: int) -> tuple[float, float, float]:
    """Return the seconds to the first full screen, those of CPU among them, and the greatest memory in megabytes."""
    counted = re.compile(rf"\b{trials + 1:,}|\b{trials + 1}")
    row = re.compile(rf"\b{trials - 1} +random")
    began = time.monotonic()
    with attach(folder) as terminal:
        at = terminal.wait_for(lambda text: bool(counted.search(text) and row.search(text)), 120)
        spent = psutil.Process(terminal.process.pid).cpu_times()
        status = Path(f"/proc/{terminal.process.pid}/status").read_text()
    return at - began, spent.user + spent.system, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def write_times(journal: Journal, first: int) -> list[float]:
    """Return what each of some paced writes of finished trials took."""
    chance, times = random.Random(first), []
    for number in range(first, first + WRITES):
        event = finished(number, chance)
        began = time.perf_counter()
        journal.append(event)
        times.append(time.perf_counter() - began)
        time.sleep(PAUSE)
    return times


def viewers_cost(store: Store) -> tuple[float, float]:
    """Return the median seconds of a write without and with viewers."""
    folder = large_run(store, 10)
    journal = Journal.open(folder.journal)
    viewers = [attach(folder) for _ in range(VIEWERS)]
    try:
        for viewer in viewers:
            viewer.wait_for("A large run", 120)
        alone: list[float] = []
        watched: list[float] = []
        for turn in range(2 * ROUNDS):
            for viewer in viewers:
                os.kill(viewer.process.pid, signal.SIGCONT if turn % 2 else signal.SIGSTOP)
            (watched if turn % 2 else alone).extend(write_times(journal, 10 + turn * WRITES))
    finally:
        for viewer in viewers:
            viewer.close()
        journal.close()
    return statistics.median(alone), statistics.median(watched)


def main() -> None:
    """Measure, print, and fail where a bound is broken."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as root:
        store = Store(root)
        folder = large_run(store, trials)
        with folder.lock():
            seconds, cpu, megabytes = min(first_screen(folder, trials) for _ in range(3))
        size = folder.journal.stat().st_size / 1e6
        print(f"attach to {trials} trials ({size:.0f} MB): full screen after {seconds:.2f} s", end="")
        print(f" ({cpu:.2f} s of CPU), {megabytes:.0f} MB")
        alone, watched = viewers_cost(store)
        print(f"a write: {alone * 1e6:.0f} us alone, {watched * 1e6:.0f} us with {VIEWERS} viewers", end="")
        print(f" ({100 * (watched / alone - 1):+.1f} %)")
    if seconds > SECONDS or megabytes > MEGABYTES or watched > SLOWER * alone:
        raise SystemExit("a bound is broken")


if __name__ == "__main__":
    main()
