"""The monitor's panels, views and columns, and the keys of each."""

from __future__ import annotations

from monitor_app import Controls, LiveRun, breast_cancer
from monitor_driving import app_of, monitor, news, painted, press, seen
from tunetop.engine.events import Axis, RunFinished
from tunetop.tui.views.catalog import VIEWS, views_for


async def test_the_digits_choose_panels_one_at_a_time_on_a_small_screen() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        screen = monitor(app)
        assert "5 surface 6 space 7 bars 8 lines 9 importance" in "\n".join(seen(app))
        assert screen.list.table.display
        assert not screen.query_one("#right").display
        for view in views_for(screen.state):
            await press(pilot, view.key)
            assert screen.views.view.view == view.name
            assert not screen.list.table.display
            assert "".join(screen.views.view.texts).strip()
        for name in ("curves", "pareto"):
            await press(pilot, VIEWS[name].key)
            assert screen.views.view.view != name
            assert VIEWS[name].why in app.said[-1]
        await press(pilot, "1")
        assert screen.list.table.display


async def test_a_large_screen_shows_trials_and_two_views_side_by_side() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        screen = monitor(app)
        assert screen.list.table.region.right <= screen.views.view.region.x
        assert screen.views.second.region.y > screen.views.view.region.y
        assert screen.list.table.region.height > 25
        assert "★.9829" in "".join(screen.views.view.texts)
        await press(pilot, "F")
        assert screen.list.table.region.width == 160
        await press(pilot, "tab")
        assert screen.views.view.region.width >= 159
        await press(pilot, "escape")
        assert screen.list.table.display
        assert screen.views.view.display


async def test_views_answer_their_keys() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "2")
        view = monitor(app).views.view
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
        assert (screen.views.view.options.azimuth, screen.views.view.options.elevation) == (50.0, 53.0)
        assert screen.list.table.cursor == 0
        await press(pilot, "tab", "down")
        assert screen.list.table.cursor == 1


async def test_columns_are_chosen_on_the_screen() -> None:
    app = app_of(breast_cancer())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "c", "space", "end", "down", "down", "down", "space", "escape")
        screen = monitor(app)
        assert screen.list.table.hidden == {"param:learning_rate_init", "folds"}
        assert screen.list.table.texts[0].split() == [
            "#",
            "method",
            "alpha",
            "accuracy",
            "±",
            "Δ",
            "base",
            "time",
            "state",
        ]
        await press(pilot, "c", "a", "escape")
        assert screen.list.table.hidden == set()
        assert "learning_r" in screen.list.table.texts[0]


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
        assert monitor(app).list.table.texts[0].split()[2:6] == ["C", "penalty", "solver", "accuracy"]


async def test_columns_that_do_not_fit_are_reached_with_the_side_keys() -> None:
    axes = [Axis(name=f"parameter_{n}", scale="log", low=1e-5, high=1.0) for n in range(9)]
    run = LiveRun(axes)
    run.baseline()
    run.whole("random", 0)
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = monitor(app).list.table
        assert "paramet" in table.texts[0]
        hidden = table._layout().after
        assert hidden > 0
        await press(pilot, "l", "l")
        assert table._layout().before == 2
        await press(pilot, *["l"] * 20)
        assert table._layout().after == 0
        await press(pilot, *["h"] * 20)
        assert table._layout().after == hidden
