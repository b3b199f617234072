"""The app: which screens are shown, and what they may ask for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import SystemCommand
from textual.screen import Screen

from ..render.look import Colors
from ..screens.dialog import Dialog
from ..screens.outputs import Outputs
from ..settings import SettingsFile
from .base import BaseApp
from .launcher import Launcher
from .palette import commands
from .sessions import STOPPED, Sessions
from .stack import Stack
from .steering import Steering
from .wanted import Wanted

if TYPE_CHECKING:
    from ...engine.events import TrialKey
    from ...engine.record.run_folder import RunFolder
    from ...engine.record.store import Store
    from ...engine.run.launch import RunOptions
    from ..trials.field import Field


class TunetopApp(BaseApp):
    """tunetop on the screen: the `Host` of its screens, and the `Stage` of its `sessions`.

    Without preset and folder it begins with the picker; a preset is launched and watched; a folder is attached to,
    read-only unless `control`, or resumed, with more `trials` if so wished; a `race` is shown, and conducted by what
    `conduct` returns if that is given; `watched` is a search of another program. `next_run` gives the run to go on to
    when the one on the screen has ended, as long as there is one. `once_painted` is called on a thread once the first
    screen stands. `App.run()` returns "left running" when the run of this process goes on without a screen, "stopped"
    when it was stopped, else None; `sessions.problem` holds the error that kept the run asked for from starting.
    """

    CSS_PATH = "tunetop.tcss"
    TITLE = "tunetop"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (140, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]

    def __init__(
        self,
        store: Store,
        *,
        options: RunOptions | None = None,
        thin: bool | None = None,
        mouse: bool = True,
        colors: Colors = "truecolor",
        unicode: bool = True,
        once_painted: Callable[[], None] | None = None,
        launch: Callable[..., Any] | None = None,
        resume_with: Callable[..., Any] | None = None,
        settings: SettingsFile | None = None,
        presets_folder: Path | None = None,
        **wanted: Any,
    ) -> None:
        """Take what is asked for: `wanted` are fields of `Wanted`."""
        self.thin = bool(os.environ.get("SSH_CONNECTION")) if thin is None else thin
        super().__init__(settings, colors=colors, unicode=unicode, thin=self.thin, mouse=mouse)
        self.store = store
        self.options = options
        self.presets_folder = presets_folder or Path.cwd()
        self._wanted = Wanted(**wanted)
        self._once_painted = once_painted
        self.stack = Stack(self, self, lambda: self.steering.forget(), self.refresh_news)
        launcher = Launcher(store, options, launch, resume_with, self.settings_file.cluster)
        self.sessions = Sessions(self, launcher, self.background, self._wanted)
        self.steering = Steering(self, self.sessions)
        self.outputs = Outputs(self, self.background, lambda: self.sessions.run)

    def get_default_screen(self) -> Screen[Any]:
        """Return the first screen."""
        return _first_screen(self, self._wanted)

    def on_mount(self) -> None:
        """Begin what was asked for, after the first paint, and start the one timer."""
        self.set_interval(0.25 if self.thin else 0.1, self._tick)
        if notice := self.settings_file.notice:
            self.say(notice, "warning")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._once_painted is not None:
            threading.Thread(target=self._once_painted, name="once-painted", daemon=True).start()
        self.sessions.begin()

    def _tick(self) -> None:
        if not self.is_running:
            # screens are taken down with the timer still going: what threads bring now has no place any more
            return
        self.background.settle()
        self.sessions.tick(time.monotonic())
        if (session := self.sessions.steerable) is not None:
            self.steering.look(session)

    # -- what sessions ask for ---------------------------------------------------------------------------------------

    def show_monitor(self) -> None:
        """Go back to the monitor of the run."""
        self.stack.show_monitor()

    def refresh_news(self, clock: bool = False) -> None:
        """Have the screen on top show what is new, once there is a run or a tournament."""
        if self.sessions.own is not None:
            super().refresh_news(clock)

    # -- what screens ask for ----------------------------------------------------------------------------------------

    def open_side_by_side(self, runs: Sequence[RunFolder]) -> None:
        """Hold runs side by side; of one alone, show all runs on the same data."""
        from ..screens.side_by_side import SideBySideScreen

        self.push_screen(SideBySideScreen(self, runs))

    def open_trial(self, key: TrialKey) -> None:
        """Show everything about one trial."""
        from ..screens.trial import TrialScreen

        session = self.sessions.run
        if session is not None and session.state.trial(key) is not None:
            self.push_screen(TrialScreen(self, session, key))

    def open_comparison(self) -> None:
        """Show the comparison of the methods, final or as far as it has come."""
        from ..screens.comparison import ComparisonScreen

        if self.sessions.run is not None and not isinstance(self.screen, ComparisonScreen):
            self.push_screen(ComparisonScreen(self, self.sessions.run))

    def open_columns(self, among: Sequence[Field], hidden: frozenset[str], chosen: Callable[..., None]) -> None:
        """Let the columns of the trials be chosen."""
        from ..screens.choose_columns import ColumnsScreen

        self.push_screen(ColumnsScreen(self, among, hidden, chosen))

    def go_back(self) -> None:
        """Leave the screen on top; from a run's first screen that leads to where it was opened."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
            self.refresh_news()
        elif len(self.screen_stack) == 2 or self.sessions.tournament is not None:
            self.sessions.leave_run()

    @property
    def asking(self) -> bool:
        """True while a dialog is open."""
        return any(isinstance(screen, Dialog) for screen in self.screen_stack)

    def ask(self, dialog: Screen[Any], answered: Callable[[Any], None]) -> None:
        """Open a dialog; `answered` is told what it comes back with."""
        # what was said before would lie over it
        self.clear_notifications()
        self.push_screen(dialog, answered)

    # -- keys that are valid everywhere ------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the command palette offers: every action that is valid on the screen, and the settings."""
        return commands(self, screen)

    def action_help(self) -> None:
        """Show the list of keys."""
        from ..screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self, self.live_screen.where if self.live_screen is not None else ""))

    def action_leave(self) -> None:
        """Quit; while a run or a tournament of this process is going, ask what becomes of it."""
        # one that has begun, and whose screen the timer has not shown yet, is asked about as well
        self.background.settle()
        own = self.sessions.own
        if own is None or not own.going or own.over:
            self.exit(STOPPED if own is not None and own.own and own.phase == "stopped" else None)
            return
        from ..screens.leave import RACE, RUN, LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            words = RUN if self.sessions.tournament is None else RACE
            self.push_screen(LeaveScreen(self, own.progress, words), self.sessions.leave_with)

    def action_interrupt(self) -> None:
        """Stop what is of this process, or leave where there is nothing to stop."""
        self.background.settle()
        if not self.sessions.interrupt():
            self.action_leave()

    def on_resize(self, event: events.Resize) -> None:
        """Ask for a larger window while it is too small, and come back by itself."""
        self.call_after_refresh(self.stack.check_size)


def _first_screen(app: TunetopApp, wanted: Wanted) -> Screen[Any]:
    """Return the screen to begin with: a tournament's, one to choose from, or the one until a run is there."""
    if app.sessions.tournament is not None:
        from ..screens.tournament.screen import TournamentScreen

        return TournamentScreen(app, app.sessions.tournament)
    if wanted.choices is not None:
        from ..screens.watch_picker import WatchPickerScreen

        return WatchPickerScreen(app, wanted.choices)
    if wanted.nothing:
        from ..screens.picker.screen import PickerScreen

        return PickerScreen(app)
    from ..screens.too_small import StartingScreen

    return StartingScreen(app, wanted.title)
