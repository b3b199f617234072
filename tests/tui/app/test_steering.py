"""More trials and trials by hand from the screen: asked for, checked, taken by the run, and brought back if not."""

from __future__ import annotations

import asyncio
import csv
import shutil
from pathlib import Path

import pytest
from app_runs import LiveRun, app_for, made, stored, text_of, until
from hostile_text import HOSTILE
from made_run import MadeRun
from msgspec.structs import replace
from running import LONG, TREE, TRUSTED, in_order, preset_of, run_through
from textual import events
from textual.keys import _character_to_key
from textual.notifications import Notification
from tunetop.engine.errors import UsageError
from tunetop.engine.events import MethodExtended, MethodPlan
from tunetop.engine.preset.preset import parse
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.tui.screens.by_hand import ByHandScreen
from tunetop.tui.screens.comparison import ComparisonScreen
from tunetop.tui.screens.monitor.screen import MonitorScreen
from tunetop.tui.screens.more_trials import MoreTrialsScreen
from tunetop.tui.screens.trial import TrialScreen
from tunetop.tui.widgets.line_edit import LONGEST, LineEdit
from turnstile import Turnstile

DIALOG_SIZES = [(60, 16), (120, 36)]
FEW = TREE.replace("trials = 12", "trials = 3").replace('[[method]]\nkind = "refine"\ndraws = 6\nseed = 5\n', "")
SPACE = """C = { log = [1e-3, 1e3], grid = [0.01, 1.0, 100.0] }
penalty = { choices = { l1 = { l1_ratio = 1.0 }, none = { C = inf } } }
tol = { log = [1e-6, 1e-2], grid = [1e-4] }
max_iter = { linear = [50, 500], integer = true, grid = [100] }
intercept_scaling = { linear = [0.5, 2.0], grid = [1.0] }
fit_intercept = [true, false]
warm_start = [true, false]
dual = [true, false]
random_state = { linear = [0, 9], integer = true, grid = [0] }
verbose = [0, 1]
class_weight = ["balanced"]
solver = ["saga", "lbfgs", "liblinear"]
"""
TWELVE = f"""
title = "Twelve"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.linear_model.LogisticRegression"
params = {{ max_iter = 200 }}
[space]
{SPACE}[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 40
"""
PLANS = [MethodPlan("baseline", "baseline", "Baseline", 1), MethodPlan("grid", "grid", "Grid", 2)]
PLANS.append(MethodPlan("random", "random", "Random", 2, seed=42))


def twelve(state: str | None = "done") -> MadeRun:
    """Return a run of the preset with twelve hyperparameters."""
    preset = parse(TWELVE, "twelve.toml")
    axes = [dimension.axis() for dimension in preset.space.dimensions]
    run = made(state, digest=preset.digest, axes=axes)
    started = run.records[0]
    run.records[0] = replace(started, event=replace(started.event, methods=PLANS))
    return run


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    run = launch(preset_of(FEW, folder), Store(folder / "runs"), RunOptions(workers=2))
    assert run.finished.wait(300)
    return run.folder.path


@pytest.fixture
def finished(finished_run: Path, tmp_path: Path) -> RunFolder:
    """A finished run of a grid and of three random trials, a copy of its own for each test."""
    return RunFolder(shutil.copytree(finished_run, tmp_path / "runs" / "small-1"))


async def shown(pilot, app, screen):
    await until(pilot, lambda: isinstance(app.screen, screen))
    await pilot.pause()
    return app.screen


# -- with real runs --------------------------------------------------------------------------------------------------


async def test_a_finished_run_goes_on_with_more_trials_on_the_same_monitor(tmp_path: Path, finished: RunFolder) -> None:
    app = app_for(tmp_path, folder=finished, options=RunOptions(workers=2))
    async with app.run_test(size=(60, 16)) as pilot:
        await shown(pilot, app, ComparisonScreen)
        monitor = app.screen_stack[-2]
        # typed ahead: all of it is meant for the dialog that the first key opens
        await pilot.press("plus", "2", "enter")
        await until(pilot, lambda: app.sessions.run.state.methods["random"].finished == 5)
        assert monitor in app.screen_stack
        await until(pilot, lambda: app.sessions.run.state.ended and not app.sessions.run.going)
        await shown(pilot, app, ComparisonScreen)
    assert app.sessions.run.state.phase == "done"


