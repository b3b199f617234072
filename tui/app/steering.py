"""What a person asks of a run beyond its plan: from the dialog to the run's taking it, or the reason why not.

A run that is going is asked through its controls, and its journal tells when it has taken what was asked. One that has
ended goes on with it in this process. What a run did not take comes back as the dialog it came from, so that nothing
that was typed is lost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...engine.errors import TunetopError, told
from ...engine.events import MANUAL
from ...engine.state import RunState, TrialState
from ...engine.text import clean
from .desk import Desk
from .proposals import ask_for_point, ask_to_fail
from .sessions import Sessions

if TYPE_CHECKING:
    from ...engine.events import Point
    from ...engine.preset.preset import Preset
    from ..sessions.base import Session

PATIENCE = 10.0
"""Seconds in which a run that nothing keeps from going on takes what it is asked for."""


@dataclass(frozen=True)
class Wish:
    """More trials for a method, or a point to be tried; the run has taken it when its state has reached `goal`."""

    method: str
    goal: int
    """The method's trials as planned then, or how often the point has been added by then."""
    more: int = 0
    point: Point | None = None
    asked: bool = False
    """True if the run was going then, and was asked for it."""
    since: float = field(default_factory=time.monotonic)

    def taken(self, state: RunState) -> bool:
        """Tell whether the run has taken it."""
        method = state.methods.get(self.method)
        if method is None:
            return False
        if self.point is not None:
            return method.added.count(self.point) >= self.goal
        return (method.plan.trials or 0) >= self.goal

    @property
    def told(self) -> str:
        """What it is, in words."""
        if self.point is not None:
            return clean(", ".join(f"{name} {value}" for name, value in self.point.items()), 200)
        return f"{self.more} more trial{'s' * (self.more != 1)} for {clean(self.method, 40)}"


