import threading

import pytest
from app_runs import PRESET, SIZES, LiveRun, app_for, made, stored, text_of, until
from hostile_text import HOSTILE
from tunetop.engine.errors import UsageError
from tunetop.engine.events import RunFinished
from tunetop.engine.preset.preset import parse
from tunetop.engine.record.store import Store
from tunetop.tui.app.sessions import LEFT_RUNNING, STOPPED
from tunetop.tui.keys import KEYS
from tunetop.tui.screens.comparison import ComparisonScreen
from tunetop.tui.screens.help import HelpScreen
from tunetop.tui.screens.leave import LeaveScreen
from tunetop.tui.screens.monitor.screen import MonitorScreen
from tunetop.tui.screens.picker.screen import PickerScreen
from tunetop.tui.screens.too_small import SmallScreen
from tunetop.tui.screens.trial import TrialScreen
from tunetop.tui.settings import SettingsFile


def preset():
    return parse(PRESET.format(title="My iris"), "mine.toml")


class Started:
    """An app that was given a preset, with a live run that a test goes on with."""

    def __init__(self, tmp_path, **wanted):
        self.store = Store(tmp_path / "runs")
        self.live: LiveRun | None = None
        self.app = app_for(tmp_path, store=self.store, preset=preset(), launch=self.launch, **wanted)

    def launch(self, preset, store, options):
        self.live = LiveRun.begun(store, made(state=None))
        return self.live

    async def ready(self, pilot) -> LiveRun:
        await until(pilot, lambda: isinstance(self.app.screen, MonitorScreen))
        assert self.live is not None
        return self.live


# -- from start to comparison ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_preset_is_launched_watched_and_compared_when_it_is_done(tmp_path, size):
    started = Started(tmp_path)
    app = started.app
    async with app.run_test(size=size) as pilot:
        live = await started.ready(pilot)
        for record in made().records[len(made(state=None).records) : -1]:
            live.write(record.event)
        live.end("done")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.summary)
        await pilot.pause()
        shown = text_of(app)
        assert "114" not in shown
        assert "0.9500" in shown
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await pilot.press("q")
    assert app.return_value is None


async def test_a_preset_that_cannot_be_launched_ends_the_app_with_its_error(tmp_path):
    def launch(preset, store, options):
        raise UsageError("no such column")

    app = app_for(tmp_path, preset=preset(), launch=launch)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.sessions.problem)
    assert str(app.sessions.problem) == "no such column"
    assert app.return_code == 2


async def test_an_attached_run_is_watched_and_cannot_be_commanded(tmp_path):
    store = Store(tmp_path / "runs")
    live = LiveRun.begun(store, made(state=None))
    app = app_for(tmp_path, store=store, folder=live.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        assert app.sessions.run is not None
        assert app.sessions.run.controls is None
        await pilot.press("ctrl+c")
    assert app.return_value is None
    assert not (live.folder.path / "control").exists()
    live.lock.close()


async def test_attaching_with_control_sends_commands_to_the_run(tmp_path):
    store = Store(tmp_path / "runs")
    live = LiveRun.begun(store, made(state=None))
    app = app_for(tmp_path, store=store, folder=live.folder, control=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await pilot.press("p")
        await until(pilot, lambda: (live.folder.path / "control").exists())
    assert (live.folder.path / "control").read_text() == "pause\n"
    live.lock.close()


# -- leaving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_q_asks_while_the_run_is_going_and_staying_changes_nothing(tmp_path, size):
    started = Started(tmp_path)
    app = started.app
    async with app.run_test(size=size) as pilot:
        live = await started.ready(pilot)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, LeaveScreen))
        shown = text_of(app)
        assert "Leave it running" in shown
        assert "Stop it" in shown
        assert "Stay" in shown
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await pilot.press("q", "down", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        assert live.asked == []
        live.end("done")


async def test_leaving_it_running_quits_and_asks_nothing_of_the_run(tmp_path):
    started = Started(tmp_path)
    async with started.app.run_test(size=(80, 24)) as pilot:
        live = await started.ready(pilot)
        await pilot.press("q", "enter")
        await until(pilot, lambda: started.app.return_value)
    assert started.app.return_value == LEFT_RUNNING
    assert live.asked == []
    live.end("done")


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_a_run_that_has_begun_is_not_left_unasked_before_its_screen_is_there(tmp_path, key):
    started = Started(tmp_path)
    app = started.app
    app._tick = lambda: None  # on a machine so busy that the timer comes late
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: started.live and "tunetop-launch" not in {t.name for t in threading.enumerate()})
        assert app.sessions.own is None
        await pilot.press(key)
        await until(pilot, lambda: app.sessions.own is not None or not app.is_running)
        assert app.is_running
        if key == "q":
            await until(pilot, lambda: isinstance(app.screen, LeaveScreen))
            assert started.live.asked == []
            await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        assert started.live.asked == ([] if key == "q" else ["stop"])
        started.live.end("done")


