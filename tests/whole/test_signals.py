"""Signals, whenever they come: what should go on goes on, the exit code is true, and the terminal is left as it was."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from processes import lives
from running import TREE, preset_of
from terminal import Terminal
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.tui.app.launcher import Launcher
from tunetop.tui.cli.headless import run_headless
from tunetop.tui.cli.screen import _Showing
from warm_process import Warmed
from window import Window
from window_runs import Going, Imports, command, held, until


def quick(folder: Path, trials: int = 12) -> list[str]:
    return command(folder, 0.1, trials)


def shown(run: Going) -> Window:
    """Wait until the run's screen shows finished trials; return its window."""
    assert run.window is not None
    run.window.wait_for("random")
    until(lambda: run.state().finished_trials >= 2)
    return run.window


def being_loaded(warmed: Warmed, folder: Path) -> tuple[Going, Imports]:
    """Return a run on the screen, the estimator of which is being imported until that is let."""
    imports = Imports(folder)
    run = Going(warmed, folder, arguments=imports.arguments, environment=imports.environment)
    assert run.window is not None
    run.window.wait_for("Loading data")
    until(lambda: imports.reached)
    assert not run.store.list()
    return run, imports


def is_stopped(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


def handles(pid: int, number: int) -> bool:
    """Tell whether a process has a handler of its own for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1)


# -- on the screen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signals", "code", "phase"),
    [
        ([signal.SIGHUP], 0, "done"),
        ([signal.SIGTERM], 0, "done"),
        ([signal.SIGINT], 3, "stopped"),
        ([signal.SIGTERM, signal.SIGTERM], 3, "stopped"),
        ([signal.SIGHUP, signal.SIGINT], 3, "stopped"),
    ],
)
def test_a_screen_that_is_let_go_leaves_the_terminal_as_it_was(
    warmed: Warmed, tmp_path: Path, signals: list[int], code: int, phase: str
) -> None:
    run = held(warmed, tmp_path)
    window = shown(run)
    assert "raw mode" in window.left_behind()
    for number in signals[:-1]:
        run.program.kill(number)
        until(lambda: not window.left_behind())
    run.program.kill(signals[-1])
    run.open_gate("running" if phase == "done" else "stopping")
    until(lambda: not window.left_behind())
    assert run.program.wait() == code
    assert window.left_behind() == []
    assert run.state().phase == phase
    assert run.folder.summary_json.exists()


def _terminals(pid: int) -> list[str]:
    """Return what terminals a process has open."""
    opened: list[str] = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since
            opened.append(os.readlink(file))
    return [name for name in opened if "pts" in name]


@pytest.mark.parametrize("deaf_shell", [False, True])
def test_a_run_holds_on_to_nothing_of_a_terminal_that_is_gone(warmed: Warmed, tmp_path: Path, deaf_shell: bool) -> None:
    # the kernel tells the leader of the session alone; the terminal's other users have to notice by themselves
    run = held(warmed, tmp_path, deaf_shell=deaf_shell)
    shown(run).close()
    owner = run.folder.owner()
    assert owner is not None
    until(lambda: not _terminals(owner.pid))
    run.open_gate()
    assert run.program.wait() == 0
    assert run.state().phase == "done"


def test_a_stalled_terminal_keeps_nobody_from_stopping_the_run(warmed: Warmed, tmp_path: Path) -> None:
    run = held(warmed, tmp_path, trials=40)
    window = shown(run)
    window.block()
    run.program.kill(signal.SIGTERM)
    assert run.gate is not None
    # with the 44 fits that came through so far no more than 21 trials have ended, with 70 at least 28
    run.gate.let(70)
    until(lambda: run.state().finished_trials >= 24)
    run.program.kill(signal.SIGINT)
    run.open_gate("stopping")
    assert run.program.wait() == 3
    assert run.state().phase == "stopped"
    assert "raw mode" not in window.left_behind()


@pytest.mark.parametrize("begun", [signal.SIGHUP, signal.SIGTERM])
def test_a_run_without_its_screen_can_be_stopped_and_continued_as_any_process(
    warmed: Warmed, tmp_path: Path, begun: int
) -> None:
    # who hangs up a terminal sends SIGCONT after SIGHUP, sooner or later
    run = held(warmed, tmp_path)
    window = shown(run)
    run.program.kill(begun)
    until(lambda: not window.left_behind())
    until(lambda: not any(handles(run.program.pid, number) for number in (signal.SIGTSTP, signal.SIGCONT)))
    run.program.kill(signal.SIGSTOP)
    until(lambda: is_stopped(run.program.pid))
    run.program.kill(signal.SIGCONT)
    run.open_gate()
    assert run.program.wait() == 0
    assert run.state().phase == "done"
    until(lambda: not window.left_behind())


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTSTP])
def test_a_screen_that_was_stopped_comes_back_and_ends_as_it_should(
    warmed: Warmed, tmp_path: Path, number: int
) -> None:
    run = held(warmed, tmp_path)
    window = shown(run)
    run.program.kill(number)
    until(lambda: is_stopped(run.program.pid))
    if number == signal.SIGTSTP:
        until(lambda: not window.left_behind())
    window.screen.reset()
    threads = len(psutil.Process(run.program.pid).threads())
    run.program.kill(signal.SIGCONT)
    window.wait_for(lambda text: "Sleeping fits" in text and "random" in text)
    until(lambda: "raw mode" in window.left_behind())
    window.type("q")
    window.wait_for("Stop it")
    # one thread reads keys and one writes, as before
    assert len(psutil.Process(run.program.pid).threads()) <= threads + 2
    window.type("s")
    run.open_gate("stopping")
    assert run.program.wait() == 3
    # what it has sent at last may be read after its end
    until(lambda: not window.left_behind())


@pytest.mark.parametrize(
    ("how", "code", "phases"),
    [
        (lambda run: run.program.kill(signal.SIGINT), 3, []),
        (lambda run: run.window.type("q"), 3, []),
        (lambda run: run.window.type("\x03"), 3, []),
        (lambda run: [run.program.kill(signal.SIGTERM), until(lambda: not run.window.left_behind())], 0, ["done"]),
    ],
    ids=["SIGINT", "q", "ctrl+c", "SIGTERM"],
)
def test_a_run_that_is_only_being_loaded_is_given_up_unless_its_screen_alone_is_to_go(
    warmed: Warmed, tmp_path: Path, how: Callable[[Going], object], code: int, phases: list[str]
) -> None:
    run, imports = being_loaded(warmed, tmp_path)
    how(run)
    if phases:
        imports.open()
    assert run.program.wait() == code
    assert run.window is not None
    until(lambda: not run.window.left_behind())
    assert [load_state(folder)[0].phase for folder in run.store.list()] == phases


def test_who_asks_twice_for_the_end_of_what_is_being_loaded_gets_it_stopped(warmed: Warmed, tmp_path: Path) -> None:
    run, imports = being_loaded(warmed, tmp_path)
    window = run.window
    assert window is not None
    run.program.kill(signal.SIGTERM)
    until(lambda: not window.left_behind())
    run.program.kill(signal.SIGTERM)
    # it is heard of before the run begins or after, and then its fits have not begun to end
    imports.let()
    until(lambda: run.program.poll() is not None or (run.store.list() and run.state().phase in ("stopping", "stopped")))
    imports.open()
    assert run.program.wait() == 3
    # it may be over before there was a folder: then nothing was begun
    assert not run.store.list() or run.state().phase == "stopped"


def test_a_signal_before_the_first_paint_keeps_the_screen_away(tmp_path: Path) -> None:
    code = """
import os, signal, threading
from tunetop.tui.terminal.tty import LossGuard
install, interrupted = LossGuard.install, threading.Event()
def install_and_be_interrupted(guard):
    on_interrupt = guard._asked[ord("i")]
    guard._asked[ord("i")] = lambda: (on_interrupt(), interrupted.set())
    install(guard)
    os.kill(os.getpid(), signal.SIGINT)
    interrupted.wait()
LossGuard.install = install_and_be_interrupted
from tunetop.__main__ import main
main()
"""
    with Terminal([sys.executable, "-c", code, *quick(tmp_path)]) as terminal:
        assert terminal.process.wait(300) == 3
        assert b"\x1b[?1049h" not in b"".join(data for _, data in terminal.chunks)
    assert not Store(tmp_path / "runs").list()


def test_a_run_that_is_stopping_is_not_begun_anew_by_leaving_it(warmed: Warmed, tmp_path: Path) -> None:
    # folds that end when they are let: on a busy machine a second would be over before the question is on the screen
    gate = tmp_path / "gate"
    gated = command(tmp_path, 0.0, 12, estimator="failing_estimators.Gated")
    run = Going(warmed, tmp_path, arguments=gated, environment={"TUNETOP_TESTS_GATE": str(gate)})
    window = run.window
    assert window is not None
    window.wait_for("running")
    window.type("x")
    until(lambda: run.state().phase == "stopping")
    window.wait_for("stopping")
    window.type("q")
    window.wait_for("Leave it running")
    window.type("l")
    window.wait_for("is stopping without a screen")
    gate.touch()
    assert run.program.wait() == 3
    assert not run.folder.is_locked()
    assert run.state().phase == "stopped"


def test_a_screen_that_breaks_down_over_no_run_of_its_own_says_so_with_its_exit_code() -> None:
    launcher = Launcher(SimpleNamespace(), None)  # type: ignore[arg-type]
    sessions = SimpleNamespace(launcher=launcher, own=None, problem=None, starting=False)
    app = SimpleNamespace(sessions=sessions, return_code=1)
    assert _Showing(app, "left running")._after(None) == 1


def test_the_screen_is_painted_on_standard_output_and_errors_may_go_elsewhere(warmed: Warmed, tmp_path: Path) -> None:
    window = Window(warmed, "--runs-dir", tmp_path / "runs", err=tmp_path / "err")
    window.wait_for("Breast Cancer MLP")
    window.type("q")
    assert window.program.wait() == 0
    assert (tmp_path / "err").read_bytes() == b""


# -- without a screen --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trials", "code", "phase"), [(400, 3, "stopped"), (40, 0, "done")])
def test_sigterm_is_obeyed_while_nobody_reads_what_is_printed(
    warmed: Warmed, tmp_path: Path, trials: int, code: int, phase: str
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    set_pipe_size = 1031
    fcntl.fcntl(reader, set_pipe_size, 4096)
    run = held(warmed, tmp_path, window=False, fits=400, trials=trials, out=pipe)
    # each takes more than a hundred bytes to tell
    until(lambda: run.state().finished_trials >= 41)
    if code == 0:
        until(run.folder.summary_json.exists)
        until(lambda: not run.folder.is_locked())
    run.program.kill(signal.SIGTERM)
    if code == 3:
        run.open_gate("stopping")
    until(lambda: not run.folder.is_locked())
    assert run.state().phase == phase
    os.set_blocking(reader, True)
    said = b"".join(iter(lambda: os.read(reader, 65536), b"")).decode()
    assert run.program.wait() == code
    assert ("note stopping: running folds are finishing" in said) == (code == 3)
    assert "files in" in said


def test_a_signal_while_the_end_is_told_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunetop.tui.cli.tables.comparison", lambda _: signal.raise_signal(signal.SIGTERM))
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        run = launch(preset_of(TREE, tmp_path), Store(tmp_path / "runs"), RunOptions(1, ("grid",)))
        assert run_headless(run, as_json=False) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == []


def test_what_a_script_begins_in_its_background_is_not_meant_by_ctrl_c(warmed: Warmed, tmp_path: Path) -> None:
    run = held(warmed, tmp_path, window=False, ignore=[signal.SIGINT])
    until(lambda: run.state().finished_trials >= 2)
    run.program.kill(signal.SIGINT)
    run.open_gate()
    assert run.program.wait() == 0
    assert run.state().phase == "done"


def test_bars_leave_a_cursor_however_they_end(warmed: Warmed, tmp_path: Path) -> None:
    run = held(warmed, tmp_path, "--headless")
    window = shown(run)
    run.program.kill(signal.SIGKILL)
    run.program.wait()
    assert window.left_behind() == []


@pytest.mark.parametrize(("number", "code", "phases"), [(signal.SIGKILL, -9, ["done"]), (signal.SIGINT, 3, [])])
def test_a_run_is_detached_from_the_beginning_and_who_interrupts_that_gets_none(
    warmed: Warmed, tmp_path: Path, number: int, code: int, phases: list[str]
) -> None:
    # SIGKILL: as with a window that is closed, the process says nothing any more
    imports = Imports(tmp_path)
    program = warmed.start(*imports.arguments, "--detach", environment=imports.environment)

    def detached() -> list[psutil.Process]:
        return [child for child in psutil.Process(program.pid).children() if "--report" in child.cmdline()]

    until(lambda: imports.reached)
    (child,) = detached()
    program.kill(number)
    assert program.wait() == code
    if phases:
        imports.open()
    until(lambda: not lives(child))
    runs = Store(tmp_path / "runs").list()
    assert [load_state(run)[0].phase for run in runs] == phases
    assert all(run.summary_json.exists() for run in runs)
