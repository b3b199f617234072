"""The monitor's trials: followed, sorted, filtered, held still, and clicked on."""

from __future__ import annotations

from monitor_app import breast_cancer
from monitor_driving import app_of, listed, monitor, news, painted, press, seen


async def test_the_newest_is_followed_until_the_cursor_is_moved_and_then_stays_on_its_trial() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = monitor(app).list.table
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
        table = monitor(app).list.table
        assert table.trial is app.session.state.best
        assert "accuracy▾" in table.texts[0]
        await press(pilot, "i")
        assert "accuracy▴" in table.texts[0]
        await press(pilot, "s")
        values = [trial.params["learning_rate_init"] for trial in listed(app) if trial.params]
        assert values == sorted(values)
        await pilot.click("#table", offset=(60, 0))
        assert "▾" in table.texts[0] or "▴" in table.texts[0]


async def test_a_filter_works_while_it_is_typed_and_escape_takes_it_back() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "/", *"method:grid", "space", *"score>=0.98")
        found = {trial.key for trial in listed(app)}
        assert found == {t.key for t in app.session.state.trials if t.method == "grid" and t.mean and t.mean >= 0.98}
        assert found
        await press(pilot, "enter")
        assert not monitor(app).list.entry.display
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
        assert monitor(app).list.entry.display
        await press(pilot, "backspace", "backspace", "l", "e", "d", "enter")
        assert listed(app) == []
        assert "no trial passes failed" in "\n".join(monitor(app).list.table.texts)


async def test_frozen_rows_stand_still_while_the_head_counts_on() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "space")
        before = monitor(app).list.table.texts
        for number in range(24, 30):
            run.whole("random", number)
        await news(pilot, run)
        assert monitor(app).list.table.texts == before
        assert "frozen, 6 new" in seen(app)[0]
        await press(pilot, "space")
        assert "frozen" not in seen(app)[0]
        assert monitor(app).list.table.trial is app.session.state.trials[-1]


async def test_the_mouse_chooses_rows_opens_trials_and_scrolls() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        table = monitor(app).list.table
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
        assert (monitor(app).views.view.view, monitor(app).views.second.view) == ("trajectory", "heatmap")
        await pilot.click("#table", offset=(10, 4))
        await pilot.pause()
        assert monitor(app).panel == "trials"
