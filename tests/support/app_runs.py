"""Runs on disk and an app to show them, for tests of the screens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from made_run import MadeRun, flipped
from running import LONG
from textual.pilot import Pilot
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.lock import RunLock
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store
from tunetop.tui.app.app import TunetopApp
from tunetop.tui.settings import SettingsFile

# the pilot gives a screen half a minute for what it has to do, of which a busy machine may leave it little
Pilot._wait_for_screen.__defaults__ = (LONG,)

SIZES = [(80, 24), (160, 45)]
LOOK = 0.02
"""Seconds between two looks at what is waited for."""

PRESET = """
title = "{title}"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.linear_model.LogisticRegression"
[space]
C = {{ log = [1e-3, 1e3], grid = [0.01, 1.0, 100.0] }}
penalty = {{ choices = {{ l1 = {{ l1_ratio = 1.0 }}, none = {{ C = inf }} }} }}
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 40
seed = 42
"""


def preset_file(folder: Path, name: str = "mine", title: str = "My iris", text: str = PRESET) -> Path:
    """Write a preset into a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text.format(title=title), encoding="utf-8")
    return path


def made(state: Any = "done", **info: Any) -> MadeRun:
    """Return a run of a baseline, a grid and a random search; state None: it is still going."""
    targets = [0.0, 1.0] * 10
    run = MadeRun(test_targets=targets, **info)
    run.trial("baseline", 0, [0.9, 0.92, 0.94], {})
    run.finish("baseline", 0, 0.9, flipped(targets, 0, 1))
    run.trial("grid", 0, [0.91, 0.93, 0.95], warnings={"ConvergenceWarning: not converged [/b]": 3})
    run.trial("grid", 1, [], error="ValueError: solver sgd refuses [red]this[/red]", details="Traceback\n  line 1")
    run.finish("grid", 0, 0.95, flipped(targets, 0))
    run.trial("random", 0, [0.93, 0.95, 0.97])
    run.trial("random", 1, [0.91, 0.93, 0.95], {"alpha": 0.1, "solver": "adam"}, reused=("grid", 0))
    if state is not None:
        run.finish("random", 0, 0.95, flipped(targets, 1))
        run.end(state)
    return run


def stored(store: Store, run: MadeRun, name: str = "made", text: str | None = None) -> RunFolder:
    """Write a made run into the store and return its folder."""
    folder = store.create(name, text or PRESET.format(title="My iris"))
    journal = Journal.create(folder.journal)
    for record in run.records:
        journal.append(record.event)
    journal.close()
    return folder


class LiveRun:
    """A run of this process whose events a test writes: what `launch` returns, without workers."""

    def __init__(self, folder: RunFolder, lock: RunLock, journal: Journal) -> None:
        self.folder, self.lock, self.journal = folder, lock, journal
        self.finished = threading.Event()
        self.trouble = ""
        self.asked: list[str] = []

    @classmethod
    def begun(cls, store: Store, run: MadeRun) -> LiveRun:
        folder = store.create("made", PRESET.format(title="My iris"))
        lock = folder.lock()
        live = cls(folder, lock, Journal.create(folder.journal))
        live.write(*(record.event for record in run.records))
        return live

    def write(self, *events: Any) -> None:
        for event in events:
            self.journal.append(event)

    def end(self, state: Any) -> None:
        from tunetop.engine.events import RunFinished

        self.write(RunFinished(state=state))
        self.journal.close()
        self.lock.close()
        self.finished.set()

    def pause(self) -> None:
        self.asked.append("pause")

    def unpause(self) -> None:
        self.asked.append("unpause")

    def stop(self) -> None:
        self.asked.append("stop")

    def stop_now(self) -> None:
        self.asked.append("stop_now")

    def skip(self, method: str) -> None:
        self.asked.append(f"skip {method}")

    def add_trials(self, method: str, more: int) -> None:
        self.asked.append(f"{more} more for {method}")

    def add(self, point: Any) -> None:
        self.asked.append(f"add {point}")


def app_for(tmp_path: Path, **wanted: Any) -> TunetopApp:
    """Return an app whose runs, settings and current folder lie in `tmp_path`."""
    presets = tmp_path / "here"
    presets.mkdir(exist_ok=True)
    store = wanted.pop("store", None) or Store(tmp_path / "runs")
    settings = SettingsFile(tmp_path / "config" / "settings.toml")
    app = TunetopApp(store, settings=settings, presets_folder=presets, thin=False, **wanted)
    # on a busy machine five seconds can pass between two looks, and what was said would be gone
    app.NOTIFICATION_TIMEOUT = LONG
    return app


async def until(pilot: Pilot[Any], condition: Callable[[], Any], seconds: float = 300.0) -> None:
    """Wait until the condition holds, keeping the app going; fail after `seconds` of pauses, whatever comes between."""
    looks = 0
    while not condition():
        assert looks * LOOK < seconds, "it did not happen in time"
        await pilot.pause(LOOK)
        looks += 1


def text_of(app: TunetopApp) -> str:
    """Return what the screen on top shows, as text."""
    screen = app.screen
    strips = screen._compositor.render_strips(app.size)
    return "\n".join(strip.text for strip in strips)
