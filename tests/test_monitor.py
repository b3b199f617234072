"""The monitor, driven by keys: what it shows, asks for, and keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hostile import HOSTILE
from monitor_app import Controls, LiveRun, MonitorApp, breast_cancer, session_of
from textual.pilot import Pilot
from tunetop.engine.events import Axis, MethodFinished, RunFinished, RunPaused, RunStopping
from tunetop.engine.text import is_harmless
from tunetop.tui.keys import keys_for
from tunetop.tui.render.look import LOOKS
from tunetop.tui.render.views import VIEWS
from tunetop.tui.screens.monitor import MonitorScreen
from tunetop.tui.screens.trial import trial_rows

SIZES = [(60, 16), (80, 24), (120, 36), (160, 45), (200, 60)]


def monitor(app: MonitorApp) -> MonitorScreen:
    assert isinstance(app.screen, MonitorScreen)
    return app.screen


def app_of(run: LiveRun, *, controls: Any = None, damage: str = "", trouble: str = "", **more: Any) -> MonitorApp:
    session = session_of(run.live(), controls=controls, damage=damage, trouble=trouble)
    return MonitorApp(session, clock=lambda: run.now + 0.4, **more)


def seen(app: MonitorApp) -> list[str]:
    """Return the screen's lines, as composed."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await painted(pilot)
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await pilot.pause()


async def painted(pilot: Pilot[Any]) -> None:
    """Wait until the screen is there."""
    while "? help" not in seen(pilot.app)[-1]:  # type: ignore[arg-type]
        await pilot.pause(0.01)
    await pilot.pause()


async def news(pilot: Pilot[Any], run: LiveRun) -> None:
    """Let the screen take what is new, and wait until it is painted."""
    run.live()
    app = pilot.app
    assert isinstance(app, MonitorApp)
    app.take()
    screen = monitor(app)
    while screen._timer is not None:
        await pilot.pause(0.02)
    await pilot.pause()


# -- what is seen at a glance ----------------------------------------------------------------------------------------


async def test_one_look_tells_what_runs_how_far_how_good_and_whether_it_is_stuck() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        first, second = seen(app)[:2]
        for word in (
            "Breast Cancer MLP",
            "running 0:",
            "eta",
            "44/95 trials",
            "46%",
            "0 failed",
            "1/2 workers",
            "0 s ago",
        ):
            assert word in first
        for word in ("best 0.9859 ★ random #13", "learning_rate_init 0.0921", "alpha 0.000483", "1 running"):
            assert word in second
        run.now += 125
        monitor(app).refresh_clock()
        await pilot.pause()
        first, second = seen(app)[:2]
        # a hang shows as an age that grows, with the name of what hangs
        assert "2 min ago" in first or "125 s ago" in first
        assert "random #23 fold 4 2" in second


async def test_methods_show_progress_best_and_path() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(120, 36)) as pilot:
        await painted(pilot)
        texts = monitor(app).methods.texts
        assert [text.split()[0] for text in texts] == ["baseline", "grid", "random", "refine"]
        assert "20/20" in texts[1]
        assert "0.9829" in texts[1]
        assert "23/40" in texts[2]
        assert "★" in texts[2]
        assert "★" not in texts[1]
        # the best so far over the planned trials: a path that only rises, and ends where the run has come to
        path = texts[2].split("★")[1].strip()
        assert path == "".join(sorted(path))
        assert len(path) == pytest.approx(40 * 23 / 40, abs=1)


async def test_a_row_says_everything_about_a_trial() -> None:
    run = LiveRun()
    run.baseline()
    run.whole("grid", 0, {"learning_rate_init": 1e-3, "alpha": 1e-5}, scores=[0.98, 0.99, 1.0, 0.97, 0.99])
    run.failed("grid", 1, "ValueError: alpha must be positive")
    run.whole("grid", 2, reused=("grid", 0), fit_seconds=[], score_seconds=[])
    run.running("grid", 3, 3)
    out = {"state": "raced", "scores": [0.99, 0.97], "by_fold": {1: 0.99, 3: 0.97}, "estimate": 0.9712}
    run.whole("grid", 4, fit_seconds=[1.0, 4.0], score_seconds=[0.5, 0.5], **out)
    app = app_of(run)
    async with app.run_test(size=(138, 27)) as pilot:
        await pilot.pause()
        rows = {row.replace("▸", " ").split()[0]: row for row in monitor(app).table.texts[1:7] if row.strip()}
        assert "out 2/5" in rows["4"]
        assert "0.9712 ~" in rows["4"]
        assert "▶ 3/5" in rows["3"]
        assert "··" in rows["3"]
        assert "reused" in rows["2"]
        assert "✗ ValueError: alpha must be positive" in rows["1"]
        done = next(row for row in monitor(app).table.texts if "1e-05" in row)
        assert "0.001" in done
        assert "0.9860 ★" in done
        base = app.session.state.baseline
        assert f"{0.986 - base.mean:+.4f}".replace("0.", ".") in done


