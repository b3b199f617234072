"""What every screen of the app has: notices, themes, what is remembered, help, leaving, and a window large enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events

from ...engine.text import clean
from ..keys import EVERYWHERE, bindings_for
from ..render.look import Look
from ..terminal.diff_app import DiffApp
from .themes import DEFAULT, NAMES, look_for

if TYPE_CHECKING:
    from ..sessions.base import Undertaking
    from ..sessions.tournament import TournamentSession
    from .settings import SettingsFile

LEFT_RUNNING, STOPPED = "left running", "stopped"


class BaseApp(DiffApp[str], inherit_bindings=False):
    """The app as far as it is the same on every screen; `TunetopApp` has the screens."""

    BINDINGS = bindings_for(EVERYWHERE)

    look: Look
    settings_file: SettingsFile
    race: TournamentSession | None
    _terminal: dict[str, Any]
    _interrupted: bool
    _leaving: bool

    if TYPE_CHECKING:

        @property
        def own(self) -> Undertaking | None:
            """What keys that are valid everywhere are about."""
            ...

        def _refresh_top(self, clock: bool = False) -> None: ...

    # -- notices -----------------------------------------------------------------------------------------------------

    def copy(self, text: str) -> None:
        """Put a text on the clipboard of the terminal that one sits at (OSC 52)."""
        self.copy_to_clipboard(text)
        self.say(clean(text, 120), title="Copied")

    def say(self, message: str, severity: str = "information", title: str = "") -> None:
        """Show a short notice, taken as plain text."""
        self.notify(clean(message, 600), title=clean(title), severity=severity, markup=False)  # type: ignore[arg-type]

    def _call_for_attention(self, title: str, phase: str) -> None:
        """Ring the bell or have the terminal show a desktop notification (OSC 9), if that was asked for."""
        settings = self.settings_file.settings
        if settings.bell:
            self.bell()
        if settings.notify and self._driver is not None:
            self._driver.write(f"\x1b]9;tunetop: {clean(title, 60)} {phase}\x07")

    # -- keys that are valid everywhere ------------------------------------------------------------------------------

    def action_help(self) -> None:
        """Show the list of keys."""
        self.open_help()

    def action_redraw(self) -> None:
        """Paint the whole screen again."""
        self.repaint()

    def action_next_theme(self) -> None:
        """Take the next theme."""
        names = list(NAMES)
        current = self.theme if self.theme in names else DEFAULT
        self.use_theme(names[(names.index(current) + 1) % len(names)])

    def use_theme(self, name: str) -> None:
        """Take a theme, and remember it."""
        self.look = look_for(name, **self._terminal)
        self.theme = name
        self.remember(theme=name)
        for screen in self.screen_stack:
            if (restyle := getattr(screen, "restyle", None)) is not None:
                restyle()
        self._refresh_top()

    def remember(self, **values: Any) -> None:
        """Keep settings for the next time."""
        had_problem = bool(self.settings_file.problem)
        if not self.settings_file.change(**values) and not had_problem:
            self.say(f"Not remembered: {self.settings_file.problem}", "warning")

    def action_leave(self) -> None:
        """Quit; while a run or a race of this process is going, ask what becomes of it."""
        own = self.own
        if own is None or not own.going or own.over:
            self.exit(STOPPED if own is not None and own.own and own.phase == "stopped" else None)
            return
        from ..screens.leave import RACE, RUN, LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            words = RUN if self.race is None else RACE
            self.push_screen(LeaveScreen(own.progress, words), self._leave_with)

    def _ask_no_more(self) -> None:
        """Take back the question what is to become of a run or race that has ended."""
        from ..screens.leave import LeaveScreen

        if isinstance(self.screen, LeaveScreen):
            self.screen.dismiss(None)

    def _leave_with(self, choice: str | None) -> None:
        own = self.own
        if own is None or choice is None:
            return
        if choice == "leave":
            self.exit(LEFT_RUNNING if own.going else None)
        else:
            self._leaving = self._interrupted = True
            own.stop()
            self.say("Stopping: running folds finish, then the summary is written. Ctrl+C stops at once.")

    def action_interrupt(self) -> None:
        """Stop the run or race of this process, orderly at first, at once when asked again; without one, quit."""
        own = self.own
        if own is None or not own.going:
            self.action_leave()
        elif not self._interrupted:
            self._interrupted = True
            own.stop()
            self.say("Stopping: running folds finish, then the summary is written. Ctrl+C again stops at once.")
        else:
            own.stop_now()

    def open_help(self) -> None:
        """Show the list of keys."""
        from ..screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(getattr(self.screen, "where", EVERYWHERE)))

    def on_key(self, event: events.Key) -> None:
        """Give what is typed to the dialog on top, in its place among the keys that are bound."""
        take = getattr(self.screen, "take_typed", None)
        if take is not None and event.character and event.is_printable:
            event.prevent_default()
            take(event.character)

    # -- size --------------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Ask for a larger window while it is too small, and come back by itself."""
        self.call_after_refresh(self._check_size)

    def _check_size(self) -> None:
        from ..screens.too_small import SMALLEST, SmallScreen

        small = self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]
        on_top = isinstance(self.screen, SmallScreen)
        if small and not on_top:
            self.push_screen(SmallScreen())
        elif on_top and not small:
            self.pop_screen()
            self._refresh_top()
