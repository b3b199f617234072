"""How a run begins from the app: launched, resumed or raced in a thread, and shown once it has begun."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...engine.errors import TunetopError, told
from ..background import Chores
from .base import BaseApp
from .launcher import Launcher

if TYPE_CHECKING:
    from ...engine.events import Point
    from ...engine.problem.preset import Preset
    from ...engine.record.run_folder import RunFolder
    from ...engine.tournament.conductor import Tournament
    from ..sessions.base import Session


class BeginningApp(BaseApp):
    """The app as far as it begins runs; `TunetopApp` says what it was asked for, and shows what comes of it."""

    chores: Chores
    launcher: Launcher
    session: Session | None
    problem: TunetopError | None
    _preset: Preset | None
    _folder: RunFolder | None
    _watched: Session | None
    _resume: bool
    _trials: Sequence[str]
    _conduct: Callable[[], Tournament] | None
    _once_painted: Callable[[], None] | None
    _asked_for: Callable[[], Any] | None
    _starting: bool
    _end_shown: bool

    if TYPE_CHECKING:

        @property
        def _came_from_picker(self) -> bool: ...

        def open_run(self, folder: RunFolder) -> None:
            """Show a run of any process."""

        def show_monitor(self) -> None:
            """Go back to the monitor of the run."""

        def _show_session(self, session: Session) -> None: ...

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

    def _begin(self) -> None:
        if self._once_painted is not None:
            threading.Thread(target=self._once_painted, name="once-painted", daemon=True).start()
        if self._asked_for is None:
            if self._watched is not None:
                self._show_session(self._watched)
            elif self._folder is not None:
                self.open_run(self._folder)
        elif self.race is not None:
            self.chores.start(self._asked_for, self._racing, self._not_started, "race")
        elif self._preset is not None:
            self.chores.start(self._asked_for, lambda made: self._started(*made), self._not_started, "launch")
        else:
            self.chores.start(self._asked_for, lambda run: self._started(run, None), self._not_started, "resume")

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
        from ..sessions.run import Feed, RunSession

        self._starting = False
        session = self.session
        if not isinstance(session, RunSession) or session.feed.folder != run.folder:
            self._show_session(RunSession(Feed(run.folder), run, preset, run=run))
            return
        # the run on the screen goes on: so do its monitor, its place in the list, and its view
        session.take_over(run)
        self._interrupted = self._leaving = self._end_shown = False
        self.show_monitor()

    def _racing(self, run: Tournament) -> None:
        assert self.race is not None
        self.race.take_over(run)
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