def test_a_trial_that_was_raced_out_says_after_which_folds_and_what_it_was_reckoned_at() -> None:
    run = LiveRun()
    run.baseline()
    out = {"state": "raced", "scores": [0.99, 0.97], "by_fold": {1: 0.99, 3: 0.97}, "estimate": 0.9712}
    run.whole("grid", 0, fit_seconds=[1.0, 4.0], score_seconds=[0.5, 0.5], **out)
    state = run.live()
    texts = [row.text.plain for row in trial_rows(state, state.trials[1], next(iter(LOOKS.values())), 100)]
    assert "0.9712" in texts[0]
    assert "reckoned from 2 of 5 folds" in texts[0]
    assert "   raced out after 2 of 5 folds (2, 4): it could not win" in texts
    folds = texts[texts.index(" FOLDS") + 2 :]
    assert [text.split()[1:4:2] for text in folds[1:4]] == [["0.9900", "1.5"], ["–", "–"], ["0.9700", "4.5"]]


async def test_failures_are_grouped_by_reason_most_frequent_first() -> None:
    run = LiveRun()
    run.baseline()
    for number in range(6):
        run.failed("grid", number, "lbfgs supports only l2" if number % 3 else "out of memory")
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "0")
        texts = monitor(app).failures.texts
        assert "6 failed trials, 2 reasons" in texts[0]
        assert texts[1].split(maxsplit=2)[1:] == ["4", "lbfgs supports only l2" + texts[1].split("l2")[1]]
        assert "grid #1" in texts[2]
        assert "2 out of memory" in texts[3]
        await press(pilot, "down", "enter")
        assert app.asked == [("open_trial", ("grid", 0))]
        await press(pilot, "escape")
        assert monitor(app).panel == "trials"


@pytest.mark.parametrize(
    ("event", "trouble", "damage", "says"),
    [
        (RunPaused(reason="the disk is full"), "", "", "paused: the disk is full"),
        (RunFinished(state="failed", reason="the data changed"), "", "", "failed: the data changed"),
        (None, "", "line 12 is not whole", "journal damaged: line 12 is not whole"),
        (None, "no room left on the disk", "line 12 is not whole", "no room left on the disk"),
    ],
)
async def test_what_must_be_known_stands_in_a_banner(event: Any, trouble: str, damage: str, says: str) -> None:
    run = breast_cancer()
    if event is not None:
        run.add(event)
    app = app_of(run, damage=damage, trouble=trouble)
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        assert says in seen(app)[2]
        colours = {part.style.color.name for part in monitor(app).header._strips[2] if part.style and part.style.color}
        assert colours & {app.look.bad, app.look.warn}


# -- following, sorting, filtering, freezing -------------------------------------------------------------------------


async def test_the_newest_is_followed_until_the_cursor_is_moved_and_then_stays_on_its_trial() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = monitor(app).table
        assert table.trial is not None
        assert table.trial.key == ("random", 23)
        run.whole("random", 24)
        await news(pilot, run)
        assert table.trial.key == ("random", 24)
        await press(pilot, "j", "down", "k", "down")
        kept = table.trial.key
        assert kept == ("random", 22)
        line = table.cursor - table.top
        for number in range(25, 33):
            run.whole("random", number)
        await news(pilot, run)
        assert table.trial.key == kept
        # what is being read does not move on the screen either
        assert table.cursor - table.top == line
        assert f" {kept[1]}  random" in table.texts[1 + line]
        await press(pilot, "f")
        assert table.trial.key == ("random", 32)
        await press(pilot, "f")
        assert table.trial is app.session.state.best


async def test_sorting_goes_through_the_columns_and_turns_around() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(120, 24)) as pilot:
        await press(pilot, "s")
        table = monitor(app).table
        assert table.trial is app.session.state.best
        assert "accuracy▾" in table.texts[0]
        await press(pilot, "i")
        assert "accuracy▴" in table.texts[0]
        await press(pilot, "s")
        values = [trial.params["learning_rate_init"] for trial in listed(app) if trial.params]
        assert values == sorted(values)
        await pilot.click("#table", offset=(60, 0))
        assert "▾" in table.texts[0] or "▴" in table.texts[0]


