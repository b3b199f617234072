"""Whole processes against the plain scikit-learn scripts of the same searches, in pairs, measured in turn.

`python tests/bench/bench_run.py [--pairs 5] [--only NAME]` prints, for each comparison, the ratio of wall times: its
median and range over the pairs. Worker utilisation is read from the journal of a run.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "support"))
CANCER = ["breast_cancer_mlp", "--methods", "grid,random,refine"]
TITANIC = ["titanic_logistic", "--methods", "grid,random"]

SLEEPING = """
title = "Sleeping"
[data]
source = "sklearn:breast_cancer"
stratify = true
seed = 42
[model]
estimator = "sleeping.SleepingMLP"
params = {{ recorded = "{recorded}" }}
prepare_before_split = ["standard"]
{rest}"""


def seconds_of(command: list[str], runs: Path) -> float:
    """Return the wall seconds of a whole process; fail loudly if it fails."""
    environment = os.environ | {"TUNETOP_RUNS_DIR": str(runs), "PYTHONPATH": str(HERE)}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{command} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return seconds


def pairs(name: str, ours: list[str], theirs: list[str], limit: float, count: int, runs: Path) -> None:
    """Measure both in turn, `count` times, and print the ratios."""
    ratios, mine, other = [], [], []
    for _ in range(count):
        mine.append(seconds_of(ours, runs))
        other.append(seconds_of(theirs, runs))
        ratios.append(mine[-1] / other[-1])
    middle = statistics.median(ratios)
    seconds = f"{statistics.median(mine):7.2f} s / {statistics.median(other):7.2f} s"
    spread = f"({min(ratios):.3f} … {max(ratios):.3f}, {count} pairs)"
    word = "ok" if middle <= limit else "OVER"
    print(f"{name:<30} {seconds} = {middle:.3f} {spread}   limit {limit:.2f}  {word}", flush=True)


def seconds_to_the_end(command: list[str], runs: Path, screen: bool) -> float:
    """Return the seconds from a process's start to its run's last record, with a screen (on a real terminal) or not."""
    from tunetop.engine.record.store import Store
    from whole_journal import read

    before = {folder.id for folder in Store(runs).list()}
    began = time.time()
    if screen:
        watched(command, runs, len(before) + 1)
    else:
        seconds_of([*command, "--headless"], runs)
    folder = next(folder for folder in Store(runs).list() if folder.id not in before)
    return read(folder.journal).records[-1].t - began


def watched(command: list[str], runs: Path, count: int) -> None:
    """Run a program on a terminal until there are so many runs with a summary, at hardly any cost of its own."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    environment = os.environ | {"TUNETOP_RUNS_DIR": str(runs), "TUNETOP_CONFIG_DIR": str(runs)}
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
    )
    os.close(terminal)
    while len(list(runs.glob("*/summary.json"))) < count:
        if select.select([controller], [], [], 0.25)[0]:
            os.read(controller, 1 << 16)
    process.kill()
    process.wait()
    os.close(controller)


def screen_pairs(count: int, limit: float, runs: Path) -> None:
    """Compare the breast cancer run with the screen and without, in turn, and print the ratios."""
    command = [sys.executable, "-m", "tunetop", "run", *CANCER]
    ratios = []
    for number in range(count):
        with_screen_first = bool(number % 2)
        seconds = {screen: seconds_to_the_end(command, runs, screen) for screen in (with_screen_first, not number % 2)}
        ratios.append(seconds[True] / seconds[False])
        print(f"  with the screen {seconds[True]:.2f} s, headless {seconds[False]:.2f} s", flush=True)
    middle = statistics.median(ratios)
    word = "ok" if middle <= limit else "OVER"
    spread = f"({min(ratios):.3f} … {max(ratios):.3f}, {count} pairs)"
    print(f"with the screen / headless = {middle:.3f} {spread}   limit {limit:.2f}  {word}", flush=True)


BRIEF = """
title = "Brief folds"
[data]
source = "sklearn:breast_cancer"
stratify = true
seed = 42
[model]
estimator = "sklearn.naive_bayes.GaussianNB"
[space]
var_smoothing = {{ log = [1e-12, 1.0], grid = [{grid}] }}
[score]
scoring = "accuracy"
folds = 5
[[method]]
kind = "grid"
"""


