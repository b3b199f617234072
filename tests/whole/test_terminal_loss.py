"""A terminal that goes away, in any form, takes no run with it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from breadth import WHOLE
from places import SUPPORT
from running import trials_of, wait_until
from terminal import Terminal
from tunetop.engine.events import FoldFinished
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.tournament.folder import TournamentFolder, all_of
from turnstile import Turnstile
from warm_process import Warmed
from whole_journal import read
from window import Window
from window_runs import Going, Imports, command, enough, held, until


def _close(run: Going) -> None:
    assert run.window is not None
    run.window.close()


def _stall(run: Going) -> None:
    assert run.window is not None
    run.window.block()


def _stall_and_close(run: Going) -> None:
    _stall(run)
    _close(run)


def _stall_and_terminate(run: Going) -> None:
    _stall(run)
    run.program.kill(signal.SIGTERM)


LOSSES: dict[str, Callable[[Going], None]] = {
    "the window is closed": _close,
    "the window is closed, begun with SIGHUP ignored as under nohup": _close,
    "SIGHUP": lambda run: run.program.kill(signal.SIGHUP),
    "SIGTERM": lambda run: run.program.kill(signal.SIGTERM),
    "stalled, then closed": _stall_and_close,
    "stalled, then SIGTERM": _stall_and_terminate,
    "without a screen, its window closed": _close,
    "none: without a terminal": lambda run: None,
}

SOME = [name for name in LOSSES if WHOLE or name not in ("SIGHUP", "stalled, then closed", "stalled, then SIGTERM")]
"""Those of which each tries another kind of program or way to go."""


def _live_through(warmed: Warmed, folder: Path, name: str, lose: Callable[[Going], None]) -> Going:
    """Run in a terminal that is lost; return the run, ended, once its screen has been seen to cost nothing."""
    headless = ["--headless"] if "without" in name else []
    ignored = [signal.SIGHUP] if "nohup" in name else []
    run = held(warmed, folder, *headless, trials=40, window="terminal" not in name, ignore=ignored)
    until(lambda: run.state().finished_trials >= 2)
    if run.window is not None:
        run.window.wait_for("random")
    lose(run)
    assert run.state().phase == "running", name
    if name == "the window is closed":
        _see_live(warmed, run)
    if not headless:
        assert _costs_nothing(run), name
    run.open_gate()
    assert run.program.wait() == 0, name
    until(lambda: run.state().ended)
    return run


def _costs_nothing(run: Going) -> bool:
    """Whether the main thread, where the screen was, comes to use no CPU time at all while trials finish.

    The loss takes its time, and where cores are few a screen may seem to rest: so it is asked more than once.
    """

    def rests() -> bool:
        used = main_seconds(run.program.pid)
        time.sleep(0.5)
        return main_seconds(run.program.pid) == used

    for _ in range(8):
        wait_until(rests)
        used = main_seconds(run.program.pid)
        _let_through(run, 3)
        if main_seconds(run.program.pid) == used:
            return True
    return False


def _let_through(run: Going, trials: int) -> None:
    """Let fits through, at most ten a second, until so many more trials have finished."""
    assert run.gate is not None
    gate, count = run.gate, run.state().finished_trials + trials

    def through() -> bool:
        gate.let_one()
        return run.state().finished_trials >= count

    wait_until(through, every=0.1)


def _see_live(warmed: Warmed, run: Going) -> None:
    """Attach to a run that has no screen any more, and see it make progress."""
    viewer = Window(warmed, "attach", str(run.folder.path))
    try:
        first = _trials_shown(viewer.wait_for(lambda text: "running" in text and _trials_shown(text)))
        _let_through(run, 3)
        viewer.wait_for(lambda text: (_trials_shown(text) or 0) > (first or 0))
    finally:
        viewer.close()
    assert viewer.program.wait() == 0


def _trials_shown(text: str) -> int | None:
    found = re.search(r"([\d,]+)/[\d,]+ trials", text)
    return int(found[1].replace(",", "")) if found else None


def main_seconds(pid: int) -> float:
    """Return the CPU time of a process's main thread so far, to the nanosecond."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def queued_seconds(*pids: int) -> float:
    """Return how long the threads of processes have waited for a core so far, while others had them all."""
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[1]) for task in tasks) / 1e9