async def test_stopping_waits_for_the_end_before_it_quits(tmp_path):
    started = Started(tmp_path)
    async with started.app.run_test(size=(80, 24)) as pilot:
        live = await started.ready(pilot)
        await pilot.press("q", "s")
        await until(pilot, lambda: live.asked == ["stop"])
        await pilot.pause(0.3)
        assert started.app.return_value is None
        assert started.app.is_running
        live.end("stopped")
        await until(pilot, lambda: started.app.return_value)
    assert started.app.return_value == STOPPED


async def test_a_run_that_has_ended_is_asked_about_no_more(tmp_path):
    started = Started(tmp_path)
    async with started.app.run_test(size=(80, 24)) as pilot:
        live = await started.ready(pilot)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(started.app.screen, LeaveScreen))
        # its end is known, its files are not written yet
        live.write(RunFinished(state="done"))
        await until(pilot, lambda: isinstance(started.app.screen, ComparisonScreen))
        await pilot.press("q")
        await until(pilot, lambda: not started.app.is_running)
    assert started.app.return_value is None
    assert live.asked == []
    live.lock.close()


async def test_ctrl_c_stops_orderly_at_first_and_at_once_the_second_time(tmp_path):
    started = Started(tmp_path)
    async with started.app.run_test(size=(80, 24)) as pilot:
        live = await started.ready(pilot)
        await pilot.press("ctrl+c")
        assert live.asked == ["stop"]
        await pilot.press("ctrl+c")
        assert live.asked == ["stop", "stop_now"]
        live.end("stopped")
        await until(pilot, lambda: started.app.sessions.run and started.app.sessions.run.state.ended)
        await pilot.press("ctrl+c")
    assert started.app.return_value == STOPPED


async def test_ctrl_c_in_the_picker_quits(tmp_path):
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running)


async def test_a_full_disk_is_told_on_the_screen(tmp_path):
    started = Started(tmp_path)
    async with started.app.run_test(size=(80, 24)) as pilot:
        live = await started.ready(pilot)
        live.trouble = "paused until there is room: no space left"
        await until(pilot, lambda: any("no space left" in n.message for n in started.app._notifications))
        live.end("done")


# -- trial -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_trial_shows_parameters_folds_warnings_and_its_neighbours(tmp_path, size):
    store = Store(tmp_path / "runs")
    app = app_for(tmp_path, store=store, folder=stored(store, made()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen))
        app.open_trial(("grid", 0))
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        await pilot.pause()
        shown = text_of(app)
        for text in (
            "grid #0",
            "0.9300",
            "+.0100",
            "alpha",
            "0.1",
            "adam",
            "0.9500",
            "ConvergenceWarning: not converged [/b]",
        ):
            assert text in shown
        await pilot.press("right")
        shown = text_of(app)
        assert "grid #1" in shown
        assert "ValueError: solver sgd refuses [red]this[/red]" in shown
        await pilot.press("left", "left")
        assert "grid #0" in text_of(app)
        await pilot.press("b")
        assert "random #0  ★ best of the run" in text_of(app)
        await pilot.press("right")
        assert "the scores of grid #0" in text_of(app)
        await pilot.press("o")
        assert "grid #0" in text_of(app)
        await pilot.press("escape")
        assert isinstance(app.screen, ComparisonScreen)


async def test_y_copies_what_the_estimator_takes(tmp_path):
    store = Store(tmp_path / "runs")
    run = made(state=None)
    run.trial("random", 2, [0.9, 0.9, 0.9], {"C": 0.5, "penalty": "none"})
    run.trial("random", 3, [0.9, 0.9, 0.9], {"C": 0.5, "penalty": "l1"})
    run.end("done")
    app = app_for(tmp_path, store=store, folder=stored(store, run))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen))
        for number, copied in ((2, '{"C": float("inf")}'), (3, '{"C": 0.5, "l1_ratio": 1.0}')):
            app.open_trial(("random", number))
            await pilot.pause()
            await pilot.press("y")
            await until(pilot, lambda copied=copied: app.clipboard == copied)
            await pilot.press("escape")


