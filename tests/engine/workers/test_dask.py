"""Searches on a real Dask cluster: the same as here, whatever becomes of its workers and its scheduler."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from dask_cluster import DaskCluster, having
from places import SUPPORT
from processes import lives, posts_below
from racing import METHODS, QUICK, begun, ended, made
from running import TREE, TRUSTED, finish, in_order, locked, preset_of, run_through, trials_of, troubles, wait_until
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.state import RunState
from tunetop.engine.tournament import folder as races
from tunetop.engine.workers import versions
from tunetop.tui.cli.detach import resume_detached
from tunetop.tui.cli.main import main
from tunetop.tui.sessions.run import Feed, RemoteControl
from warm_dask import WarmDask
from warm_process import Warmed


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> RunState:
    """TREE as it comes out on this machine."""
    folder = tmp_path_factory.mktemp("here")
    return run_through(preset_of(TREE, folder), folder / "runs", workers=2)


# one place alone is tried below, where a run goes on
@pytest.mark.parametrize(("places", "together"), [(2, True), (3, False)])
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


def test_a_race_on_a_cluster_comes_to_the_same_runs(dask: DaskCluster, tmp_path: Path) -> None:
    expected = ended(begun(made(tmp_path / "here", (0, 1)))).done
    (tmp_path / "small.toml").write_text(QUICK)
    command = ["race", str(tmp_path / "small.toml"), "--seeds", "2", "--methods", ",".join(METHODS), "--headless"]
    assert main([*command, "--cluster", dask.address, "--runs-dir", str(tmp_path / "runs")]) == 0
    store = Store(tmp_path / "runs")
    found = {seed: load_state(store.find(run))[0] for seed, run in races.find(store, None).read().runs.items()}
    assert {state.cluster.address for state in found.values()} == {dask.address}
    assert {seed: trials_of(state) for seed, state in found.items()} == {
        seed: trials_of(state) for seed, state in expected.items()
    }


def test_every_trouble_has_the_same_end_as_on_this_machine(dask: DaskCluster, tmp_path: Path) -> None:
    names = ("exit", "lambda", "unpickled", "nan", "interrupt", "segfault", "kill", "half_answer", "exit_hard", "stuck")
    text = troubles(*names, timeout="timeout = 12.0").replace("[1, 2, 3, 4]", "[2]")
    runs = [
        launch(preset_of(text, tmp_path), Store(tmp_path / f"runs-{number}"), RunOptions(2, None, False, TRUSTED, at))
        for number, at in enumerate(("", dask.address))
    ]
    ends = []
    for state in map(finish, runs):
        assert state.phase == "done"
        ends.append([(t.params, t.phase, t.attempt, t.error, t.scores) for t in in_order(state.methods["grid"])])
    assert ends[0] == ends[1]
    assert [end[1] for end in ends[0]].count("failed") == len(names)


def test_a_far_worker_that_is_killed_costs_nothing_and_one_that_joins_takes_what_others_hold_up(
    dask: DaskCluster, here: RunState, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    options = RunOptions(None, None, True, TRUSTED, dask.address)
    run = launch(preset_of(locked(gate), tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    joined = dask.start_worker()
    try:
        # a fold at each place, and none can end
        wait_until(lambda: (feed.poll(), list(feed.state.cluster.busy().values()) == [4])[1])
        posts = posts_below(joined.pid)
        assert posts
        joined.kill()
        wait_until(lambda: (feed.poll(), feed.state.workers == 3)[1])
        _, alive = psutil.wait_procs(posts, timeout=300)
        assert not alive
        assert feed.state.finished_trials == 0
        joined.wait()
        # what lies ready behind the three that wait goes to the one that does not, with the fold of the lost one
        joined = dask.start_worker(TUNETOP_TESTS_OPEN="1")
        wait_until(lambda: (feed.poll(), feed.state.finished_trials >= 21)[1])
    finally:
        gate.touch()
        state = finish(run)
        joined.kill()
        joined.wait()
    assert state.phase == "done", state.reason
    assert {trial.attempt for trial in state.trials} == {1}
    assert trials_of(state) == trials_of(here)


def test_a_run_waits_for_its_scheduler_and_goes_on_with_the_next(
    warm_bridges: WarmDask, here: RunState, tmp_path: Path
) -> None:
    (tmp_path / "cluster").mkdir()
    cluster = DaskCluster(tmp_path / "cluster", threads=(2,), warm=warm_bridges)
    gate = tmp_path / "gate"
    try:
        options = RunOptions(None, None, True, TRUSTED, cluster.address)
        run = launch(preset_of(locked(gate), tmp_path), Store(tmp_path / "runs"), options)
        feed = Feed(run.folder)
        wait_until(lambda: (feed.poll(), list(feed.state.cluster.busy().values()) == [2])[1])
        wait_until(lambda: not run.trouble)
        cluster.scheduler.kill()
        wait_until(lambda: run.trouble.startswith(f"no scheduler at {cluster.address}: waiting, since"))
        cluster.scheduler.wait()
        for worker in cluster.workers:
            worker.wait(300)
        cluster.start_scheduler()
        wait_until(lambda: run.trouble.startswith(f"no worker at {cluster.address}: waiting, since"))
        gate.touch()
        cluster.workers = [cluster.start_worker(2)]
        wait_until(lambda: not run.trouble)
        state = finish(run)
        assert state.phase == "done", state.reason
        assert {trial.attempt for trial in state.trials} == {1}
        assert trials_of(state) == trials_of(here)
    finally:
        gate.touch()
        cluster.close()


def test_a_run_goes_on_here_there_detached_and_without_its_cluster(
    dask: DaskCluster,
    here: RunState,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    gate, store, at_home = tmp_path / "gate", Store(tmp_path / "runs"), RunOptions(2, allow_imports=TRUSTED)
    run = launch(preset_of(locked(gate, "entropy"), tmp_path), store, at_home)
    wait_until(lambda: load_state(run.folder)[0].finished_trials >= 1, every=0.05)
    run.stop()  # what it is at ends with the gate
    gate.touch()
    state = finish(run)
    assert state.phase == "stopped"

    # on one place of a cluster, in a process of its own, looked after from elsewhere
    gate.unlink()
    extra = ["--cluster", dask.address, "--workers", "1", "--allow-import", TRUSTED[0]]
    assert resume_detached(run.folder, extra) == run.folder.id
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), list(feed.state.cluster.busy().values()) == [1])[1])
    assert feed.state.cluster.address == dask.address
    RemoteControl(run.folder).stop()
    # where the fold on the way is one that waits for no gate, it may have stopped by the next look
    wait_until(lambda: (feed.poll(), feed.state.phase in ("stopping", "stopped"))[1])
    gate.touch()
    assert main(["attach", run.folder.id, "--runs-dir", str(store.root)]) == 0
    assert "state=stopped" in capsys.readouterr().out

    nowhere = resume(run.folder, RunOptions(allow_imports=TRUSTED, cluster="tcp://127.0.0.1:9"))
    wait_until(lambda: "no scheduler at tcp://127.0.0.1:9" in nowhere.trouble)
    nowhere.stop()
    state = finish(nowhere)
    assert state.phase == "stopped"
    assert state.finished_trials < here.finished_trials
    assert any(trial.hosts for trial in state.trials)
    state = finish(resume(run.folder, at_home))
    assert trials_of(state) == trials_of(here)
    assert state.cluster.address == ""


def test_nothing_far_away_outlives_a_run_that_is_killed(dask: DaskCluster, warmed: Warmed, tmp_path: Path) -> None:
    (tmp_path / "stuck.toml").write_text(troubles("stuck", "endless_family").replace("[1, 2, 3, 4]", "[1]"))
    command = ["run", "stuck.toml", "--headless", "--cluster", dask.address, "--allow-import", "failing_estimators"]
    environment = {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "PYTHONPATH": str(SUPPORT)}
    process = warmed.start(*command, cwd=tmp_path, environment=environment, out=tmp_path / "out.txt")

    def far() -> list[psutil.Process]:
        return [post for worker in dask.workers for post in posts_below(worker.pid)]

    try:
        wait_until(lambda: any(map(_sleeps, far())), every=0.1)
        everybody = far() + psutil.Process(process.pid).children(recursive=True)
        assert len(everybody) > 4
    finally:  # what is left alive would keep the cluster from whoever comes next
        process.kill(signal.SIGKILL)
        process.wait()
    _, alive = psutil.wait_procs(everybody, timeout=300)
    assert not alive
    assert "distributed" not in (tmp_path / "out.txt").read_text()


def _sleeps(process: psutil.Process) -> bool:
    """Tell whether it is what `endless_family` has started."""
    try:
        return lives(process) and "sleep" in process.name()
    except psutil.NoSuchProcess:
        return False


def test_workers_with_other_versions_are_refused_with_both_whenever_they_come(
    dask: DaskCluster, here: RunState, tmp_path: Path
) -> None:
    gate, there = tmp_path / "gate", versions.installed()
    options = RunOptions(allow_imports=TRUSTED, cluster=dask.address)
    run = launch(preset_of(locked(gate), tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.workers == 3)[1])
    others = {
        "scikit_learn": "scikit-learn 1.2.3, and this run {scikit-learn}",
        # which does not know what it is asked for
        "tunetop": "tunetop 1.2.3, and this run {tunetop}",
    }
    joined = [
        dask.start_worker(
            cold=package == "tunetop", PYTHONPATH=having(tmp_path, package, "1.2.3", package == "tunetop")
        )
        for package in others
    ]
    try:
        # both on one host: neither hides the other
        wait_until(lambda: (feed.poll(), len([n for n in feed.state.cluster.notes if "not used: " in n]) == 2)[1])
    finally:
        gate.touch()
        state = finish(run)
        for worker in joined:
            worker.kill()
            worker.wait()
    for said in others.values():
        assert any(f" has {said.format(**there)}: install the same there" in note for note in feed.state.cluster.notes)
    assert (state.phase, state.workers, {trial.attempt for trial in state.trials}) == ("done", 3, {1}), state.reason
    assert trials_of(state) == trials_of(here)


def test_a_cluster_of_other_versions_alone_is_refused_at_once(
    dask: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = versions.installed()
    monkeypatch.setattr(versions, "wanted", lambda: there | {"Python": "3.99"})
    state = run_through(preset_of(TREE, tmp_path), tmp_path / "runs", cluster=dask.address)
    assert state.phase == "failed"
    assert f"has Python {there['Python']}, and this run 3.99: install the same there" in state.reason
    assert state.reason.startswith("no worker can be made ready: ")


OTHER = """
import asyncio
from distributed.core import Server

