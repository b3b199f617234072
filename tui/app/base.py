"""What every screen of the app has: notices, themes, what is remembered, help, and a window large enough."""

from __future__ import annotations

from typing import Any

from textual import events

from ...engine.text import clean
from ..background import Background
from ..keys import EVERYWHERE, bindings_for
from ..render.look import Colors, Look
from ..screens.host import LiveScreen
from ..settings import Settings, SettingsFile
from ..terminal.diff_app import DiffApp
from .themes import DEFAULT, NAMES, look_for, theme_of


class BaseApp(DiffApp[str], inherit_bindings=False):
    """The app as far as it knows of no runs; `TunetopApp` opens them, and is the `Host` of all screens."""

    BINDINGS = bindings_for(EVERYWHERE)

    def __init__(
        self, settings: SettingsFile | None, *, colors: Colors, unicode: bool, thin: bool, mouse: bool
    ) -> None:
        self.settings_file = settings or SettingsFile()
        self._terminal: dict[str, Any] = {"colors": colors, "unicode": unicode, "thin": thin}
        self.look: Look = look_for(self.remembered.theme, **self._terminal)
        super().__init__()
        for name in NAMES:
            self.register_theme(theme_of(look_for(name, **self._terminal), name))
        self.theme = self.remembered.theme
        self.background = Background()
        self.mouse_wanted = mouse and self.remembered.mouse
        if thin:
            self.animation_level = "none"
            self.pace.use_thin_line()

    @property
    def live_screen(self) -> LiveScreen[Any] | None:
        """The screen on top, if it is one of this program's: the palette is textual's."""
        return self.screen if isinstance(self.screen, LiveScreen) else None

    def refresh_news(self, clock: bool = False) -> None:
        """Have the screen on top show what is new; `clock`: nothing but the time."""
        if (screen := self.live_screen) is not None:
            (screen.refresh_clock if clock else screen.refresh_news)()

    def copy(self, text: str) -> None:
        """Put a text on the clipboard of the terminal that one sits at (OSC 52)."""
        self.copy_to_clipboard(text)
        self.say(clean(text, 120), title="Copied")

    def say(self, message: str, severity: str = "information", title: str = "") -> None:
        """Show a short notice, taken as plain text."""
        self.notify(clean(message, 600), title=clean(title), severity=severity, markup=False)  # type: ignore[arg-type]

    def tell_problem(self, message: str) -> None:
        """Say why a run could not start, on the screen if it has a place for that."""
        if self.live_screen is None or not self.live_screen.tell_problem(message):
            self.say(message, "error")

    def call_for_attention(self, title: str, phase: str) -> None:
        """Ring the bell or have the terminal show a desktop notification (OSC 9), if that was asked for."""
        if self.remembered.bell:
            self.bell()
        if self.remembered.notify and self._driver is not None:
            self._driver.write(f"\x1b]9;tunetop: {clean(title, 60)} {phase}\x07")

    @property
    def remembered(self) -> Settings:
        """What was chosen last time."""
        return self.settings_file.settings

    def remember(self, **values: Any) -> None:
        """Keep settings for the next time."""
        had_problem = bool(self.settings_file.problem)
        if not self.settings_file.change(**values) and not had_problem:
            self.say(f"Not remembered: {self.settings_file.problem}", "warning")

    def use_theme(self, name: str) -> None:
        """Take a theme, and remember it."""
        self.look = look_for(name, **self._terminal)
        self.theme = name
        self.remember(theme=name)
        for screen in self.screen_stack:
            if isinstance(screen, LiveScreen):
                screen.restyle()
        self.refresh_news()

    def action_next_theme(self) -> None:
        """Take the next theme."""
        names = list(NAMES)
        current = self.theme if self.theme in names else DEFAULT
        self.use_theme(names[(names.index(current) + 1) % len(names)])

    def action_redraw(self) -> None:
        self.repaint()

    def on_key(self, event: events.Key) -> None:
        """Give what is typed to the dialog on top, in its place among the keys that are bound."""
        screen = self.live_screen
        if screen is not None and event.character and event.is_printable and screen.take_typed(event.character):
            event.prevent_default()
