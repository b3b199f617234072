"""From the picker to the files: the app by pilot, and the real program in a real terminal."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest
from app_runs import until
from running import wait_until
from terminal import Terminal
from tunetop.engine.record.store import Store
from tunetop.tui.app.app import TunetopApp
from warm_process import Warmed
from window import Window

QUICK = """
title = "Quick tree"
[data]
source = "sklearn:iris"
stratify = true
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0 }
[space]
max_depth = { linear = [1, 8], integer = true, grid = [1, 2, 3, 4] }
min_impurity_decrease = { log = [1e-4, 1e-1], grid = [1e-4, 1e-3, 1e-2, 1e-1] }
[score]
scoring = "accuracy"
folds = 5
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 10
seed = 3
"""


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_a_person_picks_a_preset_watches_it_compares_and_exports(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "aaa.toml").write_text(QUICK)
    store = Store(tmp_path / "runs")
    app = TunetopApp(store, presets_folder=tmp_path)
    async with app.run_test(size=size, notifications=True) as pilot:

        def text() -> str:
            width, _ = app.size
            strips = app.screen._compositor.render_strips()
            return "\n".join(strip.text[:width] for strip in strips)

        await until(pilot, lambda: "Quick tree" in text())
        await pilot.press("/", *"quick", "enter")
        await until(pilot, lambda: "DecisionTreeClassifier" in text())
        await pilot.press("enter")
        await until(pilot, lambda: app.sessions.run is not None)
        await until(pilot, lambda: app.sessions.run is not None and app.sessions.run.state.ended)
        await until(pilot, lambda: type(app.screen).__name__ == "ComparisonScreen" and "untuned" in text())
        await until(pilot, lambda: re.search(r"random\s+.*0\.\d{4}", text()))
        await pilot.press("e")
        (folder,) = store.list()
        await until(pilot, lambda: str(folder.path)[-12:] in text() or folder.id in text())
        await until(pilot, (folder.path / "trials.csv").is_file)
        await pilot.press("escape")
        await until(pilot, lambda: type(app.screen).__name__ == "MonitorScreen")
        await until(pilot, lambda: "16/16" in text() and "10/10" in text())
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "TrialScreen" and "max_depth" in text())
        await pilot.press("q")


def test_the_real_program_goes_from_keys_to_files(tmp_path: Path) -> None:
    (tmp_path / "aaa.toml").write_text(QUICK)
    runs = tmp_path / "runs"
    with Terminal(
        ["/bin/sh", "-c", f"cd {tmp_path} && exec {sys.executable} -m tunetop"],
        columns=100,
        rows=30,
        environment={"TUNETOP_RUNS_DIR": str(runs), "TUNETOP_CONFIG_DIR": str(tmp_path / "config")},
    ) as terminal:
        terminal.wait_for("Breast Cancer MLP")
        terminal.type("/quick\r")
        terminal.wait_for(lambda text: "Quick tree" in text and "max_depth" in text)
        terminal.type("\r")
        terminal.wait_for(lambda text: "untuned baseline" in text and "random" in text)
        terminal.type("\x1b")
        terminal.wait_for("10/10")
        terminal.type("q")
        wait_until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 0
    (folder,) = Store(runs).list()
    summary = json.loads((folder.path / "summary.json").read_text())
    assert summary["state"] == "done"
    assert [(m["method"], m["trials"]) for m in summary["methods"]] == [("grid", 16), ("random", 10)]
    rows = (folder.path / "trials.csv").read_text().splitlines()
    assert len(rows) == 1 + 1 + 16 + 10
    assert (folder.path / "summary.md").is_file()
    assert len(list(folder.path.glob("cv_results*.json"))) == 3


def test_the_end_of_a_run_is_notified_by_the_terminal_where_that_was_asked_for(warmed: Warmed, tmp_path: Path) -> None:
    (tmp_path / "aaa.toml").write_text(QUICK)
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.toml").write_text("notify = true\n")
    places = {"TUNETOP_RUNS_DIR": str(tmp_path / "runs"), "TUNETOP_CONFIG_DIR": str(config)}
    window = Window(warmed, "run", tmp_path / "aaa.toml", environment=places)
    wait_until(lambda: b"\x1b]9;tunetop: Quick tree done\x07" in window.sent)
    window.program.kill(signal.SIGKILL)
    window.program.wait()
    window.close()
