"""What is watched: a run or a tournament, begun, resumed or opened, polled by one timer, and left.

Nothing here draws. Heavy work goes to threads (`Launcher`, `Background`), and what has to be seen is asked of the
`Stage`, which is the app.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ...engine.errors import TunetopError, told
from ...engine.text import without_age
from ..background import Background
from .launcher import Launcher
from .stack import Stack
from .wanted import Wanted

if TYPE_CHECKING:
    from ...engine.events import Point
    from ...engine.preset.preset import Preset
    from ...engine.record.run_folder import RunFolder
    from ...engine.tournament.conductor import Tournament
    from ..sessions.base import Session, Undertaking
    from ..sessions.tournament import TournamentSession

LEFT_RUNNING, STOPPED = "left running", "stopped"
"""What the app returns where a run of this process goes on without a screen, and where it was stopped."""

CLOCK, UNFOCUSED_CLOCK = 1.0, 5.0
"""Seconds between two repaints of clocks and ages, with the terminal in front and without."""

_STOPPING = "Stopping: running folds finish, then the summary is written."


class Stage(Protocol):
    """The app, as far as sessions are concerned with it: what is to be seen."""

    stack: Stack
    """The screens that lie on one another."""
    app_focus: Any
    """True while the terminal has the focus."""

    def say(self, message: str, severity: str = "information", title: str = "") -> None:
        """Show a short notice."""

    def tell_problem(self, message: str) -> None:
        """Say why a run could not start."""

    def call_for_attention(self, title: str, phase: str) -> None:
        """Ring the bell, or the like: a run has ended."""

    def open_comparison(self) -> None:
        """Show the comparison of the run on the screen."""

    def refresh_news(self, clock: bool = False) -> None:
        """Have the screen show what is new; `clock`: nothing but the time."""

    def call_later(self, callback: Callable[[], None]) -> bool:
        """Do something once keys that were pressed meanwhile are answered."""
        ...

    def exit(self, result: str | None, return_code: int = 0) -> None:
        """Leave the screen."""


class Sessions:
    """The run and the tournament on the screen, at most one of each: with both, the run is a seed of the tournament.

    Used by the thread that draws alone. `run` is None while the picker or the tournament is shown.
    """

    def __init__(self, stage: Stage, launcher: Launcher, background: Background, wanted: Wanted) -> None:
        self.launcher = launcher
        self.run: Session | None = None
        self.tournament = _tournament_of(wanted)
        self.problem: TunetopError | None = None
        """What kept the run that the app was begun for from starting."""
        self._stage, self._background, self._wanted = stage, background, wanted
        self._asked_for = self._first_work()
        self._starting = self._asked_for is not None and self.tournament is None
        self._interrupted = False
        self._leaving = False
        self._end_shown = False
        self._tournament_over = False
        self._trouble = ""
        self._clock_at = 0.0

    @property
    def own(self) -> Undertaking | None:
        """What keys that are valid everywhere are about: the tournament, or else the run on the screen."""
        return self.tournament if self.tournament is not None else self.run

    @property
    def starting(self) -> bool:
        """True from when a run or a tournament was asked for until it is on the screen."""
        return self._starting or (self.tournament is not None and self.tournament.starting)

    @property
    def steerable(self) -> Session | None:
        """The run on the screen, where nothing keeps it from taking what a person asks of it."""
        settled = not self._starting and not self._leaving and self.tournament is None
        return self.run if settled else None

    def _first_work(self) -> Callable[[], Any] | None:
        """Return the work that begins what the app was asked for: known at once, done after the first paint."""
        wanted = self._wanted
        preset = wanted.preset
        if wanted.conduct is not None:
            return self.launcher.conduct(wanted.conduct)
        if preset is not None:
            return self.launcher.launch(lambda: preset, {})
        if wanted.folder is not None and wanted.resume:
            return self.launcher.resume(wanted.folder, **({"trials": list(wanted.trials)} if wanted.trials else {}))
        return None

    def begin(self) -> None:
        """Begin what the app was asked for."""
        work, start = self._asked_for, self._background.start
        if work is None:
            if self._wanted.watched is not None:
                self._show(self._wanted.watched)
            elif self._wanted.folder is not None:
                self.open_run(self._wanted.folder)
        elif self.tournament is not None:
            start(work, self._conducted, self._not_started, "race")
        elif self._wanted.preset is not None:
            start(work, lambda made: self._started(*made), self._not_started, "launch")
        else:
            start(work, lambda run: self._started(run, None), self._not_started, "resume")

    def start(self, make: Callable[[], Preset], **choices: Any) -> None:
        """Launch the preset that `make` returns, in a thread, and show its monitor once it has begun.

        `choices` are fields of `RunOptions` that go before those the app was given.
        """
        if self._starting:
            return
        self._starting = True
        begin = self.launcher.launch(make, choices)
        self._background.start(begin, lambda made: self._started(*made), self._not_started, "launch")

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

        self._background.start(begin, lambda run: self._started(run, None), not_resumed, "resume")

    def run_again(self) -> None:
        """Go on with the run on the screen where it was stopped, or else run its preset once more."""
        session = self.run
        artefacts = session.artefacts if session is not None else None
        if session is not None and (why := session.refusal("repeat")):
            self._stage.say(why)
        elif session is None or artefacts is None or not session.state.ended or session.going:
            self._stage.say("The run is still going.")
        elif session.state.phase in ("stopped", "interrupted"):
            self._stage.say("Going on where it was stopped …")
            self.resume(artefacts.folder)
        else:
            self._stage.say("Starting it once more …")
            self.start(artefacts.preset)

    def _started(self, run: Any, preset: Preset | None) -> None:
        from ..sessions.run import Feed, RunSession

        self._starting = False
        session = self.run
        if not isinstance(session, RunSession) or session.feed.folder != run.folder:
            self._show(RunSession(Feed(run.folder), run, preset, run=run))
            return
        # the run on the screen goes on: so do its monitor, its place in the list, and its view
        session.take_over(run)
        self._interrupted = self._leaving = self._end_shown = False
        self._stage.stack.show_monitor()

    def _conducted(self, run: Tournament) -> None:
        assert self.tournament is not None
        self.tournament.take_over(run)
        self._stage.refresh_news()

    def _not_started(self, error: Exception) -> None:
        self._starting = False
        message = told(error)
        if self.run is not None or self._wanted.nothing:
            self._stage.tell_problem(message)
            return
        self.problem = error if isinstance(error, TunetopError) else TunetopError(message)
        if self.problem is not error:
            self.problem.__cause__ = error
        self._stage.exit(None, self.problem.exit_code)

    def open_run(self, run: RunFolder | Session) -> None:
        """Show a run of any process, or another program's: its monitor, and the comparison over it if it has ended."""
        from ..sessions.base import Session
        from ..sessions.run import Feed, RemoteControl, RunSession

        if isinstance(run, Session):
            self._show(run)
        else:
            self._show(RunSession(Feed(run), RemoteControl(run) if self._wanted.control else None))

    def open_seed(self, seed: int) -> None:
        """Show the run of one seed of the tournament."""
        session = self.tournament.session(seed) if self.tournament is not None else None
        if session is None:
            self._stage.say(f"Seed {seed} has not begun yet.")
        else:
            self._show(session)

    def _show(self, session: Session) -> None:
        self.run = session
        if self.tournament is None:
            self._interrupted = self._leaving = False
        session.poll()
        self._end_shown = session.state.ended and not session.behind
        self._stage.stack.show_run(session)
        if self._end_shown and not session.state.watched:
            self._stage.open_comparison()
        self._catch_up(session)

    def leave_run(self) -> None:
        """Go back to the picker or the tournament, if that is where one came from."""
        if self.tournament is not None and self.run is not None:
            self.run = None
            self._stage.stack.show_first()
        elif not self._wanted.nothing:
            self._stage.say("q quits.")
        elif self.run is not None and self.run.going:
            self._stage.say("The run goes on; q asks what becomes of it.")
        else:
            self.run = None
            self._stage.stack.show_first()

    def leave_with(self, choice: str | None) -> None:
        """Quit as a person chose: `leave` what is of this process going, `stop` it; anything else: stay."""
        own = self.own
        if own is None or choice not in ("leave", "stop"):
            return
        if choice == "leave":
            self._stage.exit(LEFT_RUNNING if own.going else None)
        elif own.run is not None:
            self._leaving = self._interrupted = True
            own.run.stop()
            self._stage.say(f"{_STOPPING} Ctrl+C stops at once.")

    def interrupt(self) -> bool:
        """Stop what is of this process, orderly at first, at once when asked again; False: there is nothing."""
        own = self.own
        if own is None or own.run is None or not own.going:
            return False
        if not self._interrupted:
            self._interrupted = True
            own.run.stop()
            self._stage.say(f"{_STOPPING} Ctrl+C again stops at once.")
        else:
            own.run.stop_now()
        return True

    def tick(self, now: float) -> None:
        """Take what is new; `now` in seconds of a clock that never goes back."""
        if self.run is not None:
            self._tick_run(self.run, now)
        if self.tournament is not None:
            self._tick_tournament(self.tournament, now)
        own = self.own
        if own is None:
            return
        self._tell_trouble(own)
        if self._leaving and not own.going:
            self._stage.exit(STOPPED)
        self._go_on_to_next()

    def _go_on_to_next(self) -> None:
        if self._wanted.next_run is None or self.run is None or not self.run.state.ended:
            return
        if (folder := self._wanted.next_run()) is not None:
            self.open_run(folder)

    def _tick_run(self, session: Session, now: float) -> None:
        if self._take_news(session):
            self._clock_at = now
        elif self._clock_is_due(now) and not session.state.ended:
            self._clock_at = now
            self._stage.refresh_news(clock=True)

    def _take_news(self, session: Session) -> bool:
        caught_up = session.catching_up
        if not session.poll():
            return False
        self._stage.refresh_news()
        self._notice_end(session, caught_up)
        return True

    def _catch_up(self, session: Session) -> None:
        """Read an opened run without waiting for the timer; keys that were pressed meanwhile come first."""
        if session is self.run and session.catching_up:
            self._take_news(session)
            self._stage.call_later(lambda: self._catch_up(session))

    def _notice_end(self, session: Session, caught_up: bool) -> None:
        """Show that the run has ended; `caught_up` tells that this was just read, and may have been long ago."""
        if self._end_shown or not session.state.ended or session.behind:
            return
        self._end_shown = True
        if self.tournament is None:
            self._stage.stack.ask_no_more()
        if not caught_up and self.tournament is None:
            title = session.state.info.title if session.state.info is not None else session.name
            self._stage.call_for_attention(title, session.state.phase)
        if (session.own or caught_up) and not (self._leaving or session.state.watched) and self._stage.stack.at_monitor:
            self._stage.open_comparison()

    def _tick_tournament(self, tournament: TournamentSession, now: float) -> None:
        over = tournament.own and not tournament.going
        changed = tournament.feed.poll()
        if self.run is None and (changed or over != self._tournament_over):
            self._clock_at = now
            self._stage.refresh_news()
        elif self.run is None and tournament.phase in ("running", "stopping") and self._clock_is_due(now):
            self._clock_at = now
            self._stage.refresh_news(clock=True)
        if over and not self._tournament_over:
            self._stage.stack.ask_no_more()
            self._stage.call_for_attention(tournament.feed.plan.title, tournament.phase)
        self._tournament_over = over

    def _clock_is_due(self, now: float) -> bool:
        return now - self._clock_at >= (CLOCK if self._stage.app_focus else UNFOCUSED_CLOCK)

    def _tell_trouble(self, own: Undertaking) -> None:
        if own.trouble != self._trouble:
            before, self._trouble = self._trouble, own.trouble
            if without_age(before) != without_age(self._trouble):
                self._stage.say(self._trouble or "Going on.", "error" if self._trouble else "information")
            self._stage.refresh_news()


def _tournament_of(wanted: Wanted) -> TournamentSession | None:
    if wanted.race is None:
        return None
    from ..sessions.tournament import TournamentFeed, TournamentSession

    return TournamentSession(TournamentFeed(wanted.race), starting=wanted.conduct is not None)