def brief(count: int, limit: float, runs: Path) -> None:
    """Print what 1,600 trials of five folds of a millisecond cost above their fits and scores, on two workers.

    The seconds are those from the method's first record to its last, headless; fits are slower on a busy machine, too.
    """
    from tunetop.engine.events import MethodFinished, MethodStarted, TrialFinished
    from tunetop.engine.record.store import Store
    from whole_journal import read

    preset, mine = runs / "brief.toml", runs / "brief"
    preset.write_text(BRIEF.format(grid=", ".join(f"{10 ** (12 * step / 1599 - 12)!r}" for step in range(1600))))
    ratios = []
    for number in range(count):
        command = [sys.executable, "-m", "tunetop", "run", str(preset), "--headless", "--workers", "2"]
        seconds_of(command, mine / str(number))
        (folder,) = Store(mine / str(number)).list()
        grid = [(r.t, r.event) for r in read(folder.journal).records if getattr(r.event, "method", "") == "grid"]
        began = next(t for t, event in grid if isinstance(event, MethodStarted))
        ended = next(t for t, event in grid if isinstance(event, MethodFinished))
        trials = [event for _, event in grid if isinstance(event, TrialFinished)]
        work = sum(sum(trial.fit_seconds) + sum(trial.score_seconds) for trial in trials)
        ratios.append((ended - began) / (work / 2))
        print(f"  {len(trials)} trials in {ended - began:.2f} s, fits and scores {work:.2f} s", flush=True)
    middle = statistics.median(ratios)
    word = "ok" if middle <= limit else "OVER"
    spread = f"({min(ratios):.3f} … {max(ratios):.3f}, {count} runs)"
    print(f"brief folds: wall / (work / 2) = {middle:.3f} {spread}   limit {limit:.2f}  {word}", flush=True)


def record(runs: Path, target: Path) -> None:
    """Write the recording for `sleeping.SleepingMLP` from the latest breast cancer run."""
    from sleeping import key
    from tunetop.engine.record.predictions import unpack
    from tunetop.engine.record.run_folder import load_state
    from tunetop.engine.record.store import Store

    folder = next(f for f in Store(runs).list() if f.id.startswith("breast_cancer_mlp-"))
    state, _ = load_state(folder)
    table = {}
    for trial in state.trials:
        point = trial.params or {"learning_rate_init": 0.001, "alpha": 0.0001}
        if trial.fit_seconds:
            seconds = [fit + score for fit, score in zip(trial.fit_seconds, trial.score_seconds, strict=True)]
            table[key(**point)] = (seconds, [int(value) for value in unpack(trial.predictions)])
    target.write_text(json.dumps(table))


def utilisation(runs: Path) -> None:
    """Print each method's sum of fit seconds over wall seconds times workers, from the latest in-turn run."""
    from tunetop.engine.events import MethodFinished, MethodStarted, TrialFinished
    from tunetop.engine.record.store import Store
    from whole_journal import read

    folder = next(f for f in Store(runs).list() if f.id.startswith("breast_cancer_mlp-"))
    records = read(folder.journal).records
    workers = records[0].event.workers
    begun = next(r.t for r in records if isinstance(r.event, MethodStarted))
    ended = max(r.t for r in records if isinstance(r.event, MethodFinished))
    finished = [r.event for r in records if isinstance(r.event, TrialFinished)]
    busy = sum(sum(trial.fit_seconds) + sum(trial.score_seconds) for trial in finished)
    busy += sum(r.event.refit_seconds or 0 for r in records if isinstance(r.event, MethodFinished))
    print(f"fit seconds / (wall x workers) while methods run: {busy / ((ended - begun) * workers):.3f}   limit 0.90")


def main() -> None:
    """Run the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", choices=["turn", "together", "sleep", "titanic", "screen", "brief"])
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    tunetop = [sys.executable, "-m", "tunetop", "run"]
    script = [sys.executable, str(HERE / "plain_scripts.py")]
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        chosen = options.only
        if chosen in (None, "titanic"):
            pairs("titanic", [*tunetop, *TITANIC, "--headless"], [*script, "titanic"], 0.65, options.pairs, runs)
        if chosen in (None, "brief"):
            brief(options.pairs, 1.4, runs)
        if chosen in (None, "turn"):
            ours = [*tunetop, *CANCER, "--headless"]
            pairs("breast cancer, in turn", ours, [*script, "breast_cancer"], 0.92, options.pairs, runs)
            utilisation(runs)
        if chosen in (None, "screen"):
            screen_pairs(options.pairs, 1.03, runs)
        if chosen in (None, "together"):
            ours = [*tunetop, *CANCER, "--headless", "--together"]
            pairs("breast cancer, together", ours, [*script, "breast_cancer"], 0.90, options.pairs, runs)
        if chosen in (None, "sleep"):
            if chosen == "sleep":
                seconds_of([*tunetop, *CANCER, "--headless", "--together"], runs)
            recorded = runs / "recorded.json"
            record(runs, recorded)
            shipped = (HERE.parents[1] / "presets" / "breast_cancer_mlp.toml").read_text()
            preset = runs / "sleeping.toml"
            preset.write_text(SLEEPING.format(recorded=recorded, rest=shipped[shipped.index("[space]") :]))
            methods = ["--methods", "grid,random,refine", "--together", "--headless", "--workers", "16"]
            ours = [*tunetop, str(preset), *methods, "--allow-import", "sleeping"]
            theirs = [*script, "breast_cancer", "--jobs", "16", "--sleep", str(recorded)]
            pairs("recorded sleeps, 16 workers", ours, theirs, 0.55, options.pairs, runs)


if __name__ == "__main__":
    main()
