"""The stack of screens: the first one at the bottom, a run's monitor on it, and what was opened from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import App

from ..screens.host import Host

if TYPE_CHECKING:
    from ..sessions.base import Session


class Stack:
    """Puts screens on the stack of `app` and takes them off.

    `replaced` is called when another run is about to be shown, `uncovered` when an old screen is on top again.
    """

    def __init__(self, app: App[Any], host: Host, replaced: Callable[[], None], uncovered: Callable[[], None]) -> None:
        self._app, self._host = app, host
        self._replaced, self._uncovered = replaced, uncovered

    @property
    def at_monitor(self) -> bool:
        """True while a run's monitor is on top."""
        from ..screens.monitor.screen import MonitorScreen

        return isinstance(self._app.screen, MonitorScreen)

    def show_run(self, session: Session) -> None:
        """Show a run's monitor in place of what was opened before."""
        from ..screens.monitor.screen import MonitorScreen

        self._replaced()
        self.show_first()
        self._app.push_screen(MonitorScreen(self._host, session))

    def show_first(self) -> None:
        """Leave only the first screen: picker, tournament, or the one that says that a run is made ready."""
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()

    def show_monitor(self) -> None:
        """Go back to the monitor of the run."""
        while len(self._app.screen_stack) > 1 and not self.at_monitor:
            self._app.pop_screen()
        self._uncovered()

    def ask_no_more(self) -> None:
        """Take back the question what is to become of a run or tournament that has ended."""
        from ..screens.leave import LeaveScreen

        if isinstance(self._app.screen, LeaveScreen):
            self._app.screen.dismiss(None)

    def check_size(self) -> None:
        """Ask for a larger window while it is too small, and come back by itself."""
        from ..screens.too_small import SMALLEST, SmallScreen

        size = self._app.size
        small = size.width < SMALLEST[0] or size.height < SMALLEST[1]
        on_top = isinstance(self._app.screen, SmallScreen)
        if small and not on_top:
            self._app.push_screen(SmallScreen(self._host))
        elif on_top and not small:
            self._app.pop_screen()
            self._uncovered()