def listed(app: MonitorApp) -> list[Any]:
    return [app.session.state.trials[place] for place in monitor(app).table.rows.order]


async def test_a_filter_works_while_it_is_typed_and_escape_takes_it_back() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/", *"method:grid", "space", *"score>=0.98")
        found = {trial.key for trial in listed(app)}
        assert found == {t.key for t in app.session.state.trials if t.method == "grid" and t.mean and t.mean >= 0.98}
        assert found
        await press(pilot, "enter")
        assert not monitor(app).entry.display
        assert "method:grid score>=0.98" in seen(app)[7]
        await press(pilot, "/", "x")
        assert "nothing to compare" in "\n".join(seen(app)) or "not a number" in "\n".join(seen(app))
        assert {trial.key for trial in listed(app)} == found
        await press(pilot, "escape")
        assert {trial.key for trial in listed(app)} == found
        await press(pilot, "escape")
        assert len(listed(app)) == len(app.session.state.trials)


async def test_a_mistaken_filter_is_answered_and_can_be_mended() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/", *"faild", "enter")
        assert "Did you mean failed?" in app.said[0]
        assert monitor(app).entry.display
        await press(pilot, "backspace", "backspace", "l", "e", "d", "enter")
        assert listed(app) == []
        assert "no trial passes failed" in "\n".join(monitor(app).table.texts)


async def test_frozen_rows_stand_still_while_the_head_counts_on() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "space")
        before = monitor(app).table.texts
        for number in range(24, 30):
            run.whole("random", number)
        await news(pilot, run)
        assert monitor(app).table.texts == before
        assert "frozen, 6 new" in seen(app)[0]
        await press(pilot, "space")
        assert "frozen" not in seen(app)[0]
        assert monitor(app).table.trial is app.session.state.trials[-1]


async def test_the_mouse_chooses_rows_opens_trials_and_scrolls() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        table = monitor(app).table
        await pilot.click("#table", offset=(10, 4))
        assert table.trial is not None
        assert table.trial.key == ("random", 20)
        await pilot.click("#table", offset=(10, 5), times=2)
        await pilot.pause()
        assert app.asked == [("open_trial", ("random", 19))]
        table.on_mouse_scroll_down()
        assert table.top == 3
        # what is under the cursor stays, whatever is in sight
        assert table.trial.key == ("random", 19)
        await pilot.click("#tabs", offset=(12, 0))
        await pilot.pause()
        assert monitor(app).panel == "view"


async def test_a_click_on_a_view_gives_it_the_keys() -> None:
    app = app_of(breast_cancer())
    async with app.run_test(size=(120, 36)) as pilot:
        await painted(pilot)
        await pilot.click("#view", offset=(20, 5))
        await pilot.pause()
        assert monitor(app).panel == "view"
        await pilot.click("#second", offset=(20, 5))
        await pilot.pause()
        assert (monitor(app).view.view, monitor(app).second.view) == ("trajectory", "heatmap")
        await pilot.click("#table", offset=(10, 4))
        await pilot.pause()
        assert monitor(app).panel == "trials"


# -- panels and views ------------------------------------------------------------------------------------------------


async def test_the_digits_choose_panels_one_at_a_time_on_a_small_screen() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        screen = monitor(app)
        assert "5 surface 6 space 7 bars 8 lines 9 importance" in "\n".join(seen(app))
        assert screen.table.display
        assert not screen.query_one("#right").display
        for name, view in VIEWS.items():
            await press(pilot, view.key)
            assert screen.view.view == name
            assert not screen.table.display
            assert "".join(screen.view.texts).strip()
        await press(pilot, "1")
        assert screen.table.display


async def test_a_large_screen_shows_trials_and_two_views_side_by_side() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        screen = monitor(app)
        assert screen.table.region.right <= screen.view.region.x
        assert screen.second.region.y > screen.view.region.y
        assert screen.table.region.height > 25
        assert "★.9829" in "".join(screen.view.texts)
        await press(pilot, "F")
        assert screen.table.region.width == 160
        await press(pilot, "tab")
        assert screen.view.region.width >= 159
        await press(pilot, "escape")
        assert screen.table.display
        assert screen.view.display


