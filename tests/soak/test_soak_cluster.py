"""A cluster's slow troubles. Run once on two busy cores: a frozen worker was known after 16 s, and back 1.1 s after it
could go on (14 and 1.2 s another time). A pulled cable was noticed after 18 s, and nothing was alive on the cut-off
host after 36 s."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import hosts
import psutil
import pytest
from dask_cluster import DaskCluster
from processes import posts_below
from running import SLOW, TREE, TRUSTED, finish, locked, preset_of, run_through, trials_of, wait_until
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


@pytest.mark.skipif(not hosts.possible(), reason="hosts are network namespaces, which need root, ip and unshare")
def test_a_host_whose_cable_is_pulled_is_noticed_and_nothing_stays_alive_there(tmp_path: Path) -> None:
    here = run_through(preset_of(TREE, tmp_path), tmp_path / "here", workers=2)
    (tmp_path / "cluster").mkdir()
    ada, bob = (hosts.Host(name, number, tmp_path) for number, name in enumerate(("ada", "bob"), 1))
    cluster, gate = DaskCluster(tmp_path / "cluster", listen="0.0.0.0"), tmp_path / "gate"
    try:
        cluster.workers = [cluster.start_worker(2, host=host) for host in (ada, bob)]
        options = RunOptions(None, None, True, TRUSTED, cluster.address)
        run = launch(preset_of(locked(gate), tmp_path), Store(tmp_path / "runs"), options)
        feed = Feed(run.folder)
        wait_until(lambda: (feed.poll(), feed.state.cluster.busy() == {"ada": 2, "bob": 2})[1])
        # the post, its fork server, and a worker for each of the two folds
        wait_until(lambda: len(posts_below(cluster.workers[1].pid)) >= 4, every=0.1)
        alive = posts_below(cluster.workers[1].pid)
        began = time.monotonic()
        bob.pull_cable()
        wait_until(lambda: (feed.poll(), feed.state.cluster.hosts == {"ada": 2})[1], every=0.05)
        noticed = time.monotonic() - began
        _, alive = psutil.wait_procs(alive, timeout=60 - noticed)
        print(
            f"noticed after {noticed:.1f} s, nothing alive on the cut-off host after {time.monotonic() - began:.1f} s"
        )
        assert not alive
        assert noticed < 35
        gate.touch()
        state = finish(run)
        assert state.phase == "done", state.reason
        assert {trial.attempt for trial in state.trials} == {1}
        assert trials_of(state) == trials_of(here)
    finally:
        gate.touch()
        cluster.close()
        ada.close()
        bob.close()
