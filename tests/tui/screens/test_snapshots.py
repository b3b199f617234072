"""Every screen as text at two sizes: a change that anybody would see is a diff here, and is accepted on purpose.

`make snapshots` accepts what is shown. Time stands still, and everything that is drawn at random has its seed.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from app_runs import SIZES, app_for, made, preset_file, stored, text_of, until
from app_runs import LiveRun as OwnRun
from made_run import MadeRun
from monitor_app import LiveRun
from snapshots import difference, hold
from textual.pilot import Pilot
from tunetop.engine.events import (
    Axis,
    FoldStarted,
    MethodStarted,
    Objective,
    StepsReported,
    TrialStarted,
    WorkersChanged,
)
from tunetop.engine.preset.preset import parse
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store
from tunetop.engine.tournament import folder as tournaments
from tunetop.tui.screens.by_hand import ByHandScreen
from tunetop.tui.screens.choose_columns import ColumnsScreen
from tunetop.tui.screens.comparison import ComparisonScreen
from tunetop.tui.screens.confirm import ConfirmScreen
from tunetop.tui.screens.help import HelpScreen
from tunetop.tui.screens.hosts import HostsScreen
from tunetop.tui.screens.leave import LeaveScreen
from tunetop.tui.screens.monitor.screen import MonitorScreen
from tunetop.tui.screens.more_trials import MoreTrialsScreen
from tunetop.tui.screens.picker.screen import PickerScreen
from tunetop.tui.screens.side_by_side import SideBySideScreen
from tunetop.tui.screens.trial import TrialScreen
from tunetop.tui.screens.watch_picker import Choice, WatchPickerScreen

NOW = 1_700_010_000.0
PRESET = """
title = "Iris by logistic regression"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.linear_model.LogisticRegression"
[space]
C = { log = [1e-3, 1e3], grid = [0.001, 0.1, 10.0, 1000.0] }
tol = { log = [1e-6, 1e-2], grid = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2] }
[score]
scoring = "accuracy"
folds = 5
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 40
seed = 42
"""


def iris(random_trials: int = 23, *, over: bool = True, seed: int = 1) -> LiveRun:
    """Return a run with all that a list of trials can show: grid and random trials, failures, warnings, one raced."""
    preset = parse(PRESET, "iris.toml")
    axes = [dimension.axis() for dimension in preset.space.dimensions]
    run = LiveRun(axes, digest=preset.digest, title=preset.title, run="iris-1", preset="iris", seed=seed)
    started: Any = run.records[0]
    plans = started.event.methods[:3]
    run.records[0] = msgspec.structs.replace(started, event=msgspec.structs.replace(started.event, methods=plans))
    run.baseline()
    end_method(run, "baseline", 0.95)
    run.grid()
    end_method(run, "grid", 0.96)
    for number in range(random_trials):
        if number == 9:
            run.failed("random", number, "ValueError: solver sgd refuses [red]this[/red]")
        elif number == 12:
            run.whole("random", number, warnings={"ConvergenceWarning: not converged": 3})
        elif number == 15:
            run.whole("random", number, state="raced", estimate=0.9, scores=[0.9, 0.91], by_fold={0: 0.9, 1: 0.91})
        else:
            run.whole("random", number)
    if over:
        end_method(run, "random", 0.97)
        run.end("done")
    else:
        run.running("random", random_trials, 3)
    return run


def end_method(run: LiveRun, name: str, test_score: float) -> None:
    best = run.state().methods[name].best
    assert best is not None
    run.finish(name, best.number, test_score)


def kept(store: Store, run: MadeRun, name: str = "iris") -> RunFolder:
    """Write a run into a store with the times that its events have."""
    folder = store.create(name, PRESET)
    times = iter([record.t for record in run.records])
    journal = Journal.create(folder.journal, clock=lambda: next(times))
    for record in run.records:
        journal.append(record.event)
    journal.close()
    return folder


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


class Album:
    """Pictures of one app at one size, and how they differ from those that were accepted."""

    def __init__(self, app: Any, pilot: Pilot[Any], size: tuple[int, int]) -> None:
        self.app, self.pilot, self.size = app, pilot, size
        self.differences: list[str] = []

    async def still(self) -> None:
        """Wait until nothing moves any more."""
        await until(self.pilot, lambda: self.app.background.idle and text_of(self.app).strip())
        before = ""
        while before != (before := text_of(self.app)):
            await self.pilot.pause(0.6)

    async def take(self, name: str) -> None:
        await self.still()
        if found := hold(name, self.size, text_of(self.app)):
            self.differences.append(found)

    async def press(self, screen: type, *keys: str) -> None:
        await self.pilot.press(*keys)
        await until(self.pilot, lambda: isinstance(self.app.screen, screen))

    def all_as_accepted(self) -> None:
        assert not self.differences, "\n".join([*self.differences, "", "make snapshots accepts what is shown"])


@pytest.mark.parametrize("size", SIZES)
async def test_runs_side_by_side(tmp_path: Path, size: tuple[int, int]) -> None:
    store = Store(tmp_path / "runs")
    names = [kept(store, iris(seed=seed)).id for seed in (1, 2)]
    app = app_for(tmp_path, store=store)
    async with app.run_test(size=size) as pilot:
        album = Album(app, pilot, size)
        await until(pilot, lambda: all(name in text_of(app) for name in names))
        for name in names:
            app.screen.query_one("#list").choose(("run", name))
            await pilot.press("space")
        await until(pilot, lambda: text_of(app).count("◆") == 2)
        await album.press(SideBySideScreen, "C")
        await until(pilot, lambda: "side by side" in text_of(app))
        await album.take("side-by-side")
        album.all_as_accepted()


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_that_is_over(tmp_path: Path, size: tuple[int, int]) -> None:
    store = Store(tmp_path / "runs")
    app = app_for(tmp_path, store=store, folder=kept(store, iris()))
    async with app.run_test(size=size) as pilot:
        album = Album(app, pilot, size)
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.summary is not None)
        await album.take("comparison")
        await album.press(MonitorScreen, "enter")
        await album.take("monitor-over")
        for key, view in enumerate(("map", "scatter", "path", "surface", "space", "bars", "lines", "importance"), 2):
            await pilot.press(str(key))
            await album.take(f"monitor-{view}")
        await pilot.press("0")
        await album.take("monitor-failures")
        await pilot.press("1", "s")
        await album.take("monitor-sorted")
        await album.press(ColumnsScreen, "c")
        await album.take("columns")
        await album.press(MonitorScreen, "escape")
        await album.press(TrialScreen, "enter")
        await album.take("trial")
        await album.press(ByHandScreen, "A")
        await album.take("by-hand")
        await album.press(TrialScreen, "escape")
        await album.press(MonitorScreen, "escape")
        await album.press(MoreTrialsScreen, "+")
        await album.take("more-trials")
        await album.press(MonitorScreen, "escape")
        await album.press(HelpScreen, "?")
        await album.take("help")
        album.all_as_accepted()


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_that_goes_on(tmp_path: Path, size: tuple[int, int]) -> None:
    store = Store(tmp_path / "runs")
    run = iris(over=False)
    folder = kept(store, run)
    app = app_for(tmp_path, store=store, folder=folder)
    with folder.lock():
        async with app.run_test(size=size) as pilot:
            album = Album(app, pilot, size)
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
            await album.take("monitor-watching")
            await pilot.press("slash", *"random")
            await album.take("monitor-filter")
            album.all_as_accepted()


@pytest.mark.parametrize("size", SIZES)
async def test_presets_runs_and_a_run_of_ones_own(tmp_path: Path, size: tuple[int, int]) -> None:
    store = Store(tmp_path / "runs")
    kept(store, iris())
    stored(store, made("stopped"), "stopped")
    preset_file(tmp_path / "here")
    (tmp_path / "here" / "broken.toml").write_text('title = "x\n')
    app = app_for(tmp_path, store=store, launch=lambda *_: OwnRun.begun(store, made(state=None)))
    async with app.run_test(size=size) as pilot:
        album = Album(app, pilot, size)
        await until(pilot, lambda: isinstance(app.screen, PickerScreen) and app.screen.listing.runs)
        await until(pilot, lambda: "569 rows" in text_of(app))
        await album.take("picker")
        await pilot.press("G")
        await album.take("picker-run")
        await pilot.press("g")
        await album.press(MonitorScreen, "enter")
        await album.take("monitor-own")
        await album.press(LeaveScreen, "q")
        await album.take("leave")
        run: Any = app.sessions.launcher.begun
        run.end("done")
        album.all_as_accepted()


@pytest.mark.parametrize("size", SIZES)
async def test_a_tournament_that_is_over(tmp_path: Path, size: tuple[int, int]) -> None:
    store = Store(tmp_path / "runs")
    folder = tournaments.create(store, parse(PRESET, "iris.toml"), ["grid", "random"], [0, 1, 2])
    plan = folder.read()
    runs = {seed: kept(store, iris(20 + seed, seed=seed), f"seed-{seed}").id for seed in plan.seeds}
    folder.write(msgspec.structs.replace(plan, runs=runs, state="done"))
    app = app_for(tmp_path, store=store, race=folder)
    async with app.run_test(size=size) as pilot:
        album = Album(app, pilot, size)
        await until(pilot, lambda: app.sessions.tournament is not None and app.sessions.tournament.summed == (0, 1, 2))
        for key, panel in enumerate(("curves", "seeds", "tests"), 1):
            await pilot.press(str(key))
            await album.take(f"tournament-{panel}")
        album.all_as_accepted()


def study() -> MadeRun:
    """Return a watched study with two objectives whose trials report on their way: whole, ended early, at work."""
    goals = [Objective("loss", "minimize"), Objective("speed")]
    axes = [Axis(name="lr", scale="log", low=1e-4, high=1.0), Axis(name="layers", scale="linear", low=1, high=8)]
    facts: dict[str, Any] = {"axes": axes, "folds": 0, "watched": True, "objectives": goals, "scoring": "loss"}
    run = MadeRun(methods=("study",), title="digits", run="digits-1", source="Optuna, SQLite file", **facts)
    for number in range(9):
        params = {"lr": 10.0 ** (-4 + number / 3), "layers": 1 + number % 8}
        steps = [(step, -2.0 / (1 + step * (1 + number % 4) / 4)) for step in range(4 if number == 3 else 10)]
        found: dict[str, Any] = {"steps": steps, "others": {"speed": [40.0 - 7 * (number % 5)]}}
        if number == 3:
            run.trial("study", number, [], params, state="raced", estimate=steps[-1][1], steps=steps)
        else:
            run.trial("study", number, [steps[-1][1]], params, **found)
    run.add(TrialStarted(method="study", number=9, params={"lr": 0.02, "layers": 5}))
    return run.add(StepsReported(method="study", number=9, steps=[(step, -2.0 / (1 + step)) for step in range(5)]))


def far() -> MadeRun:
    """Return a run on a cluster of two hosts that differ, where a third is not used."""
    run = MadeRun(cluster="tcp://ada:8786", workers=0, title="Iris far away", run="far-1")
    notes = ["not used: eve has scikit-learn 1.2.3, and this run 1.9.1: install the same there"]
    kernels = {"ada": "openblas Haswell", "bob": "openblas SkylakeX"}
    run.add(WorkersChanged(workers=6, hosts={"ada": 4, "bob": 2}, kernels=kernels, notes=notes))
    run.add(MethodStarted(method="random"))
    for number, host in enumerate(("ada", "ada", "bob", "bob")):
        run.add(TrialStarted(method="random", number=number, params={"alpha": 0.1, "solver": "adam"}))
        run.add(FoldStarted(method="random", number=number, folds=[0], host=host))
    return run


@pytest.mark.parametrize("size", SIZES)
async def test_a_watched_study(tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    store, run = Store(tmp_path / "runs"), study()
    monkeypatch.setattr(time, "time", lambda: run.records[-1].t + 3)
    folder = kept(store, run)
    app = app_for(tmp_path, store=store, folder=folder)
    with folder.lock():
        async with app.run_test(size=size) as pilot:
            album = Album(app, pilot, size)
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "digits" in text_of(app))
            await album.take("study")
            for key, view in (("C", "curves"), ("P", "pareto")):
                await pilot.press(key)
                await album.take(f"study-{view}")
            explained = "It is silent. If its process still works on it, what it finds is lost."
            await app.push_screen(ConfirmScreen(app, "Mark trial 9 as failed?", explained, "Yes, mark it as failed"))
            await album.take("confirm")
            album.all_as_accepted()


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_on_a_cluster(tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    store, run = Store(tmp_path / "runs"), far()
    monkeypatch.setattr(time, "time", lambda: run.records[-1].t + 3)
    folder = kept(store, run)
    app = app_for(tmp_path, store=store, folder=folder)
    with folder.lock():
        async with app.run_test(size=size) as pilot:
            album = Album(app, pilot, size)
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "far away" in text_of(app))
            await album.take("far")
            await album.press(HostsScreen, "H")
            await album.take("hosts")
            album.all_as_accepted()


@pytest.mark.parametrize("size", SIZES)
async def test_what_there_is_to_watch(tmp_path: Path, size: tuple[int, int]) -> None:
    choices = [
        Choice("study.db", "Optuna, SQLite", "digits (41 of 60 trials)", True, NOW - 2, lambda _: None),
        Choice("~/ray_results/tune_lr", "Ray Tune", "16 trials", False, NOW - 7200, lambda _: None),
    ]
    app = app_for(tmp_path, choices=lambda: choices)
    async with app.run_test(size=size) as pilot:
        album = Album(app, pilot, size)
        await until(pilot, lambda: isinstance(app.screen, WatchPickerScreen) and "2 found" in text_of(app))
        await album.take("watch-picker")
        album.all_as_accepted()


async def test_a_window_that_is_too_small(tmp_path: Path) -> None:
    app = app_for(tmp_path)
    async with app.run_test(size=(50, 12)) as pilot:
        album = Album(app, pilot, (50, 12))
        await until(pilot, lambda: "larger window" in text_of(app))
        await album.take("too-small")
        album.all_as_accepted()


def test_a_difference_is_told_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "monitor-80x24.txt"
    path.write_text("one\ntwo\n", encoding="utf-8")
    assert difference(path, "one\ntwo\n") == ""
    found = difference(path, "one\nthree\n").splitlines()
    assert found[0] == "--- accepted monitor-80x24.txt"
    assert found[-2:] == ["-two", "+three"]
