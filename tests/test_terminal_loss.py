"""A terminal that goes away, in any form, takes no run with it."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import trials_of
from tunetop.engine.state import RunState
from tunetop.engine.store import RunFolder, Store
from tunetop.tui.feed import Feed
from warmed import Warmed
from window import Window

SLEEPING = """
title = "Sleeping fits"
[data]
source = "sklearn:iris"
[model]
estimator = "troubled.Slow"
params = {{ random_state = 0, seconds = {seconds} }}
[space]
max_depth = {{ linear = [1, 8], integer = true }}
min_impurity_decrease = {{ log = [1e-4, 1e-1] }}
[score]
scoring = "accuracy"
folds = 2
[[method]]
kind = "random"
trials = {trials}
seed = 3
"""


@pytest.fixture(scope="module")
def warmed() -> Iterator[Warmed]:
    process = Warmed()
    yield process
    process.close()


def command(folder: Path, seconds: float = 0.5, trials: int = 36, workers: int = 4) -> list[str]:
    """Return the command line that runs sleeping fits with its runs in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    preset = folder / "sleeping.toml"
    preset.write_text(SLEEPING.format(seconds=seconds, trials=trials))
    runs = str(folder / "runs")
    return ["run", str(preset), "--allow-import", "troubled", "--workers", str(workers), "--runs-dir", runs]


class Going:
    """A run in a window, or headless, and what its journal says."""

    def __init__(self, warmed: Warmed, folder: Path, *extra: str, window: bool = True, **options: object) -> None:
        self.store = Store(folder / "runs")
        arguments = [*command(folder), *extra]
        self.window = Window(warmed, *arguments, **options) if window else None
        self.program = self.window.program if self.window else warmed.start(*arguments, "--headless", **options)

        self._feed: Feed | None = None

    @property
    def folder(self) -> RunFolder:
        return self.feed.folder

    @property
    def feed(self) -> Feed:
        if self._feed is None:
            until(self.store.list)
            self._feed = Feed(self.store.list()[0])
        self._feed.poll()
        return self._feed

    def state(self) -> RunState:
        return self.feed.state

    def wait_for_trials(self, count: int) -> None:
        """Wait until so many more trials have finished."""
        count += self.state().finished_trials
        until(lambda: self.state().finished_trials >= count)


def _close(run: Going) -> None:
    assert run.window is not None
    run.window.close()


def _stall(run: Going) -> None:
    # the screen's changes fill the terminal's few kilobytes, then the program's own queue
    assert run.window is not None
    run.window.stall()
    run.wait_for_trials(6)


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


def _live_through(warmed: Warmed, folder: Path, name: str, lose: Callable[[Going], None]) -> tuple[Going, float]:
    """Run in a terminal that is lost; return the run, ended, and its process's use of a core meanwhile."""
    headless = ["--headless"] if "without" in name else []
    ignored = [signal.SIGHUP] if "nohup" in name else []
    run = Going(warmed, folder, *headless, window="terminal" not in name, ignore=ignored)
    run.wait_for_trials(2)
    if run.window is not None:
        run.window.wait_for("random")
    lose(run)
    assert run.state().phase == "running", name
    # what the loss itself costs is not what is measured
    run.wait_for_trials(3)
    used, began = cpu_seconds(run.program.pid), time.monotonic()
    run.wait_for_trials(12)
    used, seconds = cpu_seconds(run.program.pid) - used, time.monotonic() - began
    assert run.program.wait(90) == 0, name
    until(lambda: run.state().ended)
    return run, used / seconds


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait for a condition, looking now and then: programs that are measured meanwhile need the core more."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "what was waited for did not come"
        pause.wait(0.05)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far, all threads together, to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def test_a_run_outlives_every_loss_of_its_terminal_and_its_screen_then_costs_nothing(
    warmed: Warmed, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(len(LOSSES)) as scenes:
        lives = {
            name: scenes.submit(_live_through, warmed, tmp_path / str(number), name, lose)
            for number, (name, lose) in enumerate(LOSSES.items())
        }
    undisturbed, without_screen = lives.pop("none: without a terminal").result()
    expected = trials_of(undisturbed.state())
    print(without_screen)
    for name, life in lives.items():
        run, used = life.result()
        print(name, used)
        state = run.state()
        assert state.phase == "done", name
        assert trials_of(state) == expected, name
        assert json.loads(run.folder.summary_json.read_text())["state"] == "done", name
        assert used - without_screen < 0.01, name