async def test_a_finished_run_goes_on_with_a_trial_by_hand(tmp_path: Path, finished: RunFolder) -> None:
    app = app_for(tmp_path, folder=finished, options=RunOptions(workers=2))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot, app, ComparisonScreen)
        # in one burst, as over a slow line: every key finds the line that it was meant for
        for key in ("A", "7", "down", *"4.2e-3", "down", "right", "enter"):
            app.post_message(events.Key(_character_to_key(key), key if len(key) == 1 else None))
        await until(pilot, lambda: "manual" in app.sessions.run.state.methods)
        await until(pilot, lambda: app.sessions.run.state.ended and not app.sessions.run.going)
        (trial,) = app.sessions.run.state.methods["manual"].trials.values()
        assert (trial.params["max_depth"], trial.params["min_impurity_decrease"]) == (7, 0.0042)
        app.open_trial(trial.key)
        await shown(pilot, app, TrialScreen)
        assert "manual #0  by hand" in text_of(app)
        app.show_monitor()
        await shown(pilot, app, MonitorScreen)
        assert any("manual" in line and "0.0042" in line for line in text_of(app).split("\n"))
    with (finished.path / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["max_depth"] for row in rows if row["method"] == "manual" and row["manual"] == "True"] == ["7"]


async def test_a_run_that_is_going_takes_both_from_its_own_screen_and_from_one_that_controls_it(tmp_path: Path) -> None:
    undisturbed = run_through(preset_of(FEW.replace("trials = 3", "trials = 12"), tmp_path), tmp_path / "runs")
    gate = Turnstile(tmp_path)
    preset = preset_of(gate.text(TREE.replace("trials = 12", "trials = 6\nname = 'r'")), tmp_path, "s.toml")
    run = launch(preset, Store(tmp_path / "runs"), RunOptions(2, ("r",), allow_imports=TRUSTED))
    run.pause()
    app = app_for(tmp_path, folder=run.folder, control=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, MonitorScreen)
        await pilot.press("plus", "2", "enter")
        await until(pilot, lambda: app.sessions.run.state.methods["r"].plan.trials == 8)
        app.sessions.run.controls = run
        await pilot.press("plus", "4", "enter", "A", "8", "enter")
        await until(pilot, lambda: app.sessions.run.state.methods["r"].plan.trials == 12)
        await until(pilot, lambda: "manual" in app.sessions.run.state.methods)
        run.unpause()
        gate.open()
        await until(pilot, lambda: app.sessions.run.state.ended)
    state = app.sessions.run.state
    assert state.phase == "done"
    assert [trial.params["max_depth"] for trial in state.methods["manual"].trials.values()] == [8]
    assert state.methods["manual"].trials[0].mean in [mean for _, mean in state.methods["manual"].path]
    expected = [(trial.params, trial.scores) for trial in in_order(undisturbed.methods["random"])]
    assert [(trial.params, trial.scores) for trial in in_order(state.methods["r"])] == expected


# -- when it cannot be -----------------------------------------------------------------------------------------------


async def test_who_only_watches_is_told_how_to_steer(tmp_path: Path) -> None:
    live = LiveRun.begun(Store(tmp_path / "runs"), twelve(None))
    app = app_for(tmp_path, folder=live.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, MonitorScreen)
        await pilot.press("plus", "A")
        await until(pilot, lambda: len(app._notifications) == 2)
        assert all("attach made-1 --control" in note.message for note in app._notifications)
        assert isinstance(app.screen, MonitorScreen)
    live.end("stopped")


@pytest.mark.parametrize("why", ["belongs to user", "is not running", "No such file"])
async def test_what_a_run_cannot_be_asked_for_is_told_and_harms_nobody(tmp_path: Path, monkeypatch, why: str) -> None:
    live = LiveRun.begun(Store(tmp_path / "runs"), twelve(None))
    app = app_for(tmp_path, folder=live.folder, control=True)

    def told() -> list[Notification]:
        # that nobody runs it any more may be told beside
        return [note for note in app._notifications if why in note.message]

    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, MonitorScreen)
        if why == "belongs to user":
            monkeypatch.setattr("tunetop.engine.record.inbox.os.geteuid", lambda: 12345)
        elif why == "is not running":
            # who sees by itself that nobody runs it any more asks nothing of it: here it does not look again
            monkeypatch.setattr("tunetop.tui.sessions.run.LOCK_CHECKS", LONG)
            live.lock.close()
        else:
            monkeypatch.setattr(RunFolder, "is_locked", lambda _: True)
            shutil.rmtree(live.folder.path)
        for count, key in enumerate("pxn", 1):
            await pilot.press(key)
            await until(pilot, lambda count=count: len(told()) == count)
        assert {note.severity for note in told()} == {"error"}
        assert isinstance(app.screen, MonitorScreen)
    assert not live.folder.control.exists()


