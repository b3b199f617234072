"""Whatever a fit does to its worker: the trial fails with a reason, its neighbours do not notice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hand_clock import HandClock
from places import SUPPORT
from processes import alive, lives, workers_of
from running import TRUSTED, finish, preset_of, run_through, troubles, wait_until
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.state import RunState
from tunetop.engine.text import is_harmless
from tunetop.engine.workers.warm import limit_threads
from turnstile import Turnstile


def outcome(tmp_path: Path, *names: str, **options: str) -> RunState:
    preset = preset_of(troubles(*names, **options), tmp_path)
    return run_through(preset, tmp_path / "runs", workers=2, allow_imports=TRUSTED)


REASONS = {
    "": "",
    "column": "",
    "list": "",
    "come_back_twice": "",
    "signalled": "",
    "exit": r"SystemExit: the fit tried to end its process \(exit code 7\)",
    "lambda": "ValueError: holds what cannot be pickled",
    "unpickled": "_OwnArguments: one and two",
    "nan": "nan|NaN",
    "memory": "MemoryError",
    "interrupt": "KeyboardInterrupt",
    "segfault": r"killed by SIGSEGV \(a crash in compiled code\); 3 workers died over this trial",
    "kill": r"killed by SIGKILL \(out of memory\?\); 3 workers died",
    "half_answer": r"killed by SIGKILL \(out of memory\?\); 3 workers died",
    "exit_hard": "ended with exit code 3; 3 workers died",
    "exit_quietly": "ended with exit code 0; 3 workers died",
}
"""What is said of a trial with each trouble; nothing: it is no trouble."""


def test_each_troubled_trial_fails_with_its_reason_and_the_others_do_not_notice(tmp_path: Path) -> None:
    text = troubles(*(trouble for trouble in REASONS if trouble)).replace("[1, 2, 3, 4]", "[1, 2]")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=2, allow_imports=TRUSTED)
    assert state.phase == "done"
    grid = state.methods["grid"]
    assert len(grid.trials) == 2 * len(REASONS)
    assert grid.test_score is not None
    for trial in grid.trials.values():
        reason = REASONS[str(trial.params["trouble"])]
        assert trial.phase == ("failed" if reason else "done"), trial
        assert re.search(reason, trial.error), trial
        if not reason:
            assert trial.attempt == 1


def test_a_worker_killed_once_costs_its_trial_one_attempt(tmp_path: Path) -> None:
    state = outcome(tmp_path, "kill_once", mark=str(tmp_path / "mark"))
    grid = state.methods["grid"]
    assert grid.failed == 0
    assert sorted(trial.attempt for trial in grid.trials.values()) == [1] * 7 + [2]


def test_a_worker_killed_over_a_winners_refit_costs_nothing(tmp_path: Path) -> None:
    text = troubles("kill_refit_once", mark=str(tmp_path / "mark")).replace('"", ', "")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=2, allow_imports=TRUSTED)
    assert (tmp_path / "mark").exists()
    assert state.methods["grid"].phase == "done"
    assert state.methods["grid"].test_score is not None


def test_a_fit_that_never_ends_is_ended_by_its_timeout(tmp_path: Path) -> None:
    text = troubles("endless", timeout="timeout = 2.0").replace("[1, 2, 3, 4]", "[1]")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=2, allow_imports=TRUSTED)
    trials = state.methods["grid"].trials.values()
    (trial,) = [trial for trial in trials if trial.params["trouble"] == "endless"]
    assert trial.phase == "failed"
    assert "timeout of 2 s" in trial.error
    assert trial.started_at is not None
    assert trial.finished_at is not None
    # from the moment at which the worker was given its first fold; that it ends at all, though it ignores SIGTERM
    assert trial.finished_at - trial.started_at >= 2.0


def test_a_timeout_is_one_folds_also_where_folds_are_handed_out_together(tmp_path: Path) -> None:
    text = (
        troubles(timeout="timeout = 8.0")
        .replace("failing_estimators.Troubled", "failing_estimators.Slow")
        .replace(', mark = ""', "")
    )
    text = text.replace('trouble = [""]\n', "seconds = [0.0, 2.8]\n").replace("[1, 2, 3, 4]", "[1]")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1, allow_imports=TRUSTED)
    slow = [trial for trial in state.methods["grid"].trials.values() if trial.params["seconds"]]
    assert len(slow) == 1
    assert all(sum(trial.fit_seconds) > 8.0 for trial in slow)
    assert state.failed_trials == 0


def test_a_winners_refit_which_has_more_rows_has_more_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark, clock = tmp_path / "mark", HandClock(monkeypatch)
    text = troubles("gated_refit", mark=str(mark), timeout="timeout = 4.0").replace('"", ', "")
    preset = preset_of(text.replace("[1, 2, 3, 4]", "[1]"), tmp_path)
    run = launch(preset, Store(tmp_path / "runs"), RunOptions(workers=2, allow_imports=TRUSTED))
    wait_until((tmp_path / "mark.begun").exists)
    # 120 rows after folds of 80: (3/2) cubed
    clock.let_pass(13.4)
    assert not run.finished.wait(0.3)
    mark.touch()
    grid = finish(run).methods["grid"]
    assert grid.phase == "done"
    assert grid.test_score is not None


def test_a_winners_refit_that_never_ends_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark, clock = tmp_path / "mark", HandClock(monkeypatch)
    text = troubles("gated_refit", mark=str(mark), timeout="timeout = 4.0").replace('"", ', "")
    preset = preset_of(text.replace("[1, 2, 3, 4]", "[1]"), tmp_path)
    run = launch(preset, Store(tmp_path / "runs"), RunOptions(workers=2, allow_imports=TRUSTED))
    # its time counts from when the worker is waited for, which may be after it began
    wait_until(lambda: (tmp_path / "mark.begun").exists() and clock.timed == 1)
    clock.let_pass(13.6)
    grid = finish(run).methods["grid"]
    assert (grid.phase, grid.failed) == ("failed", 0)
    assert grid.result is not None
    assert "the refit took longer than its timeout of 13.5 s" in grid.result.error


def test_a_timeout_longer_than_any_clock_is_none(tmp_path: Path) -> None:
    assert outcome(tmp_path, timeout="timeout = 1e300").failed_trials == 0


def test_no_fit_bears_what_another_one_has_changed_in_its_process(tmp_path: Path) -> None:
    meddlers = [f"meddle_{what}" for what in ("folder", "umask", "limit", "alarm", "signal")]
    # a worker that was meddled with is replaced: each of these fits takes one
    preset = preset_of(troubles(*meddlers).replace("[1, 2, 3, 4]", "[1, 2]"), tmp_path)
    state = run_through(preset, tmp_path / "runs", workers=1, allow_imports=TRUSTED)
    assert state.methods["grid"].finished == 2 * 6
    assert not state.failures
    assert {trial.attempt for trial in state.trials} == {1}, (tmp_path / "runs" / "small-1" / "log.txt").read_text()


def test_a_run_ends_with_the_reason_when_no_worker_can_be_made_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_TESTS_OWNER", str(os.getpid()))
    text = troubles().replace("failing_estimators.Troubled", "shy.Tree").replace(', mark = ""', "")
    text = text.replace('trouble = [""]\n', "")
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2, allow_imports=("shy",)))
    state = finish(run)
    assert (run.outcome, state.phase, state.failed_trials) == ("failed", "failed", 0)
    assert state.reason == run.trouble
    assert state.reason.startswith("no worker can be made ready: ")
    assert state.reason.endswith(r"RuntimeError: not in here \x1b[2J")
    assert not run.folder.is_locked()


def test_what_a_fit_has_started_ends_with_its_run(tmp_path: Path) -> None:
    state = outcome(tmp_path, "family", mark=str(tmp_path / "mark"))
    assert state.phase == "done"
    left = [int(pid) for pid in (tmp_path / "mark").read_text().split()]
    assert len(left) >= 4 * 3
    wait_until(lambda: not any(map(alive, left)))


def test_what_a_fit_prints_reaches_nobody_also_where_the_temporary_folder_is_too_long_for_a_socket(
    tmp_path: Path,
) -> None:
    long = tmp_path / ("scratch" * 12)
    long.mkdir()
    (tmp_path / "noisy.toml").write_text(troubles("noisy"))
    command = [
        sys.executable,
        "-m",
        "tunetop",
        "run",
        "noisy.toml",
        "--headless",
        "--allow-import",
        "failing_estimators",
    ]
    environment = os.environ | {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "PYTHONPATH": str(SUPPORT)}
    environment["TMPDIR"] = str(long)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert "xxxx" not in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stdout.count(" trial ") == 1 + 8


def test_threads_within_a_worker_sleep_while_they_wait_unless_they_were_asked_not_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY")
    limit_threads()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    limit_threads()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_errors_and_warnings_arrive_harmless(tmp_path: Path) -> None:
    state = outcome(tmp_path, "hostile", "warn")
    (reason,) = state.failures
    assert is_harmless(reason)
    assert "gone" in reason
    details = [trial.details for trial in state.failures[reason]]
    assert all("gone" in text and is_harmless(text) for text in details)
    warned = next(trial for trial in state.trials if trial.params.get("trouble") == "warn")
    assert warned.warnings == {r"UserWarning: \x1b[31mlook 0": 75, r"UserWarning: \x1b[31mlook 1": 75}


def test_a_killed_worker_costs_only_the_trial_it_held_and_is_back_before_another_fold_ends(tmp_path: Path) -> None:
    gate = Turnstile(tmp_path, 30)
    text = troubles().replace("failing_estimators.Troubled", "failing_estimators.Slow").replace(', mark = ""', "")
    text = (
        gate.text(text)
        .replace("folds = 3", "folds = 2")
        .replace('trouble = [""]\n', 'criterion = ["gini", "entropy", "log_loss"]\n')
        .replace("grid = [1, 2, 3, 4]", "grid = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]")
    )
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2, allow_imports=TRUSTED))
    gate.wait(2)
    victim = next(iter(workers_of(os.getpid())))
    # in a session of its own: what it writes to /dev/tty reaches nobody
    assert os.getsid(victim.pid) == victim.pid
    # likewise what makes workers: Ctrl+Z stops a run, but not them in the midst of being made
    assert os.getsid(victim.ppid()) == victim.ppid()
    victim.kill()
    wait_until(lambda: not lives(victim) and len(workers_of(os.getpid())) == 2)
    gate.open()
    state = finish(run)
    grid = state.methods["grid"]
    assert grid.finished == 51
    assert grid.failed == 0
    assert sum(trial.attempt > 1 for trial in grid.trials.values()) <= 1
