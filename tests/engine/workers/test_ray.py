"""Searches on a real Ray cluster: the same as here, whatever becomes of its head. What all backends must do beside,
`test_backends` tries on Ray in `make soak`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
from places import SUPPORT
from processes import far_below, lives
from ray_cluster import RayCluster
from running import SLOW, TREE, TRUSTED, finish, in_order, preset_of, run_through, trials_of, troubles, wait_until
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.tui.sessions.run import Feed


def test_trials_and_troubles_are_those_of_this_machine(ray: RayCluster, tmp_path: Path) -> None:
    names = ("exit", "lambda", "unpickled", "nan", "interrupt", "segfault", "kill", "half_answer", "exit_hard", "stuck")
    # one timeout for both: what is never through takes just that long, and the others far less
    text = troubles(*names, timeout="timeout = 12.0").replace("[1, 2, 3, 4]", "[2]")
    runs = [
        launch(preset_of(text, tmp_path), Store(tmp_path / f"runs-{number}"), RunOptions(2, None, False, TRUSTED, at))
        for number, at in enumerate(("", ray.address))
    ]
    ends = []
    for state in map(finish, runs):
        assert state.phase == "done", state.reason
        ends.append([(t.params, t.phase, t.attempt, t.error, t.scores) for t in in_order(state.methods["grid"])])
    assert ends[0] == ends[1]
    assert [end[1] for end in ends[0]].count("failed") == len(names)
    assert state.cluster.hosts  # the far one's


def test_a_run_waits_for_its_head_and_goes_on_with_the_next(ray: RayCluster, tmp_path: Path) -> None:
    here = trials_of(run_through(preset_of(TREE, tmp_path), tmp_path / "here", workers=2))
    options = RunOptions(allow_imports=TRUSTED, cluster=ray.address)
    run = launch(preset_of(SLOW, tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.finished_trials >= 2)[1])
    ray.kill()
    try:
        wait_until(lambda: run.trouble)
    finally:
        ray.start()
    state = finish(run)
    assert state.phase == "done", state.reason
    assert {trial.attempt for trial in state.trials} == {1}
    assert trials_of(state) == here
    assert "ray" not in sys.modules


def test_nothing_far_away_outlives_a_run_that_is_killed(ray: RayCluster, tmp_path: Path) -> None:
    (tmp_path / "stuck.toml").write_text(troubles("stuck", "endless_family").replace("[1, 2, 3, 4]", "[1]"))
    command = [sys.executable, "-m", "tunetop", "run", "stuck.toml", "--headless", "--cluster", ray.address]
    with open(tmp_path / "out.txt", "wb") as out:
        process = subprocess.Popen(
            [*command, "--allow-import", "failing_estimators"],
            cwd=tmp_path,
            env=os.environ | {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "PYTHONPATH": str(SUPPORT)},
            stdout=out,
            stderr=out,
        )
    everybody: list[psutil.Process] = []
    try:
        wait_until(lambda: process.poll() is not None or any(map(_sleeps, far_below(ray.process.pid))), every=0.1)
        assert process.poll() is None, (tmp_path / "out.txt").read_text()
        everybody = far_below(ray.process.pid) + psutil.Process(process.pid).children(recursive=True)
    finally:  # what is left alive would keep the cluster from whoever comes next
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs(everybody, timeout=300)
    assert not alive
    assert " ray" not in (tmp_path / "out.txt").read_text().replace("ray:auto", "")


def _sleeps(process: psutil.Process) -> bool:
    """Tell whether it is what `endless_family` has started."""
    try:
        return lives(process) and "sleep" in process.name()
    except psutil.NoSuchProcess:
        return False
