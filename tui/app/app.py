"""The app: which screen is shown, one timer that feeds it, and what screens ask of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.screen import Screen

from ...engine.errors import TunetopError
from ...engine.text import clean
from ..background import Chores
from ..render.look import Colors, Look
from .base import STOPPED
from .launcher import Launcher
from .palette import commands
from .sessions import BeginningApp
from .settings import SettingsFile
from .steering import Steering
from .themes import NAMES, look_for, theme_of

if TYPE_CHECKING:
    from ...engine.events import TrialKey
    from ...engine.problem.preset import Preset
    from ...engine.record.run_folder import RunFolder
    from ...engine.record.store import Store
    from ...engine.run.launch import RunOptions
    from ...engine.state import TrialState
    from ...engine.tournament.conductor import Tournament
    from ...engine.tournament.folder import TournamentFolder
    from ..sessions.base import Artefacts, Request, Session, Undertaking
    from ..sessions.tournament import TournamentSession

CLOCK, UNFOCUSED_CLOCK = 1.0, 5.0
"""Seconds between two repaints of clocks and ages, with the terminal in front and without."""


class TunetopApp(BeginningApp):
    """tunetop on the screen.

    Without preset and folder it begins with the picker; a preset is launched and watched; a folder is attached to,
    read-only unless `control`, or resumed, with more `trials` if so wished; a `race` is shown, and conducted by what
    `conduct` returns if that is given; `watched` is a search of another program. `next_run` gives the run to go on to
    when the one on the screen has ended, as long as there is one. `once_painted` is called on a thread once the first
    screen stands.
    `App.run()` returns "left running" when the run of this process goes on
    without a screen, "stopped" when it was stopped, else None; `problem` holds the error that kept the run asked for
    from starting.
    """

    CSS_PATH = "tunetop.tcss"
    TITLE = "tunetop"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (140, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]

    def __init__(
        self,
        store: Store,
        *,
        preset: Preset | None = None,
        options: RunOptions | None = None,
        folder: RunFolder | None = None,
        resume: bool = False,
        trials: Sequence[str] = (),
        control: bool = False,
        race: TournamentFolder | None = None,
        conduct: Callable[[], Tournament] | None = None,
        thin: bool | None = None,
        mouse: bool = True,
        colors: Colors = "truecolor",
        unicode: bool = True,
        once_painted: Callable[[], None] | None = None,
        launch: Callable[..., Any] | None = None,
        resume_with: Callable[..., Any] | None = None,
        settings: SettingsFile | None = None,
        presets_folder: Path | None = None,
        watched: Session | None = None,
        next_run: Callable[[], RunFolder | None] | None = None,
    ) -> None:
        self.settings_file = settings or SettingsFile()
        self.thin = bool(os.environ.get("SSH_CONNECTION")) if thin is None else thin
        self._terminal: dict[str, Any] = {"colors": colors, "unicode": unicode, "thin": self.thin}
        self.look: Look = look_for(self.settings_file.settings.theme, **self._terminal)
        super().__init__()
        for name in NAMES:
            self.register_theme(theme_of(look_for(name, **self._terminal), name))
        self.theme = self.settings_file.settings.theme
        self.store = store
        self.options = options
        self.session: Session | None = None
        self.problem: TunetopError | None = None
        self.chores = Chores()
        self.steering = Steering(self)
        self.presets_folder = presets_folder or Path.cwd()
        self.mouse_wanted = mouse and self.settings_file.settings.mouse
        self._preset, self._folder, self._resume, self._control = preset, folder, resume, control
        self._trials = trials
        self._watched, self._next_run = watched, next_run
        self.race = self._race_of(race, conduct)
        self._conduct = conduct
        self._once_painted = once_painted
        self.launcher = Launcher(store, options, launch, resume_with)
        self._asked_for = self._first_work()
        self._starting = self._asked_for is not None and self.race is None
        self._interrupted = False
        self._leaving = False
        self._end_shown = False
        self._race_over = False
        self._trouble = ""
        self._clock_at = 0.0
        if self.thin:
            self.animation_level = "none"
            self.pace.use_thin_line()

    # -- beginning ---------------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """Return the first screen."""
        if self.race is not None:
            from ..screens.tournament.screen import TournamentScreen

            return TournamentScreen(self.race)
        if self._came_from_picker:
            from ..screens.picker.screen import PickerScreen

            return PickerScreen()
        from ..screens.too_small import StartingScreen

        if self._preset is not None:
            return StartingScreen(self._preset.title)
        if self._watched is not None:
            return StartingScreen(self._watched.name)
        assert self._folder is not None
        return StartingScreen(self._folder.id)

    def on_mount(self) -> None:
        """Begin what was asked for, after the first paint, and start the one timer."""
        self.set_interval(0.25 if self.thin else 0.1, self._tick)
        if notice := self.settings_file.notice:
            self.say(notice, "warning")
        self.call_after_refresh(self._begin)

    @staticmethod
    def _race_of(folder: TournamentFolder | None, conduct: Callable[[], Tournament] | None) -> TournamentSession | None:
        if folder is None:
            return None
        from ..sessions.tournament import TournamentFeed, TournamentSession

        return TournamentSession(TournamentFeed(folder), starting=conduct is not None)

    @property
    def _came_from_picker(self) -> bool:
        return self._preset is None and self._folder is None and self.race is None and self._watched is None

    @property
    def starting(self) -> bool:
        """True from when a run or a race was asked for until it is on the screen."""
        return self._starting or (self.race is not None and self.race.starting)

    @property
    def own(self) -> Undertaking | None:
        """What keys that are valid everywhere are about: the race, or else the run on the screen."""
        return self.race if self.race is not None else self.session

    def open_seed(self, seed: int) -> None:
        """Show the run of one seed of the race."""
        session = self.race.session(seed) if self.race is not None else None
        if session is None:
            self.say(f"Seed {seed} has not begun yet.")
        else:
            self._show_session(session)

    def open_run(self, folder: RunFolder) -> None:
        """Show a run of any process: its monitor, and over it the comparison if it has ended."""
        from ..sessions.run import Feed, RemoteControl, RunSession

        controls = RemoteControl(folder) if self._control else None
        self._show_session(RunSession(Feed(folder), controls))

    def _show_session(self, session: Session) -> None:
        from ..screens.monitor.screen import MonitorScreen

        self.session = session
        if self.race is None:
            self._interrupted = self._leaving = False
        session.poll()
        self._end_shown = session.state.ended and not session.behind
        monitor = MonitorScreen(session)
        self.steering.forget()
        self._drop_screens()
        self.push_screen(monitor)
        if self._end_shown:
            self.open_comparison()
        self._catch_up(session)

    def _drop_screens(self) -> None:
        """Leave only the first screen: picker, or the one that says that a run is made ready."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    # -- the timer ---------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if not self.is_running:
            # screens are taken down with the timer still going: what chores bring now has no place any more
            return
        self.chores.settle()
        now = time.monotonic()
        if self.session is not None:
            self._tick_run(self.session, now)
        if self.race is not None:
            self._tick_race(self.race, now)
        own = self.own
        if own is None:
            return
        self._tell_trouble(own)
        if self._leaving and not own.going:
            self.exit(STOPPED)

    def _tick_run(self, session: Session, now: float) -> None:
        if self._take_news(session):
            self._clock_at = now
        elif self._clock_is_due(now) and not session.state.ended:
            self._clock_at = now
            self._refresh_top(clock=True)
        if not self._starting and not self._leaving and self.race is None:
            self.steering.look(session)
        if self._next_run is not None and session.state.ended and (folder := self._next_run()) is not None:
            self.open_run(folder)

    def _take_news(self, session: Session) -> bool:
        caught_up = session.catching_up
        if not session.poll():
            return False
        self._refresh_top()
        self._notice_end(session, caught_up)
        return True

    def _catch_up(self, session: Session) -> None:
        """Read an opened run without waiting for the timer; keys that were pressed meanwhile come first."""
        if session is self.session and session.catching_up:
            self._take_news(session)
            self.call_later(self._catch_up, session)

    def _tick_race(self, race: TournamentSession, now: float) -> None:
        over = race.own and not race.going
        changed = race.feed.poll()
        if self.session is None and (changed or over != self._race_over):
            self._clock_at = now
            self._refresh_top()
        elif self.session is None and race.phase in ("running", "stopping") and self._clock_is_due(now):
            self._clock_at = now
            self._refresh_top(clock=True)
        if over and not self._race_over:
            self._ask_no_more()
            self._call_for_attention(race.feed.plan.title, race.phase)
        self._race_over = over

    def _clock_is_due(self, now: float) -> bool:
        return now - self._clock_at >= (CLOCK if self.app_focus else UNFOCUSED_CLOCK)

    def _tell_trouble(self, session: Undertaking) -> None:
        if session.trouble != self._trouble:
            self._trouble = session.trouble
            self.say(self._trouble or "Going on.", "error" if self._trouble else "information")
            self._refresh_top()

    def _refresh_top(self, clock: bool = False) -> None:
        screen = self.screen
        if self.own is None:
            return
        if clock and (tick := getattr(screen, "refresh_clock", None)) is not None:
            tick()
        elif (refresh := getattr(screen, "refresh_from", None)) is not None:
            refresh(self.session.state if self.session is not None else None)

    def _notice_end(self, session: Session, caught_up: bool) -> None:
        """Show that the run has ended; `caught_up` tells that this was just read, and may have been long ago."""
        if self._end_shown or not session.state.ended or session.behind:
            return
        self._end_shown = True
        if self.race is None:
            self._ask_no_more()
        if not caught_up and self.race is None:
            title = session.state.info.title if session.state.info is not None else session.name
            self._call_for_attention(title, session.state.phase)
        from ..screens.monitor.screen import MonitorScreen

        if (session.own or caught_up) and not self._leaving and isinstance(self.screen, MonitorScreen):
            self.open_comparison()

    # -- what screens ask for ----------------------------------------------------------------------------------------

    def open_trial(self, key: TrialKey) -> None:
        """Show everything about one trial."""
        from ..screens.trial import TrialScreen

        if self.session is not None and self.session.state.trial(key) is not None:
            self.push_screen(TrialScreen(self.session, key))

    def open_comparison(self) -> None:
        """Show the comparison of the methods, final or as far as it has come."""
        from ..screens.comparison import ComparisonScreen

        if self.session is not None and not isinstance(self.screen, ComparisonScreen):
            self.push_screen(ComparisonScreen(self.session))

    def show_monitor(self) -> None:
        """Go back to the monitor of the run."""
        from ..screens.monitor.screen import MonitorScreen

        while len(self.screen_stack) > 1 and not isinstance(self.screen, MonitorScreen):
            self.pop_screen()
        self._refresh_top()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the command palette offers: every action that is valid on the screen, and the settings."""
        return commands(self, screen)

    def go_back(self) -> None:
        """Leave the screen on top; from a run's first screen that leads to the picker."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
            self._refresh_top()
        elif len(self.screen_stack) == 2 or self.race is not None:
            self.leave_run()

    def leave_run(self) -> None:
        """Go back to the picker or the race, if that is where one came from."""
        if self.race is not None and len(self.screen_stack) > 1:
            self.session = None
            self._drop_screens()
        elif not self._came_from_picker:
            self.say("q quits.")
        elif self.session is not None and self.session.going:
            self.say("The run goes on; q asks what becomes of it.")
        else:
            self.session = None
            self._drop_screens()

    def run_again(self) -> None:
        """Go on with the run on the screen where it was stopped, or else run its preset once more."""
        session = self.session
        if session is not None and (why := session.refusal("repeat")):
            self.say(why)
            return
        artefacts = session.artefacts if session is not None else None
        if session is None or artefacts is None or not session.state.ended or session.going:
            self.say("The run is still going.")
            return
        if session.state.phase in ("stopped", "interrupted"):
            self.say("Going on where it was stopped …")
            self.resume(artefacts.folder)
            return
        self.say("Starting it once more …")
        self.start(artefacts.preset)

    def export(self) -> None:
        """Write the run's export files into its folder, and say where they are."""
        if (artefacts := self._artefacts("export")) is None:
            return

        def then(paths: list[Path]) -> None:
            self.say(_named(artefacts.folder.path, paths), title=f"{len(paths)} files written")

        self.chores.start(artefacts.export, then, lambda error: self.say(f"Not exported: {error}", "error"), "export")

    def save(self, files: Callable[[], Mapping[str, str]]) -> None:
        """Write a view's pictures, which `files` makes in a thread, and say where they are."""
        if (artefacts := self._artefacts("picture")) is None:
            return

        def then(paths: list[Path]) -> None:
            self.say(_named(artefacts.folder.path, paths), title="Picture saved")

        self.chores.start(
            lambda: artefacts.save(files()), then, lambda error: self.say(f"Not saved: {error}", "error"), "picture"
        )

    def _artefacts(self, request: Request) -> Artefacts | None:
        """Return the artefacts of the run on the screen; where it has none, say why a key cannot do what it should."""
        session = self.session
        if session is None or not (why := session.refusal(request)):
            return session.artefacts if session is not None else None
        self.say(why)
        return None

    def copy_parameters(self, trial: TrialState) -> None:
        """Copy what the estimator takes for a trial, as a Python dict.

        A labelled choice is copied as the parameters that it stands for, where the run's preset can be read.
        """
        session = self.session
        if session is None:
            return

        def work() -> str:
            from .copy_as_python import as_python

            return as_python(session.arguments(trial))

        self.chores.start(work, self.copy, lambda error: self.say(f"Not copied: {error}", "error"), "copy")


def _named(folder: Path, paths: Iterable[Path]) -> str:
    return f"{clean(folder)}: {clean(', '.join(path.name for path in paths))}"
