"""Workers that die between two tasks, and workers that a dying run must take along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from processes import lives, workers_of
from running import finish, preset_of, run_through, trials_of, wait_until
from test_run import SLOW, TRUSTED
from test_workers import troubles
from tunetop.engine.launch import RunOptions, launch
from tunetop.engine.store import Store
from tunetop.tui.feed import Feed


@pytest.mark.parametrize("killed", [1, 2])
def test_idle_workers_that_are_killed_are_replaced_and_no_trial_notices(tmp_path: Path, killed: int) -> None:
    run = launch(preset_of(SLOW, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2, allow_imports=TRUSTED))
    feed = Feed(run.folder)
    for finished in (3, 10):
        wait_until(lambda finished=finished: (feed.poll(), feed.state.finished_trials >= finished)[1])
        run.pause()
        wait_until(lambda: (feed.poll(), feed.state.phase == "paused" and not feed.state.running_jobs)[1])
        wait_until(lambda: len(workers_of(os.getpid())) == 2)
        victims = workers_of(os.getpid())[:killed]
        for victim in victims:
            victim.kill()
        wait_until(lambda victims=victims: not any(map(lives, victims)))
        run.unpause()
    state = finish(run)
    assert state.phase == "done"
    assert state.failed_trials == 0
    assert all(trial.attempt == 1 for trial in state.trials)
    undisturbed = run_through(preset_of(SLOW, tmp_path), tmp_path / "others", workers=2, allow_imports=TRUSTED)
    assert trials_of(state) == trials_of(undisturbed)


def test_a_worker_stuck_in_compiled_code_dies_with_its_run(tmp_path: Path) -> None:
    (tmp_path / "stuck.toml").write_text(troubles("stuck"))
    command = [sys.executable, "-m", "tunetop", "run", "stuck.toml", "--headless", "--allow-import", "troubled"]
    environment = os.environ | {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "PYTHONPATH": str(Path(__file__).parent)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    store = Store(tmp_path / "runs")
    wait_until(store.list)
    feed = Feed(store.list()[0])
    wait_until(lambda: (feed.poll(), any(job[0] == "grid" for job in feed.state.running_jobs))[1])
    wait_until(lambda: any(map(_sleeps_in_c, psutil.Process(process.pid).children(recursive=True))))
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


def _sleeps_in_c(process: psutil.Process) -> bool:
    try:
        return "nanosleep" in Path(f"/proc/{process.pid}/wchan").read_text()
    except OSError:
        return False
