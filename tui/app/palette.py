"""What the command palette offers: every action that is valid on the screen, the themes, and a few settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from ..keys import EVERYWHERE, KEYS, Key
from ..screens.host import LiveScreen
from .base import BaseApp
from .themes import NAMES


def commands(app: BaseApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Yield the palette's commands for the screen on top."""
    where = screen.where if isinstance(screen, LiveScreen) else ""
    for key in KEYS:
        if key.palette and key.where in (where, EVERYWHERE):
            yield _command(app, key, app if key.where == EVERYWHERE else screen)
    if where == "monitor":
        # they come with numpy, which the first paint does without
        from ..views.catalog import VIEWS

        for view in VIEWS.values():
            yield SystemCommand(
                f"View: {view.title} ({view.key})",
                f"{view.about[0].upper()}{view.about[1:]}.",
                lambda key=view.key: app.run_action(f"panel({key!r})", screen),
            )
        yield SystemCommand("Trials (1)", "The list of trials.", lambda: app.run_action("panel(1)", screen))
    for name in NAMES:
        yield SystemCommand(f"Theme: {name}", "Take this theme.", lambda n=name: app.use_theme(n))
    settings = app.remembered
    yield SystemCommand(
        f"Mouse {'off' if settings.mouse else 'on'}",
        "From the next start on.",
        lambda: app.remember(mouse=not settings.mouse),
    )
    yield SystemCommand(
        f"Bell {'off' if settings.bell else 'on'}",
        "Whether the terminal's bell rings when a run ends.",
        lambda: app.remember(bell=not settings.bell),
    )
    yield SystemCommand(
        f"Notification {'off' if settings.notify else 'on'}",
        "Whether the terminal shows a desktop notification (OSC 9) when a run ends.",
        lambda: app.remember(notify=not settings.notify),
    )


def _command(app: BaseApp, key: Key, target: Any) -> SystemCommand:
    title = f"{key.title[0].upper()}{key.title[1:]} ({key.shown})"
    return SystemCommand(title, key.help, lambda: app.run_action(key.command, target))
