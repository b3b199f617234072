"""A monitor driven by keys, and what is to be seen on it."""

from __future__ import annotations

from typing import Any

from monitor_app import LiveRun, MonitorApp, session_of
from textual.pilot import Pilot
from tunetop.tui.screens.monitor.screen import MonitorScreen


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
    while screen.pacer.waiting is not None:
        await pilot.pause(0.02)
    await pilot.pause()


def listed(app: MonitorApp) -> list[Any]:
    return [app.session.state.trials[place] for place in monitor(app).list.table.rows.order]
