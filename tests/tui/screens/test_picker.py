import subprocess
import sys

import pytest
from app_runs import PRESET, SIZES, LiveRun, app_for, made, preset_file, stored, text_of, until
from hostile_text import HOSTILE
from places import SUPPORT
from running import wait_until
from tunetop.engine.errors import UsageError
from tunetop.engine.record.store import Store
from tunetop.engine.search.random import RandomOptions
from tunetop.tui.render.look import LOOKS
from tunetop.tui.screens.comparison import ComparisonScreen
from tunetop.tui.screens.monitor.screen import MonitorScreen
from tunetop.tui.screens.picker.list_rows import list_rows
from tunetop.tui.screens.picker.presets import Entry
from tunetop.tui.screens.picker.screen import PickerScreen
from tunetop.tui.screens.side_by_side import SideBySideScreen


def picker(app) -> PickerScreen:
    assert isinstance(app.screen, PickerScreen)
    return app.screen


async def ready(pilot, app) -> PickerScreen:
    await until(pilot, lambda: picker(app).listing.drafts and not picker(app).listing.reading)
    return picker(app)


async def choose(pilot, app, title: str) -> None:
    """Put the cursor on the entry of that title."""
    screen = picker(app)
    path = next(entry.path for entry in screen.listing.entries if entry.title == title)
    screen.query_one("#list").choose(("preset", path))
    await pilot.pause()


def test_presets_of_one_title_are_told_apart_by_their_files(tmp_path):
    entries = [Entry(tmp_path / f"{name}.toml", title, False) for name, title in (("a", "A"), ("b", "B"), ("c", "A"))]
    entries.append(Entry(tmp_path / "own.toml", "B", True))
    assert _told(entries) == ["A ./a.toml", "B ./b.toml", "A ./c.toml", "B own"]
    assert _told(entries[:2]) == ["A ./", "B ./"]


def _told(entries: list[Entry]) -> list[str]:
    rows = list_rows(entries, [], "", LOOKS["dark"], 30)
    return [" ".join(row.text.plain.split()) for row in rows[: len(entries)]]


@pytest.mark.parametrize("size", SIZES)
async def test_the_picker_lists_shipped_presets_own_ones_and_broken_ones(tmp_path, size):
    preset_file(tmp_path / "here")
    (tmp_path / "here" / "broken.toml").write_text('title = "x\n')
    (tmp_path / "here" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    app = app_for(tmp_path)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        shown = text_of(app)
        for title in ("Breast Cancer MLP", "Breast Cancer MLP, clean", "Titanic", "My iris", "broken.toml"):
            assert title in shown
        assert "✗ line 1" in shown
        assert "pyproject" not in shown


async def test_the_card_tells_data_space_and_methods_of_the_preset_under_the_cursor(tmp_path):
    preset_file(tmp_path / "here")
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot, app)
        await choose(pilot, app, "My iris")
        await until(pilot, lambda: "150 rows" in text_of(app))
        shown = text_of(app)
        assert "4 features" in shown
        assert "LogisticRegression" in shown
        assert "1e-3 … 1e3" in shown
        assert "l1, none" in shown
        assert "6 trials" in shown
        assert "18 fits" in shown
        assert "40 trials" in shown
        assert screen.active.id == "list"


async def test_a_broken_preset_stays_listed_and_its_card_says_all_that_is_wrong(tmp_path):
    preset_file(tmp_path / "here", "wrong", "Wrong one", PRESET.replace("log = [1e-3, 1e3]", "log = [5, 1]"))
    preset_file(tmp_path / "here", "typo", "No such model", PRESET.replace("LogisticRegression", "LogisticRegresion"))
    app = app_for(tmp_path)
    async with app.run_test(size=(100, 40)) as pilot:
        await ready(pilot, app)
        await choose(pilot, app, "Wrong one")
        shown = text_of(app)
        assert "cannot be run" in shown
        assert "space.C" in shown
        await pilot.press("enter")
        assert isinstance(app.screen, PickerScreen)
        await choose(pilot, app, "No such model")
        await until(pilot, lambda: "LogisticRegresion" in text_of(app) and "✗" in text_of(app))


