"""Runs of sleeping fits, in a window or without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from running import wait_until
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState
from tunetop.tui.sessions.run import Feed
from turnstile import Turnstile
from warm_process import Warmed
from window import Window

SLEEPING = """
title = "Sleeping fits"
[data]
source = "sklearn:iris"
[model]
estimator = "failing_estimators.Slow"
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


def command(
    folder: Path,
    seconds: float = 0.5,
    trials: int = 40,
    workers: int = 4,
    estimator: str = "failing_estimators.Slow",
    gate: Turnstile | None = None,
) -> list[str]:
    """Return the command line that runs sleeping fits with its runs in `folder`; with a `gate`, all go through it."""
    folder.mkdir(parents=True, exist_ok=True)
    preset = folder / "sleeping.toml"
    text = SLEEPING.format(seconds=seconds, trials=trials).replace("failing_estimators.Slow", estimator)
    preset.write_text(gate.text(text) if gate else text)
    runs = str(folder / "runs")
    return [
        "run",
        str(preset),
        "--allow-import",
        estimator.partition(".")[0],
        "--workers",
        str(workers),
        "--runs-dir",
        runs,
    ]


class Imports:
    """What lets a run's estimator be imported, and then its fits go on: see `slow_import`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._gate = folder / "gate"
        self.environment = {"TUNETOP_TESTS_GATE": str(self._gate)}
        self.arguments = command(folder, trials=3, estimator="slow_import.Tree")
        preset = Path(self.arguments[1])
        preset.write_text(preset.read_text().replace(", seconds = 0.5", ""))

    @property
    def reached(self) -> bool:
        """Whether somebody stands at the import."""
        return self._gate.with_suffix(".reached").exists()

    def let(self) -> None:
        """Let it be imported."""
        self._gate.touch()

    def open(self) -> None:
        """Let the fits go on as well."""
        self._gate.with_suffix(".fits").touch()
        self.let()


class Going:
    """A run in a window, or headless, and what its journal says."""

    def __init__(
        self,
        warmed: Warmed,
        folder: Path,
        *extra: str,
        window: bool = True,
        arguments: list[str] | None = None,
        **options: object,
    ) -> None:
        self.store = Store(folder / "runs")
        arguments = [*(arguments or command(folder)), *extra]
        self.window = Window(warmed, *arguments, **options) if window else None
        self.program = self.window.program if self.window else warmed.start(*arguments, "--headless", **options)

        self._feed: Feed | None = None
        self.gate: Turnstile | None = None

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

    def open_gate(self, phase: str = "running") -> None:
        """Let all fits through, once the run is in this phase; one that had nothing to wait for is stopped at once."""
        assert self.gate is not None
        until(lambda: self.state().phase in (phase, "stopped"))
        self.gate.open()

    def wait_for_trials(self, count: int) -> None:
        """Wait until so many more trials have finished."""
        count += self.state().finished_trials
        until(lambda: self.state().finished_trials >= count)


def enough(trials: int) -> int:
    """Return how many fits of a run have to get through for two trials to end, whatever their order.

    They are the three of the baseline, each trial's first fold, and one more.
    """
    return 3 + trials + 1


def held(
    warmed: Warmed, folder: Path, *extra: str, fits: int = 0, trials: int = 12, workers: int = 4, **options: object
) -> Going:
    """Begin a run of which so many fits get through, or as many as two trials need, and no more until it is let.

    Of what a test does meanwhile nothing comes too late.
    """
    folder.mkdir(parents=True, exist_ok=True)
    gate = Turnstile(folder, fits or enough(trials))
    run = Going(warmed, folder, *extra, arguments=command(folder, 0.0, trials, workers, gate=gate), **options)
    run.gate = gate
    return run


def until(condition: Callable[[], object], seconds: float = 300.0) -> None:
    """Wait for a condition, looking now and then: programs that are measured meanwhile need the core more."""
    wait_until(condition, seconds, 0.05)