def test_a_run_outlives_every_loss_of_its_terminal_and_its_screen_then_costs_nothing(
    warmed: Warmed, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(len(SOME)) as scenes:
        lives = {
            name: scenes.submit(_live_through, warmed, tmp_path / str(number), name, LOSSES[name])
            for number, name in enumerate(SOME)
        }
    expected = trials_of(lives.pop("none: without a terminal").result().state())
    for name, life in lives.items():
        run = life.result()
        state = run.state()
        assert state.phase == "done", name
        assert trials_of(state) == expected, name
        assert json.loads(run.folder.summary_json.read_text())["state"] == "done", name


def test_a_run_that_was_only_being_loaded_goes_on_without_its_terminal(warmed: Warmed, tmp_path: Path) -> None:
    imports = Imports(tmp_path)
    run = Going(warmed, tmp_path, arguments=imports.arguments, environment=imports.environment)
    window = run.window
    assert window is not None
    window.wait_for("Sleeping fits")
    until(lambda: imports.reached)
    assert not run.store.list()
    window.close()
    imports.open()
    assert run.program.wait() == 0
    assert run.state().phase == "done"
    assert run.folder.summary_json.exists()


STALL = float(os.environ.get("TUNETOP_TESTS_STALL", "6"))
"""Seconds for which the terminal stalls."""

WORKERS, FIT_SECONDS = 8, 0.5


def test_a_stalled_terminal_does_not_slow_the_search_and_is_right_soon_after(warmed: Warmed, tmp_path: Path) -> None:
    # ten minutes of them: it is killed in the middle
    run = Going(warmed, tmp_path, arguments=command(tmp_path, FIT_SECONDS, 5_000, WORKERS))
    window = run.window
    assert window is not None
    run.wait_for_trials(8)
    window.wait_for("random")
    seen = ""
    for _ in range(5):
        # what other processes have of the cores while it is stalled, they may not have otherwise: so it is tried again
        good, said = _stall_for_a_while(run, window)
        seen += f"{said}\n"
        if good:
            break
    print(seen)
    run.program.kill(signal.SIGKILL)
    window.close()
    assert good, seen
    assert window.text().count("Sleeping fits") == 1


def _stall_for_a_while(run: Going, window: Window) -> tuple[bool, str]:
    """Return whether the search went on as without a stall, and the screen was right soon after; and the figures."""
    asked = time.monotonic()
    window.type("?")
    window.wait_for("Everything about")
    answer = time.monotonic() - asked
    window.type("\x1b")
    window.wait_for(lambda text: "Everything about" not in text)
    before = time.time()
    stood = _let_pass(STALL / 2)
    began = time.time()
    window.block()
    stood_stalled = _let_pass(STALL)
    ended = time.time()
    queued = queued_seconds(run.program.pid, os.getpid())
    window.go_on()
    shown_at = time.monotonic()
    expected = run.state().finished_trials
    window.wait_for(lambda text: (_trials_shown(text) or 0) >= expected)
    seconds = time.monotonic() - shown_at
    queued = queued_seconds(run.program.pid, os.getpid()) - queued
    back = time.time()
    stood += _let_pass(STALL / 2)
    after = time.time()
    _let_pass(1.5 * FIT_SECONDS)  # what was under way then has to end to be counted
    stalled = _work_between(run, began, ended) / (ended - began - stood_stalled)
    free_seconds = began - before + after - back - stood
    free = (_work_between(run, before, began) + _work_between(run, back, after)) / free_seconds
    said = f"{stalled:.2f} of {WORKERS} workers at work stalled, {free:.2f} free; right after {seconds:.2f} s, "
    said += f"{queued:.2f} s of them without a core; a key answered in {answer:.2f} s"
    # on a busy machine a key takes its time as well
    return seconds - queued <= max(1.0, 5 * answer) and stalled >= 0.95 * free, said


def _let_pass(seconds: float) -> float:
    """Let time pass; return how much of it this process, and so perhaps the machine, stood still besides."""
    pause, began, rounds = threading.Event(), time.monotonic(), int(seconds / 0.1)
    for _ in range(rounds):
        pause.wait(0.1)
    return max(0.0, time.monotonic() - began - 0.11 * rounds)


def _work_between(run: Going, start: float, end: float) -> float:
    """Return how many seconds of fits fell into a stretch of time, whatever their places in it."""
    ends = [record.t for record in read(run.folder.journal).records if isinstance(record.event, FoldFinished)]
    return sum(max(0.0, min(at, end) - max(at - FIT_SECONDS, start)) for at in ends)


# -- leaving on purpose ------------------------------------------------------------------------------------------------


def test_q_asks_and_a_run_that_is_left_goes_on_elsewhere(warmed: Warmed, tmp_path: Path) -> None:
    run = held(warmed, tmp_path, trials=16)
    window = run.window
    assert window is not None
    # on the screen, not in the journal alone: a key that comes while all is being loaded leaves without a question
    window.wait_for(lambda text: (_trials_shown(text) or 0) >= 2)
    window.type("q")
    window.wait_for("Leave it running")
    window.type("\x1b")
    window.wait_for(lambda text: "Leave it running" not in text)
    window.type("q")
    window.wait_for("Leave it running")
    window.type("l")
    assert run.program.wait() == 0
    window.wait_for("tunetop attach sleeping-1")
    window.close()
    run.open_gate()
    until(lambda: run.state().phase == "done")
    assert run.state().workers == 4
    until(lambda: not run.folder.is_locked())
    undisturbed = Going(
        warmed, tmp_path / "undisturbed", window=False, arguments=command(tmp_path / "undisturbed", 0, 16)
    )
    assert undisturbed.program.wait() == 0
    assert trials_of(run.state()) == trials_of(undisturbed.state())


def test_q_and_s_stop_the_run_and_the_exit_code_says_so(warmed: Warmed, tmp_path: Path) -> None:
    run = held(warmed, tmp_path)
    assert run.window is not None
    run.window.wait_for(lambda text: (_trials_shown(text) or 0) >= 2)
    run.window.type("q")
    run.window.wait_for("Stop it")
    run.window.type("s")
    run.open_gate("stopping")
    assert run.program.wait() == 3
    assert run.state().phase == "stopped"
    assert json.loads(run.folder.summary_json.read_text())["state"] == "stopped"


def test_a_detached_run_needs_no_terminal_from_the_beginning(warmed: Warmed, tmp_path: Path) -> None:
    run = held(warmed, tmp_path, "--detach", trials=8)
    assert run.window is not None
    assert run.program.wait() == 0
    run.window.wait_for("sleeping-1 runs on its own")
    run.window.close()
    owner = run.folder.owner()
    assert owner is not None
    # in a session of its own no key of any terminal reaches it
    assert os.getsid(owner.pid) == owner.pid
    run.open_gate()
    until(lambda: run.state().phase == "done")
    until(run.folder.summary_json.exists)


# -- races -------------------------------------------------------------------------------------------------------------


def race_of(folder: Path, seconds: float, seeds: int = 3, gate: Turnstile | None = None) -> list[str]:
    """Return the command line of a race of sleeping fits, or of such as go through a gate: 20 for each seed."""
    return ["race", *command(folder, seconds, 8, gate=gate)[1:], "--seeds", str(seeds)]


def race_in(folder: Path) -> TournamentFolder | None:
    """Return the race that was begun there, if one was."""
    found = all_of(Store(folder / "runs"))
    return found[0] if found else None


def raced(folder: Path) -> list[str]:
    """Return how the seeds' runs stand."""
    race = race_in(folder)
    plan = race.read() if race is not None else None
    runs = [race.run(plan, seed) for seed in plan.runs] if race is not None and plan is not None else []
    return [load_state(run)[0].phase for run in runs if run is not None]


def test_a_race_outlives_its_terminal_and_writes_its_files(warmed: Warmed, tmp_path: Path) -> None:
    gate = Turnstile(tmp_path)
    window = Window(warmed, *race_of(tmp_path, 0.0, 2, gate))
    window.wait_for("seed 1 of 2")
    window.close()
    gate.open()
    assert window.program.wait() == 0
    race = race_in(tmp_path)
    assert race is not None
    assert race.read().state == "done"
    assert json.loads((race.path / "race.json").read_text())["seeds"] == [0, 1]


def test_a_race_that_is_left_goes_on_in_a_process_of_its_own(warmed: Warmed, tmp_path: Path) -> None:
    gate = Turnstile(tmp_path)
    window = Window(warmed, *race_of(tmp_path, 0.0, 2, gate))
    window.wait_for("seed 1 of 2")
    window.type("q")
    window.wait_for("The race is still going")
    window.type("l")
    assert window.program.wait() == 0
    gate.open()
    window.wait_for("sleeping-race-1 goes on; to see it: tunetop race")
    window.close()
    race = race_in(tmp_path)
    assert race is not None
    until(lambda: not race.is_locked())
    assert race.read().state == "done"
    assert raced(tmp_path) == ["done", "done"]


def test_ctrl_c_stops_a_race_without_a_screen_with_its_files_and_resume_goes_on(warmed: Warmed, tmp_path: Path) -> None:
    gate = Turnstile(tmp_path, 2 * 20 + 9)
    out, begun = tmp_path / "out", race_of(tmp_path, 0.0, gate=gate)
    program = warmed.start(*begun, "--headless", out=out)
    until(lambda: raced(tmp_path) == ["done", "done", "running"])
    program.kill(signal.SIGINT)
    until(lambda: raced(tmp_path)[-1] in ("stopping", "stopped"))
    gate.open()
    assert program.wait() == 3
    race = race_in(tmp_path)
    assert race is not None
    stopped = json.loads((race.path / "race.json").read_text())
    assert (stopped["state"], stopped["seeds"]) == ("stopped", [0, 1])
    assert "stopped after 2 of 3 seeds" in out.read_text()
    assert "tunetop race sleeping-race-1 --resume" in out.read_text()
    assert warmed.start(*begun, "--resume", "--headless", out=out).wait() == 0
    assert raced(tmp_path) == ["done"] * 3
    said = out.read_text()
    assert re.search(r"^\S+ seed number=2 run=sleeping-3 state=done trials=9 best=\S+ by=\S+", said, re.MULTILINE)
    assert "sleeping-race-1: done; files: " in said
    assert race_in(tmp_path) == race


@pytest.mark.parametrize("screen", [False, True], ids=["without a screen", "with one"])
def test_a_second_ctrl_c_ends_a_race_at_once(warmed: Warmed, tmp_path: Path, screen: bool) -> None:
    begun, out = race_of(tmp_path, 600), tmp_path / "out"
    window = Window(warmed, *begun) if screen else None
    program = window.program if window else warmed.start(*begun, "--headless", out=out)
    until(lambda: raced(tmp_path) and load_state(Store(tmp_path / "runs").list()[0])[0].running_jobs)
    program.kill(signal.SIGINT)
    until(lambda: raced(tmp_path) == ["stopping"])
    assert program.poll() is None
    program.kill(signal.SIGINT)
    assert program.wait(300) == 3
    if window is not None:
        window.close()
    else:
        assert "stopping: running folds are finishing (again to stop at once)" in out.read_text()
    race = race_in(tmp_path)
    assert race is not None
    assert (race.read().state, race.is_locked(), raced(tmp_path)) == ("stopped", False, ["stopped"])


def test_a_race_that_can_have_no_screen_is_not_even_made(warmed: Warmed, tmp_path: Path) -> None:
    window = Window(warmed, *race_of(tmp_path, 0.1), environment={"TERM": "dumb"})
    assert window.program.wait() == 2
    window.wait_for("TERM=dumb cannot show a screen")
    assert race_in(tmp_path) is None


# -- signals to everything in the terminal -----------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code", "phase"), [(signal.SIGHUP, 0, "done"), (signal.SIGINT, 3, "stopped")])
def test_a_signal_to_the_whole_foreground_group_harms_no_worker(
    tmp_path: Path, number: signal.Signals, code: int, phase: str
) -> None:
    environment = {"PYTHONPATH": str(SUPPORT)}
    gate = Turnstile(tmp_path, enough(10))
    arguments = command(tmp_path, 0.0, 10, workers=2, gate=gate)
    with Terminal([sys.executable, "-m", "tunetop", *arguments], environment=environment) as terminal:
        store = Store(tmp_path / "runs")
        until(lambda: store.list() and load_state(store.list()[0])[0].finished_trials >= 2)
        os.killpg(terminal.process.pid, number)
        if number == signal.SIGINT:
            until(lambda: load_state(store.list()[0])[0].phase in ("stopping", "stopped"))
        gate.open()
        assert terminal.process.wait(300) == code
    state = load_state(store.list()[0])[0]
    assert state.phase == phase
    assert state.failed_trials == 0
    assert all(trial.attempt == 1 for trial in state.trials)