@pytest.mark.parametrize("size", SIZES)
async def test_methods_switched_off_and_changed_budgets_are_what_is_launched(tmp_path, size):
    preset_file(tmp_path / "here")
    asked = []

    def launch(preset, store, options):
        asked.append((preset, options))
        return LiveRun.begun(store, made())

    app = app_for(tmp_path, launch=launch)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await choose(pilot, app, "My iris")
        await pilot.press("tab", "space", "down", "+", "+", "-", "+", "T")
        shown = text_of(app)
        assert "[ ] grid" in shown
        assert "50 trials" in shown
        await pilot.press("enter")
        await until(pilot, lambda: asked)
        preset, options = asked[0]
        assert options.methods == ("random",)
        assert options.together
        assert next(m for m in preset.methods if m.name == "random").options == RandomOptions(trials=50, seed=42)
        assert [m.name for m in preset.methods] == ["grid", "random"]
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen | ComparisonScreen))


async def test_an_unchanged_preset_is_launched_as_its_author_wrote_it(tmp_path):
    path = preset_file(tmp_path / "here")
    asked = []

    def launch(preset, store, options):
        asked.append((preset, options))
        return LiveRun.begun(store, made())

    app = app_for(tmp_path, launch=launch)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await choose(pilot, app, "My iris")
        await pilot.press("enter")
        await until(pilot, lambda: asked)
        assert asked[0][0].text == path.read_text()
        assert asked[0][1].methods == ("grid", "random")


async def test_with_every_method_off_nothing_is_launched(tmp_path):
    preset_file(tmp_path / "here")
    app = app_for(tmp_path, launch=lambda *given: pytest.fail("launched"))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await choose(pilot, app, "My iris")
        await pilot.press("tab", "space", "down", "space")
        assert "no method is switched on" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.background.idle)
        assert isinstance(app.screen, PickerScreen)


async def test_what_keeps_a_run_from_starting_is_told_on_the_card(tmp_path):
    preset_file(tmp_path / "here")

    def launch(preset, store, options):
        raise UsageError("the data file vanished [/red]")

    app = app_for(tmp_path, launch=launch)
    async with app.run_test(size=(80, 30)) as pilot:
        await ready(pilot, app)
        await choose(pilot, app, "My iris")
        await pilot.press("enter")
        await until(pilot, lambda: "the data file vanished [/red]" in text_of(app))
        assert isinstance(app.screen, PickerScreen)


async def test_the_filter_narrows_both_lists_and_escape_brings_them_back(tmp_path):
    preset_file(tmp_path / "here")
    store = Store(tmp_path / "runs")
    stored(store, made(), "iris-run")
    stored(store, made(), "other")
    app = app_for(tmp_path, store=store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot, app)
        await until(pilot, lambda: screen.listing.runs)
        await pilot.press("slash", *"iris")
        listed = [row.key for row in screen.query_one("#list").rows if row.key]
        assert [kind for kind, _ in listed] == ["preset", "run"]
        assert listed[1][1] == "iris-run-1"
        assert "/ iris" in text_of(app)
        await pilot.press("escape")
        assert len([row for row in screen.query_one("#list").rows if row.key]) >= 6
        assert "/ iris" not in text_of(app)


@pytest.mark.parametrize("size", SIZES)
async def test_opening_a_finished_run_shows_its_comparison_and_escape_comes_back(tmp_path, size):
    store = Store(tmp_path / "runs")
    folder = stored(store, made())
    app = app_for(tmp_path, store=store)
    async with app.run_test(size=size) as pilot:
        screen = await ready(pilot, app)
        await until(pilot, lambda: screen.listing.runs)
        screen.query_one("#list").choose(("run", folder.id))
        await pilot.pause()
        assert "0.9500" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PickerScreen))
        assert app.sessions.run is None