class Steering:
    """The wishes of one app; used by the thread that draws."""

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self._desk, self._sessions = desk, sessions
        self._wishes: list[Wish] = []

    def ask_for_trials(self, method: str | None, more: int = 0, problem: str = "") -> None:
        """Open the dialog for more trials, with the cursor on `method`."""
        if (found := self._ready()) is None:
            return
        from ..screens.more_trials import STEP, MoreTrialsScreen

        session, preset = found

        def answered(answer: tuple[str, int] | None) -> None:
            if answer is not None:
                self._want_trials(session, preset, *answer)

        self._desk.ask(MoreTrialsScreen(self._desk, session, preset, method, more or STEP, problem), answered)

    def ask_for_trial(self, trial: TrialState | None, values: Point | None = None, problem: str = "") -> None:
        """Open the dialog for a trial by hand, filled in as `trial`, or else as the best, or from `values`."""
        if (watched := self._sessions.run) is not None and watched.writer is not None:
            ask_for_point(self._desk, watched, trial, values)
            return
        if (found := self._ready()) is None:
            return
        from ...engine.run.by_hand import first_values
        from ..screens.by_hand import ByHandScreen

        session, preset = found
        trial = trial or session.state.best
        known = values if values is not None else trial.params if trial is not None else {}
        source = f"{clean(trial.method, 40)} #{trial.number}" if trial is not None and values is None else ""
        filled = {name: known.get(name, value) for name, value in first_values(preset).items()}

        def answered(point: Point | None) -> None:
            if point is not None:
                self._want_trial(session, point)

        self._desk.ask(ByHandScreen(self._desk, session.state, preset.space, filled, source, problem), answered)

    def ask_to_fail(self, trial: TrialState) -> None:
        """Ask whether a running trial of another program's search is to be ended as failed."""
        if self._sessions.run is not None:
            ask_to_fail(self._desk, self._sessions.run, trial)

    def look(self, session: Session) -> None:
        """See what became of what was asked for; called by the app's timer."""
        self._wishes = [wish for wish in self._wishes if not wish.taken(session.state)]
        if not self._wishes or self._desk.asking:
            return
        state, wish = session.state, self._wishes[0]
        if not state.ended:
            if time.monotonic() - wish.since > PATIENCE and not session.trouble:
                self._wishes.remove(wish)
                log = f"; {session.artefacts.folder.log} may say why" if session.artefacts is not None else ""
                self._come_back(wish, f"The run has not taken it{log}.")
        elif session.behind or session.going:
            return
        elif wish.asked and state.phase != "done":
            # whoever stopped it did not mean it to go on by itself
            self._wishes.remove(wish)
            self._come_back(wish, f"The run was {state.phase} before it took this. enter goes on with the run, and it.")
        else:
            wishes, self._wishes = self._wishes, []
            self._go_on(session, wishes)

    def forget(self) -> None:
        """Ask for nothing any more: another run is on the screen."""
        self._wishes.clear()

    # -- before a dialog ---------------------------------------------------------------------------------------------

    def _ready(self) -> tuple[Session, Preset] | None:
        """Return the run and its preset where something may be asked for; else say why not."""
        session = self._sessions.run
        if session is None:
            return None
        artefacts = session.artefacts
        if artefacts is None or (why := session.refusal("extend")):
            self._desk.say(session.refusal("extend"))
            return None
        state, damage = session.state, session.damage
        if damage or state.info is None:
            why = f"The journal is damaged: {damage}" if damage else "The run has only just begun."
            self._desk.say(f"{why} Nothing can be added.", "error")
            return None
        if not state.ended and session.controls is None:
            name = clean(session.name, 60)
            self._desk.say(f"This screen only watches. To steer the run: tunetop attach {name} --control")
            return None
        try:
            preset = artefacts.begun_with(state)
        except TunetopError as error:
            self._desk.say(str(error), "error")
            return None
        return session, preset

    # -- after it ----------------------------------------------------------------------------------------------------

    def _want_trials(self, session: Session, preset: Preset, name: str, more: int) -> None:
        from ...engine.run.extend import extended

        method = session.state.methods[name]
        asked = [wish.goal for wish in self._wishes if wish.method == name]
        goal = max([method.plan.trials or 0, *asked]) + more
        wish = Wish(name, goal, more, asked=not session.state.ended)
        try:
            wish = replace(wish, goal=extended(preset, method, goal).trials or goal)
            self._want(session, wish)
        except (TunetopError, OSError) as error:
            self._come_back(wish, told(error))

    def _want_trial(self, session: Session, point: Point) -> None:
        method = session.state.methods.get(MANUAL)
        before = method.added.count(point) if method is not None else 0
        goal = before + sum(wish.point == point for wish in self._wishes) + 1
        wish = Wish(MANUAL, goal, point=point, asked=not session.state.ended)
        try:
            self._want(session, wish)
        except (TunetopError, OSError) as error:
            self._come_back(wish, told(error))

    def _want(self, session: Session, wish: Wish) -> None:
        if wish.asked:
            controls = session.controls
            if controls is None:
                # it had ended when the dialog was opened, and somebody else has gone on with it since
                raise TunetopError(f"The run is going again: tunetop attach {session.name} --control steers it.")
            if wish.point is not None:
                controls.add(wish.point)
            else:
                controls.add_trials(wish.method, wish.more)
            self._desk.say(f"Asked for: {wish.told}.")
        self._wishes.append(wish)

    def _go_on(self, session: Session, wishes: Sequence[Wish]) -> None:
        """Resume the run with what was asked for, in this process."""
        artefacts = session.artefacts
        assert artefacts is not None
        goals: dict[str, int] = {}
        for wish in wishes:
            if wish.point is None:
                goals[wish.method] = max(wish.goal, goals.get(wish.method, 0))
        trials = [f"{method}={goal}" for method, goal in goals.items()]
        points = [wish.point for wish in wishes if wish.point is not None]
        self._desk.say(f"Going on with {'; '.join(wish.told for wish in wishes)} …")

        def failed(error: Exception) -> None:
            for wish in wishes[:-1]:
                self._desk.say(f"Not added: {wish.told}", "error")
            self._come_back(wishes[-1], told(error))

        self._sessions.resume(artefacts.folder, trials=trials, add=points, failed=failed)

    def _come_back(self, wish: Wish, problem: str) -> None:
        """Open the dialog again that a wish came from, with what is in its way."""
        if wish.point is not None:
            self.ask_for_trial(None, wish.point, problem)
        else:
            self.ask_for_trials(wish.method, wish.more, problem)
