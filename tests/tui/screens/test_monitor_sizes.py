"""The monitor at every size, in every look, of odd runs and hostile ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hostile_text import HOSTILE
from monitor_app import LiveRun, MonitorApp, breast_cancer
from monitor_driving import app_of, monitor, press, seen
from tunetop.engine.events import Axis, RunPaused
from tunetop.engine.text import is_harmless

SIZES = [(60, 16), (80, 24), (120, 36), (160, 45), (200, 60)]


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
        for step in range(20):
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
        first, second = monitor(app).views.view.region, monitor(app).views.second.region
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