async def test_views_answer_their_keys() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "2")
        view = monitor(app).view
        await press(pilot, "]")
        assert (view.options.x, view.options.y) == ("alpha", "learning_rate_init")
        await press(pilot, "[", "a")
        assert view.options.method == "grid"
        await press(pilot, "o")
        assert view.options.overlay
        at = view.options
        await press(pilot, "5", "l")
        assert view.options.azimuth == at.azimuth + 15
        await press(pilot, "h", "h", "K")
        assert view.options.azimuth == at.azimuth - 15
        assert view.options.elevation == at.elevation + 15
        await press(pilot, "4", "o")
        assert view.options.by == "seconds"
        await press(pilot, "v")
        assert view.view == "surface"
        await press(pilot, "V", "V")
        assert view.view == "scatter"


async def test_the_foot_names_the_keys_of_what_one_looks_at() -> None:
    run = breast_cancer()
    app = app_of(run, controls=Controls())
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        assert [word in seen(app)[-1] for word in ("/ filter", "s sort", "v view", "x stop")] == [True] * 4
        await press(pilot, "5")
        assert "[ ] axes   ←↑↓→ turn   a method" in seen(app)[-1]
        await press(pilot, "4")
        assert "o by seconds" in seen(app)[-1]
        await press(pilot, "o")
        assert "o regret" in seen(app)[-1]
        await press(pilot, "1", "space")
        assert "space go on" in seen(app)[-1]
        run.add(RunFinished(state="done"))
        await news(pilot, run)
        assert "x stop" not in seen(app)[-1]
        assert "m compare" in seen(app)[-1]


async def test_a_view_that_turns_has_the_arrows_until_the_trials_are_chosen_again() -> None:
    app = app_of(breast_cancer())
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "5", "right", "up", "up", "down")
        screen = monitor(app)
        assert (screen.view.options.azimuth, screen.view.options.elevation) == (50.0, 53.0)
        assert screen.table.cursor == 0
        await press(pilot, "tab", "down")
        assert screen.table.cursor == 1


async def test_columns_are_chosen_on_the_screen() -> None:
    app = app_of(breast_cancer())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "c", "space", "end", "down", "down", "down", "space", "escape")
        screen = monitor(app)
        assert screen.table.hidden == {"param:learning_rate_init", "folds"}
        assert screen.table.texts[0].split() == ["#", "method", "alpha", "accuracy", "±", "Δ", "base", "time", "state"]
        await press(pilot, "c", "a", "escape")
        assert screen.table.hidden == set()
        assert "learning_r" in screen.table.texts[0]


async def test_every_hyperparameter_is_in_the_table_before_columns_stand_apart() -> None:
    labels = ["newton-cg", "lbfgs", "liblinear"]
    axes = [
        Axis(name="C", scale="log", low=1e-4, high=1e4),
        Axis(name="penalty", scale="choice", labels=["elasticnet"]),
        Axis(name="solver", scale="choice", labels=labels),
    ]  # fmt: skip
    run = LiveRun(axes)
    run.whole("random", 0)
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        assert monitor(app).table.texts[0].split()[2:6] == ["C", "penalty", "solver", "accuracy"]


async def test_columns_that_do_not_fit_are_reached_with_the_side_keys() -> None:
    axes = [Axis(name=f"parameter_{n}", scale="log", low=1e-5, high=1.0) for n in range(9)]
    run = LiveRun(axes)
    run.baseline()
    run.whole("random", 0)
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = monitor(app).table
        assert "paramet" in table.texts[0]
        hidden = table._layout().after
        assert hidden > 0
        await press(pilot, "l", "l")
        assert table._layout().before == 2
        await press(pilot, *["l"] * 20)
        assert table._layout().after == 0
        await press(pilot, *["h"] * 20)
        assert table._layout().after == hidden


# -- asking things of the run ----------------------------------------------------------------------------------------


async def test_keys_ask_the_app_and_the_run() -> None:
    run = breast_cancer()
    controls = Controls()
    app = app_of(run, controls=controls)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter", "m", "e", "y", "escape")
        best = app.session.state.best
        assert app.asked == [
            ("open_trial", ("random", 23)),
            ("open_comparison",),
            ("export",),
            ("copy_parameters", best.key),
            ("leave_run",),
        ]
        await press(pilot, "p", "n", "x")
        assert controls.asked == [("pause",), ("skip", "random"), ("stop",)]
        run.add(RunPaused())
        await news(pilot, run)
        await press(pilot, "p")
        run.add(RunStopping())
        await news(pilot, run)
        await press(pilot, "x")
        assert controls.asked[3:] == [("unpause",), ("stop_now",)]


async def test_who_only_watches_is_told_so() -> None:
    app = app_of(breast_cancer())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "x")
        assert "only watches" in app.said[0]


