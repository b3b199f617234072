"""What the screen says of searches that other programs make, and the screen to choose one from."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from app_runs import app_for, text_of, until
from made_run import MadeRun
from tunetop.engine.events import Objective, TrialStarted
from tunetop.engine.record.store import Store
from tunetop.engine.sources.find import source_of
from tunetop.engine.sources.silence import mark_silent
from tunetop.engine.state import RunState
from tunetop.tui.cli.watch_choices import choices
from tunetop.tui.render.look import LOOKS
from tunetop.tui.screens.monitor.screen import MonitorScreen
from tunetop.tui.screens.trial import TrialScreen
from tunetop.tui.screens.watch_picker import WatchPickerScreen
from tunetop.tui.sessions.source import SourceSession
from tunetop.tui.trials.fields import fields
from tunetop.tui.trials.filter import parse
from tunetop.tui.trials.rows import Rows
from tunetop.tui.widgets.header import Header

optuna.logging.set_verbosity(optuna.logging.CRITICAL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a file of two studies, and no Ray anywhere."""
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    storage = optuna.storages.get_storage(f"sqlite:///{place / 's.db'}")
    for name in ("first", "second"):
        study = optuna.create_study(storage=storage, study_name=name)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    return place


async def test_what_there_is_is_chosen_from_a_list_and_come_back_to(here: Path, tmp_path: Path) -> None:
    app = app_for(tmp_path, choices=choices(here, None, Store(tmp_path / "runs"), {}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "second (2 of 2 trials)" in text_of(app))
        assert "2 found, 2 live" in text_of(app)
        assert "\N{BLACK CIRCLE} s.db  Optuna, SQLite  first (2 of 2 trials)" in text_of(app)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "2 trials" in text_of(app))
        chosen = "second" if "second" in text_of(app).split("\n")[0] else "first"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WatchPickerScreen))
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await until(pilot, lambda: ("first" if chosen == "second" else "second") in text_of(app).split("\n")[0])


async def test_a_file_that_is_gone_is_told_of(here: Path, tmp_path: Path) -> None:
    app = app_for(tmp_path, choices=choices(here / "s.db", "s.db", Store(tmp_path / "runs"), {}))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "first (2 of 2 trials)" in text_of(app))
        (here / "s.db").unlink()
        await pilot.press("enter")
        await until(pilot, lambda: any("there is no s.db" in notice.message for notice in app._notifications))
        assert isinstance(app.screen, WatchPickerScreen)


async def test_where_there_is_nothing_it_says_what_could_be(tmp_path: Path) -> None:
    app = app_for(tmp_path, choices=list)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "There is nothing to watch here." in text_of(app))
        assert "tunetop watch -- python train.py" in text_of(app)


async def test_a_point_is_put_into_the_queue_and_a_dead_trial_marked_as_failed(here: Path, tmp_path: Path) -> None:
    study = optuna.load_study(study_name="second", storage=f"sqlite:///{here / 's.db'}")
    study.ask()
    app = app_for(tmp_path, watched=SourceSession(lambda: source_of("s.db", study="second")))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "2 trials" in text_of(app))
        await pilot.press("A")
        await until(pilot, lambda: "A trial by hand" in text_of(app))
        assert "study's queue" in text_of(app)
        await pilot.press("ctrl+u", *"0.125", "enter")
        await until(pilot, lambda: any("In the queue" in notice.message for notice in app._notifications))
        assert study.ask().suggest_float("x", 0, 1) == 0.125
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        await until(pilot, lambda: app.sessions.run.state.trials[2].phase == "running")  # type: ignore[union-attr]
        await pilot.press("left", "left", "left", "right", "right")
        await pilot.press("Z", "y")
        await until(pilot, lambda: any("marked as failed" in notice.message for notice in app._notifications))
    assert [trial.state.name for trial in study.trials].count("FAIL") == 1


# -- the head --------------------------------------------------------------------------------------------------------


def watched() -> MadeRun:
    goals = [Objective("loss", "minimize")]
    return MadeRun(methods=("study",), axes=[], folds=0, watched=True, objectives=goals, source="Optuna, SQLite file")


def head(state: RunState, now: float) -> str:
    header, look = Header(), LOOKS["dark"]
    lines = [header._first(state, now, look, 100), header._second(state, now, look, 100)]
    return "\n".join(line.plain for line in lines)


def test_the_head_says_whether_a_watched_search_waits_runs_or_is_idle() -> None:
    run = watched()
    assert " waiting " in head(run.state(), 1001.0)
    assert "Optuna, SQLite file" in head(run.state(), 1001.0)
    run.add(TrialStarted(method="study", number=0, params={}))
    assert " running " in head(run.state(), 1001.0 + 60)
    run = watched()
    run.trial("study", 0, [-1.5], {})
    state = run.state()
    assert " running " in head(state, 1005.0)
    assert " idle " in head(state, 1100.0)
    assert "best 1.5000" in head(state, 1100.0)


def test_trials_that_are_not_heard_of_are_told_of_with_how_long() -> None:
    run = watched()
    for number in range(3):
        run.trial("study", number, [-1.0], {}, fit_seconds=[100.0], score_seconds=[])
    run.add(TrialStarted(method="study", number=3, params={}))
    run.add(TrialStarted(method="study", number=4, params={}))
    state = run.state()
    mark_silent(state, state.last_at + 250)  # type: ignore[operator]
    assert not any(trial.silent for trial in state.trials)
    mark_silent(state, state.last_at + 301)  # type: ignore[operator]
    assert [trial.number for trial in state.trials if trial.silent] == [3, 4]
    assert "! study #3 silent 5 min +1" in head(state, state.last_at + 301)  # type: ignore[operator]


# -- the table -------------------------------------------------------------------------------------------------------


def test_columns_that_mean_nothing_are_absent_and_scores_are_ordered_by_their_own_sign() -> None:
    run = watched()
    for number, loss in enumerate((3.0, 0.5, 2.0)):
        run.trial("study", number, [-loss], {}, attributes={"epochs": number})
    state = run.state()
    assert [one.key for one in fields(state)] == ["number", "method", "mean", "seconds", "phase", "attribute:epochs"]
    rows = Rows()
    rows.choose(sort="mean", reverse=False)
    rows.update(state)
    assert [state.trials[place].number for place in rows.order] == [1, 2, 0]
    rows.choose(filter=parse("score<2.5", state))
    rows.update(state)
    assert [state.trials[place].number for place in rows.order] == [1, 2]
    folded = MadeRun(methods=("grid",), folds=3, watched=True)
    assert {"std", "folds"} <= {one.key for one in fields(folded.state())}
    assert "delta" not in {one.key for one in fields(folded.state())}
    assert "delta" in {one.key for one in fields(MadeRun().state())}