async def test_a_running_trial_is_followed_to_its_end(tmp_path):
    from tunetop.engine.events import FoldFinished, FoldStarted, TrialFinished, TrialStarted

    started = Started(tmp_path)
    app = started.app
    async with app.run_test(size=(80, 24)) as pilot:
        live = await started.ready(pilot)
        params = {"alpha": 0.01, "solver": "sgd"}
        live.write(TrialStarted(method="random", number=2, params=params))
        await until(pilot, lambda: app.sessions.run.state.trial(("random", 2)))
        app.open_trial(("random", 2))
        await until(pilot, lambda: "0 of 3 folds" in text_of(app))
        live.write(FoldStarted(method="random", number=2, folds=[0]))
        live.write(FoldFinished(method="random", number=2, fold=0, score=0.875, fit_seconds=1.0, score_seconds=0.1))
        await until(pilot, lambda: "0.8750" in text_of(app))
        live.write(
            TrialFinished(
                method="random",
                number=2,
                params=params,
                state="done",
                scores=[0.875, 0.8, 0.9],
                fit_seconds=[1.0] * 3,
                score_seconds=[0.1] * 3,
            )
        )
        await until(pilot, lambda: "0.8583" in text_of(app) and "done" in text_of(app))
        live.end("done")


# -- comparison ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_the_comparison_has_verdict_table_bars_parameters_and_failures(tmp_path, size):
    store = Store(tmp_path / "runs")
    notes = ["the scaler was fitted before the split: test rows leak"]
    app = app_for(tmp_path, store=store, folder=stored(store, made(notes=notes)))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.summary)
        await pilot.pause()
        shown = "\n".join(row.text.plain for row in app.screen.active.rows)
        assert "baseline" in shown
        assert "★ 0.9500" in shown
        assert "[.699, .972]" in shown
        assert "! the scaler was fitted before the split" in shown
        assert shown.count("the scaler was fitted before the split") == 1
        assert "█" in shown
        assert "alpha=0.1" in shown
        assert "1 × ValueError: solver sgd refuses [red]this[/red] (grid #1)" in shown
        assert ("fit s" in shown) == (size[0] >= 100)
        assert app.screen.active.cursor == ("method", "random")
        assert max(row.text.cell_len for row in app.screen.active.rows) <= size[0]


async def test_a_preview_follows_the_run(tmp_path, monkeypatch):
    from tunetop.tui.screens import comparison

    monkeypatch.setattr(comparison, "PREVIEW", 0.0)
    started = Started(tmp_path)
    app = started.app
    async with app.run_test(size=(80, 24)) as pilot:
        live = await started.ready(pilot)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.summary)
        assert app.screen.summary.state == "running"
        for record in made().records[len(made(state=None).records) : -1]:
            live.write(record.event)
        live.end("done")
        await until(pilot, lambda: app.screen.summary.state == "done")
        assert app.screen.summary.methods[1].test_score == 0.95


async def test_e_and_r_write_files_and_a_report_and_say_where(tmp_path):
    store = Store(tmp_path / "runs")
    folder = stored(store, made())
    app = app_for(tmp_path, store=store, folder=folder)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen))
        await pilot.press("e")
        await until(pilot, lambda: any(str(folder.path) in n.message for n in app._notifications))
        await pilot.press("R")
        await until(pilot, lambda: any("report.html" in n.message for n in app._notifications))
    assert (folder.path / "summary.json").is_file()
    assert (folder.path / "trials.csv").is_file()
    assert (folder.path / "report.html").read_text().startswith("<!doctype html>")


async def test_r_runs_a_finished_run_once_more_and_goes_on_with_a_stopped_one(tmp_path):
    store = Store(tmp_path / "runs")
    asked = []

    def launch(preset, store, options):
        asked.append(("launch", preset.title))
        return LiveRun.begun(store, made(state=None))

    def resume(folder, options):
        asked.append(("resume", folder.id))
        return LiveRun.begun(store, made(state=None))

    for state, expected in (("done", ("launch", "My iris")), ("stopped", ("resume", "made-3"))):
        folder = stored(store, made(state))
        app = app_for(tmp_path, store=store, folder=folder, launch=launch, resume_with=resume)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda app=app: isinstance(app.screen, ComparisonScreen))
            await pilot.press("r")
            await until(pilot, lambda app=app: isinstance(app.screen, MonitorScreen))
            assert asked[-1] == expected
            assert app.sessions.run is not None
            assert app.sessions.run.own
            app.sessions.run.run.end("done")