async def test_a_run_that_has_ended_is_not_commanded() -> None:
    run = breast_cancer()
    run.add(MethodFinished(method="random", state="done"), RunFinished(state="done"))
    controls = Controls()
    app = app_of(run, controls=controls)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "x", "p", "n")
        assert controls.asked == []
        assert "✓ done" in seen(app)[0]


def test_every_key_of_the_table_has_its_action() -> None:
    for key in keys_for("monitor"):
        assert callable(getattr(MonitorScreen, "action_" + key.action.partition("(")[0]))


# -- sizes, looks, odd runs ------------------------------------------------------------------------------------------


def odd_runs() -> dict[str, LiveRun]:
    empty = LiveRun()
    failed = LiveRun()
    for number in range(3):
        failed.failed("grid", number, "no")
    ties = LiveRun()
    for number in range(12):
        ties.whole("random", number, scores=[0.5] * 5)
    one = LiveRun()
    one.running("baseline", 0, 0)
    bare = LiveRun(axes=())
    bare.baseline()
    return {"empty": empty, "failed": failed, "ties": ties, "one": one, "bare": bare, "usual": breast_cancer()}


EVERY = [("usual", size) for size in SIZES]
ODD = [(name, size) for name in odd_runs() if name != "usual" for size in ((60, 16), (160, 45))]


@pytest.mark.parametrize(("name", "size"), [*EVERY, *ODD])
async def test_every_panel_is_drawn_at_every_size(name: str, size: tuple[int, int]) -> None:
    app = app_of(odd_runs()[name])
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in "0123456789":
            await pilot.press(key)
            await pilot.pause()
            lines = seen(app)
            assert len(lines) == size[1]
            assert all(strip.cell_length == size[0] for strip in app.screen._compositor.render_strips())
            # nothing is pushed off the screen: the foot is the last line, the head the first
            assert "? help" in lines[-1]
            assert "Breast Cancer MLP"[:8] in lines[0]
        assert app.screen.max_scroll_y == 0


@pytest.mark.parametrize("look", [{"unicode": False}, {"colors": "none"}, {"colors": "16"}, {"theme": "light"}])
async def test_looks_lose_nothing_but_beauty(look: dict[str, Any]) -> None:
    run = breast_cancer()
    app = app_of(run, **look)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        text = "\n".join(seen(app))
        assert "0.9859" in text
        if look.get("unicode") is False:
            assert text.isascii()
            assert "0.9859 *" in text


async def test_a_storm_of_resizes_leaves_a_whole_screen() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        for step in range(50):
            await pilot.resize_terminal(60 + (37 * step) % 141, 16 + (13 * step) % 45)
            if step % 7 == 0:
                run.whole("random", 24 + step)
                run.live()
                app.take()
        await pilot.resize_terminal(120, 36)
        await pilot.pause(0.3)
        lines = seen(app)
        assert "? help" in lines[-1]
        assert "random" in "\n".join(lines)
        first, second = monitor(app).view.region, monitor(app).second.region
        assert first.y == second.y
        assert first.width + second.width == 120 - 1 - 2


@pytest.mark.parametrize("texts", [HOSTILE[start::6] for start in range(6)])
async def test_hostile_text_is_harmless_wherever_it_comes_from(texts: list[str]) -> None:
    first, second = texts[0], texts[1]
    axes = [
        Axis(name=first + "x", scale="choice", labels=[*dict.fromkeys(texts), "b"]),
        Axis(name=second + "y", scale="log", low=1e-5, high=1.0),
    ]
    run = LiveRun(axes, title=texts[2], scoring=texts[3], notes=texts)
    run.baseline()
    for number, text in enumerate(texts):
        run.whole("random", 2 * number, {axes[0].name: text, axes[1].name: 0.1}, warnings={text: 1})
        run.failed("random", 2 * number + 1, text)
    app = app_of(run)
    async with app.run_test(size=(120, 60)) as pilot:
        for key in ("0", "1", "2", "8"):
            await press(pilot, key)
            assert all(is_harmless(line) for line in seen(app))
        header = monitor(app).header
        for text in texts:
            run.add(RunPaused(reason=text))
            header.draw(run.live(), run.now)
            assert all(is_harmless(line) for line in header.texts)
            header.trouble = text
            header.draw(run.live(), run.now)
            assert all(is_harmless(line) for line in header.texts)
            header.trouble = ""


def test_css_of_the_app_is_found() -> None:
    assert Path(str(MonitorApp.CSS_PATH)).is_file()