async def test_an_interrupted_run_goes_on_with_r(tmp_path):
    store = Store(tmp_path / "runs")
    folder = stored(store, made(state=None))
    asked = []

    def resume(found, options):
        asked.append(found)
        return LiveRun.begun(store, made())

    app = app_for(tmp_path, store=store, resume_with=resume)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot, app)
        await until(pilot, lambda: screen.listing.runs)
        assert screen.listing.runs[0].phase == "interrupted"
        await pilot.press("r")
        assert not asked
        screen.query_one("#list").choose(("run", folder.id))
        await pilot.press("r")
        await until(pilot, lambda: asked == [folder])


async def test_what_is_read_while_the_screens_are_taken_down_has_no_place_any_more(tmp_path):
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot, app)
        await until(pilot, lambda: app.background.idle)
    brought = []
    app.background.start(lambda: None, lambda _: (brought.append("card"), screen._changed()), brought.append)
    wait_until(lambda: app.background._settled)
    app._tick()
    assert brought == []


async def test_hostile_titles_and_file_names_are_shown_and_harmless(tmp_path):
    here = tmp_path / "here"
    for number, text in enumerate(HOSTILE[:40]):
        title = text.encode("unicode_escape", "surrogatepass").decode().replace('"', "'")
        escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text)
        preset_file(here, f"h{number}", "T", PRESET.replace("{title}", escaped if ord(max(text)) < 0xD800 else title))
    (here / "[red]bold\x1b[31m.toml").write_text("x")
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot, app)
        listed = screen.query_one("#list")
        for _ in listed.rows:
            await pilot.press("down")
            shown = text_of(app)
            assert not [c for c in shown if c != "\n" and not c.isprintable()]


def test_the_picker_paints_before_scikit_learn_scipy_or_numpy_is_imported():
    code = (
        "import sys, tunetop.tui.app.app, tunetop.tui.screens.picker.screen, tunetop.engine.record.store;"
        "print([name for name in ('sklearn', 'scipy', 'numpy', 'pandas', 'plotext') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


async def test_the_first_paint_needs_none_of_the_heavy_modules(tmp_path):
    code = f"""
import sys, asyncio
sys.path.insert(0, {str(SUPPORT)!r})
from pathlib import Path
from tunetop.engine.record.store import Store
from tunetop.tui.app.app import TunetopApp
from tunetop.tui.screens.picker.listing import Listing
Listing.read_presets = lambda self: None
async def main():
    app = TunetopApp(Store({str(tmp_path)!r}), presets_folder=Path({str(tmp_path)!r}))
    async with app.run_test(size=(80, 24)) as pilot:
        while not any("Titanic" in strip.text for strip in app.screen._compositor.render_strips(app.size)):
            await pilot.pause(0.01)
    print([name for name in ("sklearn", "scipy", "numpy", "plotext") if name in sys.modules])
asyncio.run(main())
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


@pytest.mark.parametrize("size", SIZES)
async def test_marked_runs_are_held_side_by_side_and_one_alone_is_on_a_leaderboard(tmp_path, size):
    store = Store(tmp_path / "runs")
    names = [stored(store, made(), name).id for name in ("first", "second")]
    app = app_for(tmp_path, store=store)
    async with app.run_test(size=size) as pilot:
        screen = await ready(pilot, app)
        await until(pilot, lambda: all(name in text_of(app) for name in names))
        for name in names:
            screen.query_one("#list").choose(("run", name))
            await pilot.press("space")
        await until(pilot, lambda: text_of(app).count("◆") == 2)
        await pilot.press("C")
        await until(
            pilot, lambda: isinstance(app.screen, SideBySideScreen) and "Winners" in "\n".join(app.screen._lines)
        )
        shown = text_of(app)
        assert "2 runs side by side" in shown
        assert all(name in shown for name in names)
        await pilot.press("escape")
        for name in names:
            screen.query_one("#list").choose(("run", name))
            await pilot.press("space")
        await until(pilot, lambda: "◆" not in text_of(app))
        screen.query_one("#list").choose(("run", names[0]))
        await pilot.press("C")
        await until(pilot, lambda: "All runs on the same data" in text_of(app) and "place" in text_of(app))