# -- help, size, themes, palette -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_help_lists_every_key(tmp_path, size):
    app = app_for(tmp_path)
    async with app.run_test(size=size) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        rows = [row.text.plain for row in app.screen.active.rows]
        for key in KEYS:
            assert any(key.all_shown in row and key.help.rstrip(".")[:30] in row for row in rows), key
        assert rows[0].strip() == "PICKER"
        await pilot.press("G")
        assert rows[-1].strip()[:20] in text_of(app)
        await pilot.press("escape")
        assert isinstance(app.screen, PickerScreen)


async def test_a_small_window_asks_for_a_larger_one_and_comes_back_by_itself(tmp_path):
    app = app_for(tmp_path)
    async with app.run_test(size=(59, 24)) as pilot:
        await until(pilot, lambda: "60x16" in text_of(app))
        assert isinstance(app.screen, SmallScreen)
        await pilot.resize_terminal(80, 15)
        await until(pilot, lambda: "80x15" in text_of(app))
        await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: isinstance(app.screen, PickerScreen))
        assert "tunetop" in text_of(app)
        for width, height in ((10, 3), (200, 60), (30, 10), (80, 24)):
            await pilot.resize_terminal(width, height)
        await until(pilot, lambda: isinstance(app.screen, PickerScreen))


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36), (200, 60)])
async def test_every_screen_is_drawn_at_every_size_within_its_width(tmp_path, size):
    store = Store(tmp_path / "runs")
    app = app_for(tmp_path, store=store, folder=stored(store, made()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.summary)
        for _ in range(2):
            for line in text_of(app).split("\n"):
                assert len(line) <= size[0]
            app.open_trial(("grid", 0))
            await pilot.pause()
        assert isinstance(app.screen, TrialScreen)


async def test_themes_change_with_t_and_are_remembered(tmp_path):
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        seen = [app.look.name]
        for _ in range(4):
            await pilot.press("t")
            seen.append(app.look.name)
        assert seen == ["dark", "light", "high-contrast", "colour-blind", "dark"]
        await pilot.press("t")
    assert SettingsFile(tmp_path / "config" / "settings.toml").settings.theme == "light"
    assert app_for(tmp_path).look.name == "light"


async def test_broken_settings_are_told_and_the_file_stays(tmp_path):
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "settings.toml"
    file.write_text("theme = 7\n")
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("settings.toml" in n.message for n in app._notifications))
        await pilot.press("t")
        assert app.look.name == "light"
    assert file.read_text() == "theme = 7\n"


@pytest.mark.parametrize("colors", ["truecolor", "256", "16", "none"])
async def test_every_kind_of_terminal_gets_its_screen(tmp_path, colors):
    store = Store(tmp_path / "runs")
    app = app_for(tmp_path, store=store, folder=stored(store, made()), colors=colors, unicode=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.summary)
        await pilot.pause()
        assert text_of(app).isascii()
        await pilot.press("t")
        await pilot.pause()
        assert "baseline" in text_of(app)


async def test_the_palette_offers_what_is_valid_on_the_screen(tmp_path):
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        offered = {command.title: command for command in app.get_system_commands(app.screen)}
        assert "Together (T)" in offered
        assert "Theme: high-contrast" in offered
        assert not [title for title in offered if title.startswith(("Down", "Freeze", "View"))]
        offered["Theme: high-contrast"].callback()
        assert app.look.name == "high-contrast"
        await pilot.press("ctrl+p")
        await until(pilot, lambda: type(app.screen).__name__ == "CommandPalette")
        await pilot.press(*"quit", "enter")
        await until(pilot, lambda: not app.is_running)


async def test_hostile_text_from_a_run_is_shown_and_harmless(tmp_path):
    store = Store(tmp_path / "runs")
    run = made(state=None, title=HOSTILE[1], notes=[HOSTILE[2] + "[/b]"])
    for number, text in enumerate(HOSTILE[:30]):
        text = text.encode("utf-8", "backslashreplace").decode()
        more = {"error": text, "details": text, "warnings": {text or "x": 1}}
        run.trial("random", number + 2, [], {"alpha": 0.1, "solver": text}, **more)
    run.end("done")
    app = app_for(tmp_path, store=store, folder=stored(store, run))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.summary)
        await pilot.press("G")
        assert not [c for c in text_of(app) if c != "\n" and not c.isprintable()]
        for number in range(30):
            app.open_trial(("random", number + 2))
            await pilot.pause()
            assert not [c for c in text_of(app) if c != "\n" and not c.isprintable()], number
            await pilot.press("escape")
