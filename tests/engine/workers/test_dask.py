"""Searches on a real Dask cluster: the same as here, whatever becomes of its workers and its scheduler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from dask_cluster import DaskCluster
from places import SUPPORT
from processes import lives, posts_below
from running import SLOW, TREE, TRUSTED, finish, preset_of, run_through, trials_of, troubles, wait_until
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.state import RunState
from tunetop.engine.workers import versions
from tunetop.tui.sessions.run import Feed


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> RunState:
    """TREE as it comes out on this machine."""
    folder = tmp_path_factory.mktemp("here")
    return run_through(preset_of(TREE, folder), folder / "runs", workers=2)


@pytest.mark.parametrize(("places", "together"), [(1, False), (2, True), (3, False)])
def test_trials_scores_and_winners_are_those_of_this_machine(
    dask: DaskCluster, here: RunState, tmp_path: Path, places: int, together: bool
) -> None:
    preset = preset_of(TREE, tmp_path)
    state = run_through(preset, tmp_path / "runs", workers=places, together=together, cluster=dask.address)
    assert state.phase == "done", state.reason
    assert trials_of(state) == trials_of(here)
    # a run so short may be over before its last place has said that it is there, and changes are told once a second
    assert 1 <= state.workers == sum(state.cluster.hosts.values()) <= places
    hosts = set(state.cluster.hosts)
    fitted = [trial for trial in state.trials if trial.reused is None]
    assert all(trial.hosts is not None and set(trial.hosts.values()) <= hosts for trial in fitted)


def test_every_trouble_has_the_same_end_as_on_this_machine(dask: DaskCluster, tmp_path: Path) -> None:
    names = ("exit", "lambda", "unpickled", "nan", "interrupt", "segfault", "kill", "half_answer", "exit_hard", "stuck")
    text = troubles(*names, timeout="timeout = 5.0").replace("[1, 2, 3, 4]", "[2]")
    ends = []
    for number, cluster in enumerate(("", dask.address)):
        state = run_through(
            preset_of(text, tmp_path), tmp_path / f"runs-{number}", workers=2, allow_imports=TRUSTED, cluster=cluster
        )
        assert state.phase == "done"
        ends.append([(t.params, t.phase, t.attempt, t.error, t.scores) for t in state.methods["grid"].trials.values()])
    assert ends[0] == ends[1]
    assert [end[1] for end in ends[0]].count("failed") == len(names)


def test_a_far_worker_that_is_killed_costs_nothing_and_one_that_joins_gets_folds(
    dask: DaskCluster, here: RunState, tmp_path: Path
) -> None:
    slower = SLOW.replace("seconds = 0.05", "seconds = 0.3")
    run = launch(preset_of(slower, tmp_path), Store(tmp_path / "runs"), _slow(dask))
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.finished_trials >= 2)[1])
    assert feed.state.workers == 3
    joined = dask.start_worker()
    wait_until(lambda: (feed.poll(), feed.state.workers == 4)[1])
    posts = posts_below(joined.pid)
    killed = time.monotonic()
    joined.kill()
    wait_until(lambda: (feed.poll(), feed.state.workers == 3)[1])
    # journals tell of hosts once a second at most
    assert time.monotonic() - killed < 4
    _, alive = psutil.wait_procs(posts, timeout=10)
    assert posts
    assert not alive
    joined.wait()
    state = finish(run)
    assert state.phase == "done", state.reason
    assert {trial.attempt for trial in state.trials} == {1}
    assert trials_of(state) == trials_of(here)


def test_a_run_waits_for_its_scheduler_and_goes_on_with_the_next(here: RunState, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'tunetop[dask]'")
    (tmp_path / "cluster").mkdir()
    cluster = DaskCluster(tmp_path / "cluster", threads=(2,))
    try:
        run = launch(preset_of(SLOW, tmp_path), Store(tmp_path / "runs"), _slow(cluster))
        feed = Feed(run.folder)
        wait_until(lambda: (feed.poll(), feed.state.finished_trials >= 2)[1])
        assert not run.trouble
        cluster.scheduler.kill()
        wait_until(lambda: run.trouble.startswith(f"no scheduler at {cluster.address}: waiting, since"), 5)
        cluster.scheduler.wait()
        for worker in cluster.workers:
            worker.wait(60)
        cluster.start_scheduler()
        wait_until(lambda: run.trouble.startswith(f"no worker at {cluster.address}: waiting, since"), 20)
        cluster.workers = [cluster.start_worker(2)]
        wait_until(lambda: not run.trouble, 60)
        state = finish(run)
        assert state.phase == "done", state.reason
        assert {trial.attempt for trial in state.trials} == {1}
        assert trials_of(state) == trials_of(here)
    finally:
        cluster.close()


def test_a_run_without_its_scheduler_stops_when_it_is_asked_and_goes_on_without_a_cluster(
    here: RunState, tmp_path: Path
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'tunetop[dask]'")
    options = RunOptions(allow_imports=TRUSTED, methods=("grid", "random", "refine"), cluster="tcp://127.0.0.1:9")
    run = launch(preset_of(SLOW, tmp_path), Store(tmp_path / "runs"), options)
    wait_until(lambda: "no scheduler at tcp://127.0.0.1:9" in run.trouble)
    asked = time.monotonic()
    run.stop()
    assert run.finished.wait(10)
    assert time.monotonic() - asked < 4
    assert run.outcome == "stopped"
    state = finish(resume(run.folder, RunOptions(workers=2, allow_imports=TRUSTED)))
    assert trials_of(state) == trials_of(here)
    assert state.cluster.address == ""


def test_a_run_that_was_stopped_here_goes_on_over_there(dask: DaskCluster, here: RunState, tmp_path: Path) -> None:
    options = RunOptions(workers=2, allow_imports=TRUSTED)
    run = launch(preset_of(SLOW, tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.finished_trials >= 3)[1])
    run.stop()
    assert finish(run).phase == "stopped"
    state = finish(resume(run.folder, _slow(dask)))
    assert trials_of(state) == trials_of(here)


def test_what_lies_ready_behind_a_long_fold_goes_to_a_place_that_comes(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'tunetop[dask]'")
    (tmp_path / "cluster").mkdir()
    cluster = DaskCluster(tmp_path / "cluster", (1,))
    try:
        text = troubles("stuck", "nan").replace("[1, 2, 3, 4]", "[1]")
        options = RunOptions(allow_imports=TRUSTED, cluster=cluster.address)
        run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), options)
        feed = Feed(run.folder)
        # one fold never ends, and what lies ready behind it depends on how long folds take
        wait_until(lambda: (feed.poll(), any(trial.params.get("trouble") == "stuck" for trial in feed.state.trials))[1])
        # a place for each fold of that trial, and one more
        cluster.workers.append(cluster.start_worker(3))
        # the baseline and the other two trials
        wait_until(lambda: (feed.poll(), feed.state.finished_trials == 3)[1], 120)
        run.stop_now()
        assert run.finished.wait(30)
    finally:
        cluster.close()


def test_nothing_far_away_outlives_a_run_that_is_killed(dask: DaskCluster, tmp_path: Path) -> None:
    (tmp_path / "stuck.toml").write_text(troubles("stuck", "endless_family").replace("[1, 2, 3, 4]", "[1]"))
    command = [sys.executable, "-m", "tunetop", "run", "stuck.toml", "--headless", "--cluster", dask.address]
    environment = os.environ | {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "PYTHONPATH": str(SUPPORT)}
    out = open(tmp_path / "out.txt", "wb")  # noqa: SIM115
    process = subprocess.Popen(
        [*command, "--allow-import", "failing_estimators"], cwd=tmp_path, env=environment, stdout=out, stderr=out
    )

    def far() -> list[psutil.Process]:
        return [post for worker in dask.workers for post in posts_below(worker.pid)]

    try:
        wait_until(lambda: any(map(_sleeps, far())))
        everybody = far() + psutil.Process(process.pid).children(recursive=True)
        assert len(everybody) > 4
    finally:  # what is left alive would keep the cluster from whoever comes next
        process.send_signal(signal.SIGKILL)
        process.wait()
        out.close()
    _, alive = psutil.wait_procs(everybody, timeout=5)
    assert not alive
    assert "distributed" not in (tmp_path / "out.txt").read_text()


def _sleeps(process: psutil.Process) -> bool:
    """Tell whether it is what `endless_family` has started."""
    try:
        return lives(process) and "sleep" in process.name()
    except psutil.NoSuchProcess:
        return False


def test_a_host_with_other_versions_is_refused_at_once_with_both(
    dask: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = versions.installed()
    monkeypatch.setattr(versions, "wanted", lambda: there | {"scikit-learn": "1.2.3", "Python": "3.99"})
    began = time.monotonic()
    run = launch(preset_of(TREE, tmp_path), Store(tmp_path / "runs"), RunOptions(cluster=dask.address))
    state = finish(run)
    assert time.monotonic() - began < 20
    assert state.phase == "failed"
    library = f"scikit-learn {there['scikit-learn']}, and this run 1.2.3"
    assert f"has Python {there['Python']}, and this run 3.99; {library}: install the same there" in state.reason
    assert state.reason.startswith("no worker can be made ready: ")


def test_the_modules_beside_a_preset_go_with_it(dask: DaskCluster, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from beside import Tree\n")
    (tmp_path / "beside.py").write_text("from sklearn.tree import DecisionTreeClassifier as Tree\n")
    text = TREE.replace("sklearn.tree.DecisionTreeClassifier", "mine.Tree")
    options = RunOptions(allow_imports=("mine", "beside", "sklearn"), methods=("grid",), cluster=dask.address)
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), options)
    for file in ("mine.py", "beside.py"):
        (tmp_path / file).unlink()  # so that they are not found where they were
    state = finish(run)
    assert (state.phase, state.failed_trials) == ("done", 0), state.reason


def _slow(cluster: DaskCluster) -> RunOptions:
    return RunOptions(allow_imports=TRUSTED, cluster=cluster.address)