async def main():
    server = Server({"versions": lambda: {"packages": {"distributed": "1.2.3"}}})
    await server.listen("tcp://127.0.0.1:0")
    print(server.address, flush=True)
    await server.finished()

asyncio.run(main())
"""
"""A scheduler that speaks Dask of another version: whatever it is asked but this, it does not know."""


def test_why_there_is_no_scheduler_is_told_and_one_of_another_version_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'tunetop[dask]'")
    file = tmp_path / "scheduler.json"

    def tell(address: str) -> None:
        (tmp_path / "new.json").write_text(json.dumps({"address": address}))
        (tmp_path / "new.json").rename(file)

    other_version = subprocess.Popen([sys.executable, "-P", "-c", OTHER], stdout=subprocess.PIPE, text=True)
    with other_version, socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            with contextlib.suppress(OSError):
                while True:
                    other.accept()[0].sendall(b"SSH-2.0-Other_1.0\r\n")

        threading.Thread(target=greet, daemon=True).start()
        run = launch(preset_of(TREE, tmp_path), Store(tmp_path / "runs"), RunOptions(cluster=f"file:{file}"))
        try:
            wait_until(lambda: "scheduler.json cannot be read: No such file or directory: waiting" in run.trouble)
            tell("inproc://10.0.0.1/1/1")
            wait_until(lambda: "scheduler.json tells no scheduler's address, tcp://HOST:PORT or tls" in run.trouble)
            tell(f"tcp://127.0.0.1:{other.getsockname()[1]}")
            wait_until(lambda: "scheduler.json cannot be joined: what answers is no scheduler of Dask's" in run.trouble)
            assert other_version.stdout is not None
            tell(address := other_version.stdout.readline().strip())
            state = finish(run)
        finally:
            run.stop()
            other_version.kill()
    here = importlib.metadata.version("distributed")
    assert state.phase == "failed"
    said = f"the scheduler at {address} has distributed 1.2.3, and this run {here}: install the same there"
    assert state.reason == f"no worker can be made ready: {said}"


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
