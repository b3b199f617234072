"""Whatever a fit does to its worker: the trial fails with a reason, its neighbours do not notice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from processes import lives, workers_of
from running import finish, preset_of, run_through, wait_until
from tunetop.engine.launch import RunOptions, launch
from tunetop.engine.state import RunState
from tunetop.engine.store import Store
from tunetop.engine.text import is_harmless
from tunetop.tui.feed import Feed

TRUSTED = ("troubled",)


def troubles(*names: str, extra: str = "", mark: str = "", timeout: str = "") -> str:
    choices = ", ".join(f'"{name}"' for name in ("", *names))
    return f"""
title = "Troubled"
[data]
source = "sklearn:iris"
stratify = true
[model]
estimator = "troubled.Troubled"
params = {{ random_state = 0, mark = "{mark}" }}
[space]
trouble = [{choices}]
max_depth = {{ linear = [1, 4], integer = true, grid = [1, 2, 3, 4] }}
[score]
scoring = "accuracy"
folds = 3
{timeout}
{extra}
[[method]]
kind = "grid"
"""


def outcome(tmp_path: Path, *names: str, **options: str) -> RunState:
    preset = preset_of(troubles(*names, **options), tmp_path)
    return run_through(preset, tmp_path / "runs", workers=2, allow_imports=TRUSTED)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("exit", r"SystemExit: the fit tried to end its process \(exit code 7\)"),
        ("lambda", "ValueError: holds what cannot be pickled"),
        ("unpickled", "_OwnArguments: one and two"),
        ("nan", "nan|NaN"),
        ("memory", "MemoryError"),
        ("interrupt", "KeyboardInterrupt"),
        ("segfault", r"killed by SIGSEGV \(a crash in compiled code\); 3 workers died over this trial"),
        ("kill", r"killed by SIGKILL \(out of memory\?\); 3 workers died"),
        ("exit_hard", "ended with exit code 3; 3 workers died"),
    ],
)
def test_a_troubled_trial_fails_with_a_reason_and_the_others_do_not_notice(
    tmp_path: Path, trouble: str, reason: str
) -> None:
    import re

    state = outcome(tmp_path, trouble)
    assert state.phase == "done"
    trials = state.methods["grid"].trials.values()
    assert {trial.params["trouble"]: trial.phase for trial in trials} == {"": "done", trouble: "failed"}
    assert len(trials) == 8
    assert all(re.search(reason, text) for text in state.failures), list(state.failures)


def test_a_worker_killed_once_costs_its_trial_one_attempt(tmp_path: Path) -> None:
    state = outcome(tmp_path, "kill_once", mark=str(tmp_path / "mark"))
    grid = state.methods["grid"]
    assert grid.failed == 0
    assert sorted(trial.attempt for trial in grid.trials.values()) == [1] * 7 + [2]


def test_a_fit_that_never_ends_is_ended_by_its_timeout(tmp_path: Path) -> None:
    started = time.monotonic()
    state = outcome(tmp_path, "endless", timeout="timeout = 1.0")
    assert state.methods["grid"].failed == 4
    assert all("timeout of 1 s" in reason for reason in state.failures)
    # four endless folds on two workers, each given up within its limit and five seconds, and the start of the run
    assert time.monotonic() - started < 2 * (1.0 + 5.0) + 20


def test_what_a_fit_prints_reaches_nobody(tmp_path: Path) -> None:
    (tmp_path / "noisy.toml").write_text(troubles("noisy"))
    command = [sys.executable, "-m", "tunetop", "run", "noisy.toml", "--headless", "--allow-import", "troubled"]
    environment = os.environ | {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "xxxx" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.count(" trial ") == 1 + 8


def test_errors_and_warnings_arrive_harmless(tmp_path: Path) -> None:
    state = outcome(tmp_path, "hostile", "warn")
    (reason,) = state.failures
    assert is_harmless(reason)
    assert "gone" in reason
    warned = next(trial for trial in state.trials if trial.params.get("trouble") == "warn")
    assert warned.warnings == {r"UserWarning: \x1b[31mlook 0": 75, r"UserWarning: \x1b[31mlook 1": 75}


def test_a_killed_worker_costs_only_the_trial_it_held_and_is_back_soon(tmp_path: Path) -> None:
    text = troubles().replace("troubled.Troubled", "troubled.Slow").replace('mark = ""', "seconds = 0.1")
    text = text.replace('trouble = [""]\n', 'criterion = ["gini", "entropy", "log_loss"]\n').replace(
        "grid = [1, 2, 3, 4]", "grid = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]"
    )
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2, allow_imports=TRUSTED))
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.finished_trials)[1] >= 10)
    victim = next(iter(workers_of(os.getpid())))
    victim.kill()
    killed = time.monotonic()
    wait_until(lambda: not lives(victim) and len(workers_of(os.getpid())) == 2, 3.0)
    assert time.monotonic() - killed <= 3.0
    state = finish(run)
    grid = state.methods["grid"]
    assert grid.finished == 51
    assert grid.failed == 0
    assert sum(trial.attempt > 1 for trial in grid.trials.values()) <= 1


def test_no_worker_outlives_a_killed_run(tmp_path: Path) -> None:
    text = troubles("endless")
    (tmp_path / "endless.toml").write_text(text)
    command = [sys.executable, "-m", "tunetop", "run", "endless.toml", "--headless", "--allow-import", "troubled"]
    environment = os.environ | {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "PYTHONPATH": str(Path(__file__).parent)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    store = Store(tmp_path / "runs")
    wait_until(lambda: store.list() and (Feed(store.list()[0]).poll(), True)[1])
    feed = Feed(store.list()[0])
    wait_until(lambda: (feed.poll(), any(job[0] == "grid" for job in feed.state.running_jobs))[1])
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 3
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
