"""The app: which screen is shown, one timer that feeds it, and what keys do that are valid everywhere."""

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

from ..engine.errors import TunetopError, told
from ..engine.text import clean
from .chores import Chores
from .keys import EVERYWHERE, bindings_for
from .launching import Launcher
from .lean import LeanApp
from .palette import commands
from .render.look import Colors, Look
from .settings import SettingsFile
from .steering import Steering
from .themes import DEFAULT, NAMES, look_for, theme_of

if TYPE_CHECKING:
    from ..engine.events import Point, TrialKey
    from ..engine.launch import RunOptions
    from ..engine.preset import Preset
    from ..engine.state import TrialState
    from ..engine.store import RunFolder, Store
    from ..engine.tournament_folder import TournamentFolder
    from ..engine.tournament_run import Tournament
    from .feed import Session
    from .race_feed import RaceSession

CLOCK, UNFOCUSED_CLOCK = 1.0, 5.0
"""Seconds between two repaints of clocks and ages, with the terminal in front and without."""

LEFT_RUNNING, STOPPED = "left running", "stopped"


class TunetopApp(LeanApp[str], inherit_bindings=False):
    """tunetop on the screen.

    Without preset and folder it begins with the picker; a preset is launched and watched; a folder is attached to,
    read-only unless `control`, or resumed, with more `trials` if so wished; a `race` is shown, and conducted by what
    `conduct` returns if that is given. `once_painted` is called on a thread once the first screen stands.
    `App.run()` returns "left running" when the run of this process goes on
    without a screen, "stopped" when it was stopped, else None; `problem` holds the error that kept the run asked for
    from starting.
    """

    CSS_PATH = "tunetop.tcss"
    TITLE = "tunetop"
    BINDINGS = bindings_for(EVERYWHERE)
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
        self.race = self._race_of(race, conduct)
        self._conduct = conduct
        self._once_painted = once_painted
        self.launcher = Launcher(store, options, launch, resume_with)
        self._asked_for = self._first_work()
        self._starting = False
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
            from .screens.race import RaceScreen

            return RaceScreen(self.race)
        if self._preset is None and self._folder is None:
            from .screens.picker import PickerScreen

            return PickerScreen()
        from .screens.starting import StartingScreen

        if self._preset is not None:
            return StartingScreen(self._preset.title)
        assert self._folder is not None
        return StartingScreen(self._folder.id)

    def on_mount(self) -> None:
        """Begin what was asked for, after the first paint, and start the one timer."""
        self.set_interval(0.25 if self.thin else 0.1, self._tick)
        if notice := self.settings_file.notice:
            self.say(notice, "warning")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._once_painted is not None:
            threading.Thread(target=self._once_painted, name="once-painted", daemon=True).start()
        if self._asked_for is None:
            if self._folder is not None:
                self.open_run(self._folder)
        elif self.race is not None:
            self.chores.start(self._asked_for, self._racing, self._not_started, "race")
        elif self._preset is not None:
            self._starting = True
            self.chores.start(self._asked_for, lambda made: self._started(*made), self._not_started, "launch")
        else:
            self._starting = True
            self.chores.start(self._asked_for, lambda run: self._started(run, None), self._not_started, "resume")

    def _first_work(self) -> Callable[[], Any] | None:
        """Return the work that begins what the app was asked for: known at once, done after the first paint."""
        preset = self._preset
        if self._conduct is not None:
            return self.launcher.conduct(self._conduct)
        if preset is not None:
            return self.launcher.launch(lambda: preset, {})
        if self._folder is not None and self._resume:
            return self.launcher.resume(self._folder, **({"trials": list(self._trials)} if self._trials else {}))
        return None

    def start(self, make: Callable[[], Preset], **choices: Any) -> None:
        """Launch the preset that `make` returns, in a thread, and show its monitor once it has begun.

        `choices` are fields of `RunOptions` that go before those the app was given.
        """
        if self._starting:
            return
        self._starting = True
        begin = self.launcher.launch(make, choices)
        self.chores.start(begin, lambda made: self._started(*made), self._not_started, "launch")

    def resume(
        self,
        folder: RunFolder,
        *,
        trials: Sequence[str] = (),
        add: Sequence[Point] = (),
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Go on with a run that has ended or was interrupted, in a thread, and show its monitor once it has begun.

        `trials` and `add` are what it is to do beyond its plan; `failed` is told what keeps it from going on.
        """
        if self._starting:
            return
        self._starting = True
        more: dict[str, Any] = {name: list(what) for name, what in (("trials", trials), ("add", add)) if what}
        begin = self.launcher.resume(folder, **more)

        def not_resumed(error: Exception) -> None:
            if failed is None:
                self._not_started(error)
                return
            self._starting = False
            failed(error)

        self.chores.start(begin, lambda run: self._started(run, None), not_resumed, "resume")

    def _started(self, run: Any, preset: Preset | None) -> None:
        from .feed import Feed, Session

        self._starting = False
        session = self.session
        if session is None or session.folder != run.folder:
            self._show_session(Session(Feed(run.folder), run, preset, run=run))
            return
        # the run on the screen goes on: so do its monitor, its place in the list, and its view
        session.controls = session.run = run
        self._interrupted = self._leaving = self._end_shown = False
        self.show_monitor()

    @staticmethod
    def _race_of(folder: TournamentFolder | None, conduct: Callable[[], Tournament] | None) -> RaceSession | None:
        if folder is None:
            return None
        from .race_feed import RaceFeed, RaceSession

        return RaceSession(RaceFeed(folder), starting=conduct is not None)

    def _racing(self, run: Tournament) -> None:
        assert self.race is not None
        self.race.run, self.race.starting = run, False
        self._refresh_top()

    def _not_started(self, error: Exception) -> None:
        self._starting = False
        message = told(error)
        if self.session is not None or self._came_from_picker:
            self._tell_screen_of(message)
            return
        self.problem = error if isinstance(error, TunetopError) else TunetopError(message)
        if self.problem is not error:
            self.problem.__cause__ = error
        self.exit(None, return_code=self.problem.exit_code)

    def _tell_screen_of(self, message: str) -> None:
        tell = getattr(self.screen, "tell_problem", None)
        if tell is not None:
            tell(message)
        else:
            self.say(message, "error")

    @property
    def _came_from_picker(self) -> bool:
        return self._preset is None and self._folder is None and self.race is None

    @property
    def own(self) -> Session | RaceSession | None:
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
        from .feed import Feed, RemoteControl, Session

        controls = RemoteControl(folder) if self._control else None
        self._show_session(Session(Feed(folder), controls, None))

    def _show_session(self, session: Session) -> None:
        from .screens.monitor import MonitorScreen

        self.session = session
        if self.race is None:
            self._interrupted = self._leaving = False
        session.feed.poll()
        self._end_shown = session.state.ended and not session.feed.behind
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

    def _take_news(self, session: Session) -> bool:
        caught_up = session.feed.catching_up
        if not session.feed.poll():
            return False
        self._refresh_top()
        self._notice_end(session, caught_up)
        return True

    def _catch_up(self, session: Session) -> None:
        """Read an opened run without waiting for the timer; keys that were pressed meanwhile come first."""
        if session is self.session and session.feed.catching_up:
            self._take_news(session)
            self.call_later(self._catch_up, session)

    def _tick_race(self, race: RaceSession, now: float) -> None:
        over = race.own and not race.going
        changed = race.feed.poll()
        if self.session is None and (changed or over != self._race_over):
            self._clock_at = now
            self._refresh_top()
        elif self.session is None and race.phase in ("running", "stopping") and self._clock_is_due(now):
            self._clock_at = now
            self._refresh_top(clock=True)
        if over and not self._race_over:
            self._call_for_attention(race.feed.plan.title, race.phase)
        self._race_over = over

    def _clock_is_due(self, now: float) -> bool:
        return now - self._clock_at >= (CLOCK if self.app_focus else UNFOCUSED_CLOCK)

    def _tell_trouble(self, session: Session | RaceSession) -> None:
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
        if self._end_shown or not session.state.ended or session.feed.behind:
            return
        self._end_shown = True
        if not caught_up and self.race is None:
            title = session.state.info.title if session.state.info is not None else session.folder.id
            self._call_for_attention(title, session.state.phase)
        from .screens.monitor import MonitorScreen

        if (session.own or caught_up) and not self._leaving and isinstance(self.screen, MonitorScreen):
            self.open_comparison()

    def _call_for_attention(self, title: str, phase: str) -> None:
        """Ring the bell or have the terminal show a desktop notification (OSC 9), if that was asked for."""
        settings = self.settings_file.settings
        if settings.bell:
            self.bell()
        if settings.notify and self._driver is not None:
            self._driver.write(f"\x1b]9;tunetop: {clean(title, 60)} {phase}\x07")

    # -- what screens ask for ----------------------------------------------------------------------------------------

    def open_trial(self, key: TrialKey) -> None:
        """Show everything about one trial."""
        from .screens.trial import TrialScreen

        if self.session is not None and self.session.state.trial(key) is not None:
            self.push_screen(TrialScreen(self.session, key))

    def open_comparison(self) -> None:
        """Show the comparison of the methods, final or as far as it has come."""
        from .screens.comparison import ComparisonScreen

        if self.session is not None and not isinstance(self.screen, ComparisonScreen):
            self.push_screen(ComparisonScreen(self.session))

    def show_monitor(self) -> None:
        """Go back to the monitor of the run."""
        from .screens.monitor import MonitorScreen

        while len(self.screen_stack) > 1 and not isinstance(self.screen, MonitorScreen):
            self.pop_screen()
        self._refresh_top()

    def open_help(self) -> None:
        """Show the list of keys."""
        from .screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(getattr(self.screen, "where", EVERYWHERE)))

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
        if self.race is not None:
            self.say("This run belongs to a race: tunetop race --resume goes on with what is missing.")
            return
        if session is None or not session.state.ended or session.going:
            self.say("The run is still going.")
            return
        if session.state.phase in ("stopped", "interrupted"):
            self.say("Going on where it was stopped …")
            self.resume(session.folder)
            return
        file = session.folder.preset_file

        def make() -> Preset:
            from ..engine.preset import load

            return load(file)

        self.say("Starting it once more …")
        self.start(make)

    def export(self) -> None:
        """Write the run's export files into its folder, and say where they are."""
        session = self.session
        if session is None:
            return
        folder = session.folder

        def work() -> list[Path]:
            from ..engine.export import export
            from ..engine.store import load

            return export(load(folder)[0], folder.path, force=True)

        def then(paths: list[Path]) -> None:
            names = ", ".join(path.name for path in paths)
            self.say(f"{clean(folder.path)}: {clean(names)}", title=f"{len(paths)} files written")

        self.chores.start(work, then, lambda error: self.say(f"Not exported: {error}", "error"), "export")

    def copy_parameters(self, trial: TrialState) -> None:
        """Copy what the estimator takes for a trial, as a Python dict.

        A labelled choice is copied as the parameters that it stands for, where the run's preset can be read.
        """
        session = self.session
        if session is None:
            return

        def work() -> str:
            from .parameters import arguments_as_python

            return arguments_as_python(session, trial)

        self.chores.start(work, self.copy, lambda error: self.say(f"Not copied: {error}", "error"), "copy")

    def copy(self, text: str) -> None:
        """Put a text on the clipboard of the terminal that one sits at (OSC 52)."""
        self.copy_to_clipboard(text)
        self.say(clean(text, 120), title="Copied")

    def say(self, message: str, severity: str = "information", title: str = "") -> None:
        """Show a short notice, taken as plain text."""
        self.notify(clean(message, 600), title=clean(title), severity=severity, markup=False)  # type: ignore[arg-type]

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
        if own is None or not own.going:
            self.exit(STOPPED if own is not None and own.own and own.phase == "stopped" else None)
            return
        from .screens.leave import RACE, RUN, LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            words = RUN if self.race is None else RACE
            self.push_screen(LeaveScreen(own.progress, words), self._leave_with)

    def _leave_with(self, choice: str | None) -> None:
        own = self.own
        if own is None or choice is None:
            return
        if choice == "leave":
            self.exit(LEFT_RUNNING if own.going else None)
        else:
            self._leaving = self._interrupted = True
            if own.controls is not None:
                own.controls.stop()
            self.say("Stopping: running folds finish, then the summary is written. Ctrl+C stops at once.")

    def action_interrupt(self) -> None:
        """Stop the run or race of this process, orderly at first, at once when asked again; without one, quit."""
        own = self.own
        if own is None or not own.going or own.controls is None:
            self.action_leave()
        elif not self._interrupted:
            self._interrupted = True
            own.controls.stop()
            self.say("Stopping: running folds finish, then the summary is written. Ctrl+C again stops at once.")
        else:
            own.controls.stop_now()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the command palette offers: every action that is valid on the screen, and the settings."""
        return commands(self, screen)

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
        from .screens.small import SMALLEST, SmallScreen

        small = self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]
        on_top = isinstance(self.screen, SmallScreen)
        if small and not on_top:
            self.push_screen(SmallScreen())
        elif on_top and not small:
            self.pop_screen()
            self._refresh_top()