async def test_a_preset_that_was_changed_since_is_told_before_anything_is_typed(tmp_path: Path) -> None:
    folder = stored(Store(tmp_path / "runs"), twelve(), text=TWELVE.replace("1e3", "1e4"))
    app = app_for(tmp_path, folder=folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, ComparisonScreen)
        await pilot.press("A")
        await until(pilot, lambda: any("was changed since the run began" in n.message for n in app._notifications))
        assert isinstance(app.screen, ComparisonScreen)


async def test_what_a_run_could_not_take_comes_back_with_the_reason(tmp_path: Path) -> None:
    asked = []

    def resume(folder, options, **more):
        asked.append(more)
        raise UsageError("made-1 is run by somebody else")

    folder = stored(Store(tmp_path / "runs"), twelve(), text=TWELVE)
    app = app_for(tmp_path, folder=folder, resume_with=resume)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, ComparisonScreen)
        await pilot.press("plus", "7", "enter")
        await until(pilot, lambda: "run by somebody else" in text_of(app))
        assert asked == [{"trials": ["random=9"]}]
        assert isinstance(app.screen, MoreTrialsScreen)
        assert " 7  trials" in text_of(app)
        await pilot.press("escape")
        app.open_trial(("baseline", 0))
        await pilot.press("A", *"33.5", "enter")
        await until(pilot, lambda: len(asked) == 2 and "run by somebody else" in text_of(app))
        assert asked[1]["add"][0]["C"] == 33.5
        assert isinstance(app.screen, ByHandScreen)
        assert "33.5" in text_of(app)


@pytest.mark.parametrize("end", ["done", "stopped"])
async def test_a_run_that_ends_before_it_takes_a_wish_goes_on_with_it(tmp_path: Path, end: str) -> None:
    asked = []
    live: list[LiveRun] = []

    def begin(preset, store, options):
        run = LiveRun.begun(store, twelve(None))
        (run.folder.path / "preset.toml").write_text(TWELVE)
        live.append(run)
        return run

    def resume(folder, options, **more):
        asked.append(more)
        live[0].finished.clear()
        live[0].lock, live[0].journal = folder.lock(), type(live[0].journal).open(folder.journal)
        live[0].write(MethodExtended(plan=MethodPlan("random", "random", "Random", 12, 42, earlier=[2])))
        return live[0]

    app = app_for(tmp_path, preset=parse(TWELVE, "twelve.toml"), launch=begin, resume_with=resume)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, MonitorScreen)
        await until(pilot, lambda: app.sessions.run.state.finished_trials >= 5)
        await pilot.press("plus", "enter")
        await until(pilot, lambda: live[0].asked == ["10 more for random"])
        live[0].end(end)
        if end == "stopped":
            # whoever stopped it did not mean it to go on by itself
            await until(pilot, lambda: "stopped before it took" in text_of(app))
            assert asked == []
            await pilot.press("enter")
        await until(pilot, lambda: asked)
        assert asked == [{"trials": ["random=12"]}]
        await until(pilot, lambda: app.sessions.run.state.methods["random"].plan.trials == 12)
        live[0].end("done")


# -- the dialogs -----------------------------------------------------------------------------------------------------


async def test_methods_that_cannot_be_given_more_say_why(tmp_path: Path) -> None:
    text = FEW.replace("trials = 3", "trials = 60").replace("[score]", "[stop]\nno_improvement = 2\n[score]")
    text += '[[method]]\nkind = "random"\nname = "later"\ntrials = 2\n'
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2))
    assert run.finished.wait(300)
    app = app_for(tmp_path, folder=run.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, ComparisonScreen)
        await until(pilot, lambda: app.screen.summary)
        rows = [row.text.plain for row in app.screen.active.rows]
        assert any("random" in row and "no improvement in 2 trials" in row for row in rows)
        await pilot.press("plus")
        await shown(pilot, app, MoreTrialsScreen)
        assert "grid    ends by itself" in text_of(app)
        assert "random  ended by a rule: no improvement in 2 trials" in text_of(app)
        assert app.screen.method.name == "later"
        await pilot.press("minus", "minus", "plus")
        assert app.screen.more == 10
        await pilot.press("backspace", "backspace", "enter")
        assert "allowed: a whole number from 1" in text_of(app)
        await pilot.press(*"3" * 12)
        await pilot.pause()
        assert "allowed: at most 2,147,483,648" in text_of(app) or app.screen.more == 333_333_333
        await pilot.press("escape")
        await pilot.press("enter")
        await shown(pilot, app, MonitorScreen)
        assert "no improvement in 2 trials" in text_of(app)


