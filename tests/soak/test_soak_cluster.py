"""A cluster's slow troubles. Run once on two busy cores: a frozen worker was known after 16 s, and back 1.1 s after it
could go on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from dask_cluster import DaskCluster
from running import SLOW, TREE, TRUSTED, finish, preset_of, run_through, trials_of, wait_until
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.tui.sessions.run import Feed

pytestmark = pytest.mark.soak


def test_the_folds_of_a_frozen_worker_are_done_elsewhere_at_no_charge(dask: DaskCluster, tmp_path: Path) -> None:
    here = run_through(preset_of(TREE, tmp_path), tmp_path / "here", workers=2)
    slower = SLOW.replace("seconds = 0.05", "seconds = 1.5")
    options = RunOptions(allow_imports=TRUSTED, cluster=dask.address)
    run = launch(preset_of(slower, tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.finished_trials >= 1)[1])
    frozen = dask.workers[1].pid
    os.kill(frozen, signal.SIGSTOP)
    try:
        began = time.monotonic()
        wait_until(lambda: (feed.poll(), feed.state.workers == 2)[1], 60)
        print(f"known after {time.monotonic() - began:.1f} s")
    finally:
        os.kill(frozen, signal.SIGCONT)
    began = time.monotonic()
    wait_until(lambda: (feed.poll(), feed.state.workers == 3)[1], 60)
    print(f"back after {time.monotonic() - began:.1f} s")
    state = finish(run)
    assert state.phase == "done", state.reason
    assert {trial.attempt for trial in state.trials} == {1}
    assert trials_of(state) == trials_of(here)
