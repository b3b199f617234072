"""Workers that die between two tasks, and workers that a dying run must take along."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from killed_at_random import killed_at_random
from places import SUPPORT
from processes import alive, below, lives, workers_of
from running import TREE, TRUSTED, finish, preset_of, run_through, trials_of, troubles, wait_until
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.workers import local, warm
from tunetop.tui.sessions.run import Feed
from turnstile import Turnstile
from warm_process import Warmed
from warm_servers import warm_servers

WIDE = TREE.replace("[1, 2, 3]", "[1, 2, 3, 4, 5, 6, 7, 8]")


def test_idle_workers_that_are_killed_are_replaced_and_no_trial_notices(tmp_path: Path) -> None:
    options = RunOptions(workers=2, methods=("grid",), allow_imports=TRUSTED)
    gate = Turnstile(tmp_path, 4)
    run = launch(preset_of(gate.text(WIDE), tmp_path), Store(tmp_path / "runs"), options)
    feed = Feed(run.folder)
    for killed in (1, 2):
        gate.wait(2)
        run.pause()
        gate.open()
        wait_until(lambda: (feed.poll(), feed.state.phase == "paused" and not feed.state.running_jobs)[1])
        gate.shut(4)
        wait_until(lambda: len(workers_of(os.getpid())) == 2)
        victims = workers_of(os.getpid())[:killed]
        for victim in victims:
            victim.kill()
        wait_until(lambda victims=victims: not any(map(lives, victims)))
        run.unpause()
    gate.open()
    state = finish(run)
    assert state.phase == "done"
    assert state.failed_trials == 0
    assert all(trial.attempt == 1 for trial in state.trials)
    undisturbed = run_through(preset_of(WIDE, tmp_path), tmp_path / "others", workers=2, methods=("grid",))
    assert trials_of(state) == trials_of(undisturbed)


def test_workers_do_not_hear_the_signals_of_a_terminal(tmp_path: Path) -> None:
    options = RunOptions(workers=2, methods=("grid",), allow_imports=TRUSTED)
    # both workers are at work when their signals come
    gate = Turnstile(tmp_path, 8)
    run = launch(preset_of(gate.text(), tmp_path), Store(tmp_path / "runs"), options)
    gate.wait(2)
    workers = workers_of(os.getpid())
    assert len(workers) == 2
    for worker in workers:
        assert os.getsid(worker.pid) == worker.pid
        for number in (signal.SIGHUP, signal.SIGINT):
            worker.send_signal(number)
    gate.open()
    state = finish(run)
    assert (state.phase, state.failed_trials) == ("done", 0)
    assert all(trial.attempt == 1 for trial in state.trials)


def test_nothing_outlives_a_killed_run_neither_stuck_workers_nor_what_their_fits_have_started(
    warmed: Warmed, tmp_path: Path
) -> None:
    (tmp_path / "stuck.toml").write_text(troubles("stuck", "endless_family").replace("[1, 2, 3, 4]", "[1]"))
    temporary = tmp_path.parent / "t"  # where a socket's path is short enough
    temporary.mkdir()
    environment = {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "TMPDIR": str(temporary)}
    command = ["run", "stuck.toml", "--headless", "--workers", "2", "--allow-import", *TRUSTED]
    process = warmed.start(*command, cwd=tmp_path, environment=environment)

    def family() -> list[psutil.Process]:
        return below(process.pid)

    wait_until(lambda: any(map(_sleeps_in_c, family())) and sum(map(_is_sleep, family())) == 2)
    everybody = family()
    # the fork server, two workers and what one of their fits has started
    assert len(everybody) >= 5
    process.kill(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(everybody, timeout=300)
    assert not alive
    wait_until(lambda: not list(temporary.iterdir()))


def test_a_fork_server_in_the_midst_of_its_imports_ends_with_its_owner(tmp_path: Path) -> None:
    (tmp_path / "scipy").mkdir()
    (tmp_path / "scipy" / "__init__.py").write_text(
        f"import threading, pathlib\npathlib.Path({str(tmp_path / 'begun')!r}).touch()\nthreading.Event().wait()"
    )
    code = "import sys\nfrom tunetop.engine.workers.warm import warm_up\nwarm_up()\nsys.stdin.read()"
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        environment = os.environ | {"PYTHONPATH": str(tmp_path), "TMPDIR": temporary}
        process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE)
        wait_until((tmp_path / "begun").exists)
        everybody = below(process.pid)
        assert len(everybody) == 1
        process.kill()
        process.communicate()
        wait_until(lambda: not any(map(lives, everybody)))
        wait_until(lambda: not list(Path(temporary).iterdir()))


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_run_goes_on_when_the_process_that_makes_its_workers_is_stopped_or_killed(
    tmp_path: Path, number: signal.Signals
) -> None:
    options = RunOptions(workers=2, methods=("grid",), allow_imports=TRUSTED)
    gate = Turnstile(tmp_path, 8)
    run = launch(preset_of(gate.text(), tmp_path), Store(tmp_path / "runs"), options)
    gate.wait(2)

    def strike() -> bool:
        for victim in workers_of(os.getpid()):
            with contextlib.suppress(psutil.NoSuchProcess):  # of an earlier run, which is only ending
                os.kill(victim.ppid(), number)
                victim.kill()
                return True
        return False

    wait_until(strike)
    gate.open()
    state = finish(run)
    assert state.phase == "done"
    assert state.failed_trials == 0
    # no trial is charged with the end of the process that makes workers
    assert sum(trial.attempt - 1 for trial in state.trials) <= 1


def test_a_run_goes_on_whatever_of_its_processes_is_killed_and_when(
    warmed: Warmed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = run_through(preset_of(TREE, tmp_path), tmp_path / "others", workers=2, methods=("grid",))
    # `make soak` kills far more, and has each replaced by one that imports for itself, as one above is
    with warm_servers(warmed, monkeypatch) as servers:
        for seed in range(2):
            assert killed_at_random(tmp_path / str(seed), random.Random(seed), 4) == trials_of(undisturbed)
    assert len(servers) > 2


def test_a_fork_server_that_cannot_begin_ends_a_run_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "_server", None)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setattr(local, "_DEATHS", 3)
    run = launch(preset_of(TREE, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2))
    assert finish(run).phase == "failed"
    assert run.trouble.startswith("no worker can be made ready: ")
    assert "the process that makes workers ended with exit code 1" in run.trouble


def test_a_program_that_ends_in_the_middle_of_a_run_does_not_wait_for_it(tmp_path: Path) -> None:
    preset_of(troubles("endless").replace('"", ', ""), tmp_path, "endless.toml")
    code = f"""
import psutil, sys
from running import wait_until
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.preset.preset import load
from tunetop.engine.record.store import Store
from tunetop.tui.sessions.run import Feed
if __name__ == "__main__":
    options = RunOptions(2, allow_imports=("failing_estimators",))
    run = launch(load({str(tmp_path / "endless.toml")!r}), Store({str(tmp_path / "runs")!r}), options)
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), any(job[0] == "grid" for job in feed.state.running_jobs))[1])
    print(*(child.pid for child in psutil.Process().children(recursive=True)))
"""
    environment = os.environ | {"PYTHONPATH": str(SUPPORT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    family = [int(pid) for pid in done.stdout.split()]
    assert len(family) >= 3
    wait_until(lambda: not any(map(alive, family)))


def _is_sleep(process: psutil.Process) -> bool:
    try:
        return process.name() == "sleep"
    except psutil.NoSuchProcess:
        return False


def _sleeps_in_c(process: psutil.Process) -> bool:
    try:
        return "nanosleep" in Path(f"/proc/{process.pid}/wchan").read_text()
    except OSError:
        return False