@pytest.mark.parametrize("size", DIALOG_SIZES)
async def test_twelve_hyperparameters_are_typed_scrolled_and_checked(tmp_path: Path, size) -> None:
    asked = []

    def resume(folder, options, **more):
        asked.append(more)
        raise UsageError("not now")

    app = app_for(tmp_path, folder=stored(Store(tmp_path / "runs"), twelve(), text=TWELVE), resume_with=resume)
    async with app.run_test(size=size) as pilot:
        await shown(pilot, app, ComparisonScreen)
        app.open_trial(("baseline", 0))
        await shown(pilot, app, TrialScreen)
        await pilot.press("A")
        screen = await shown(pilot, app, ByHandScreen)
        assert ("solver" in text_of(app)) == (size[1] > 16)
        # the estimator's own parameter, then the first of the grid, then the first choice
        assert (screen._form.values["max_iter"], screen._form.values["C"], screen._form.values["penalty"]) == (
            200,
            0.01,
            "l1",
        )
        await pilot.press(*"99999", "down")
        assert "99999 is out" in text_of(app)
        await pilot.press("right", *["down"] * 10, "left")
        assert screen.hyperparameter == "solver"
        assert "← liblinear →" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
        # nothing is added: the line that is wrong is shown instead
        assert (app.screen, screen.hyperparameter) == (screen, "C")
        assert "C: 99999 is outside 0.001 … 1000" in text_of(app)
        await pilot.press("backspace", "left", "left", "delete", "home", "delete", "end", "0", "enter")
        await until(pilot, lambda: asked)
        added = asked[0]["add"][0]
        assert (added["C"], added["penalty"], added["solver"], added["fit_intercept"]) == (
            990.0,
            "none",
            "liblinear",
            True,
        )


async def test_an_app_may_be_left_at_any_moment_of_a_dialogs_opening(tmp_path: Path) -> None:
    folder = stored(Store(tmp_path / "runs"), twelve(), text=TWELVE)
    for turns in range(4):
        app = app_for(tmp_path, folder=folder)
        # leaving it raises what its screens raised, of which parts may never be mounted
        async with app.run_test(size=(120, 36)) as pilot:
            await shown(pilot, app, ComparisonScreen)
            app.screen.action_add_by_hand()
            for _ in range(turns):
                await asyncio.sleep(0)


@pytest.mark.parametrize("gone", ["main", "title", "note"])
async def test_a_window_may_change_while_a_dialogs_parts_are_taken_down(tmp_path: Path, gone: str) -> None:
    app = app_for(tmp_path, folder=stored(Store(tmp_path / "runs"), twelve(), text=TWELVE))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot, app, ComparisonScreen)
        await pilot.press("A")
        screen = await shown(pilot, app, ByHandScreen)
        await screen.query_one(f"#{gone}").remove()
        await pilot.resize_terminal(60, 16)
        await pilot.pause()
        assert screen.hyperparameter == screen._form.space.names[0]


async def test_hostile_and_overlong_typing_does_nothing_harmful(tmp_path: Path) -> None:
    folder = stored(Store(tmp_path / "runs"), twelve(), text=TWELVE)
    before = folder.journal.read_bytes()
    app = app_for(tmp_path, folder=folder)
    async with app.run_test(size=(60, 16)) as pilot:
        await shown(pilot, app, ComparisonScreen)
        await pilot.press("A")
        screen = await shown(pilot, app, ByHandScreen)
        for text in HOSTILE:
            screen.on_paste(events.Paste(text.encode("utf-8", "backslashreplace").decode()))
            shown_text = text_of(app)
            assert not [c for c in shown_text if c != "\n" and not c.isprintable()], repr(text)
            assert all(len(line) <= 60 for line in shown_text.split("\n"))
            assert len(screen._form.lines["C"].text) <= LONGEST
        await pilot.press("enter", "q", "x", "question_mark", "9", "enter")
        assert app.screen is screen
        await pilot.press("escape")
        await shown(pilot, app, ComparisonScreen)
    assert folder.journal.read_bytes() == before


def test_typed_text_stays_one_harmless_line() -> None:
    typed = LineEdit.of("0.1").typed("2\x1b[31m\n\u202e3")
    assert typed == LineEdit("2[31m3", 6)
    assert typed.moved(-2).backspace().delete().typed("é") == LineEdit("2[3é3", 4)
    assert LineEdit().typed("9" * 500).text == "9" * LONGEST
    before, at, after = LineEdit("0123456789", 10).window(4)
    assert (before, at, after) == ("789", " ", "")
