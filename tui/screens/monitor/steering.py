"""The monitor's keys that are about the run itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ....engine.errors import TunetopError, told
from ....engine.state import TrialState
from ....engine.text import clean

if TYPE_CHECKING:
    from ...sessions.base import Controls, Session
    from ..host import Host


class Steering:
    """Asks things of a run; `trial` returns the trial under the cursor."""

    def __init__(self, host: Host, session: Session, trial: Callable[[], TrialState | None]) -> None:
        self._host = host
        self._session = session
        self._trial = trial

    def _ask(self, what: Callable[[Controls], None], said: str = "") -> None:
        """Ask something of the run, and say so, or why it cannot be asked."""
        controls = self._session.controls
        if controls is None:
            self._host.say(self._session.refusal("steer"))
        elif self._session.state.ended:
            self._host.say("The run has ended.")
        else:
            try:
                what(controls)
            except (TunetopError, OSError) as error:
                self._host.say(told(error), "error")
            else:
                if said:
                    self._host.say(said)

    def action_pause(self) -> None:
        """Begin no new folds, or go on."""
        paused = self._session.state.phase == "paused"
        self._ask(lambda controls: controls.unpause() if paused else controls.pause())

    def action_stop(self) -> None:
        """Stop the run: orderly, and at once when it is stopping already."""
        if self._session.state.phase == "stopping":
            self._ask(lambda controls: controls.stop_now())
        else:
            said = "Stopping: running folds finish, then the summary is written. x again stops at once."
            self._ask(lambda controls: controls.stop(), said)

    def action_skip(self) -> None:
        """End the running method early."""
        running = [method.name for method in self._session.state.methods.values() if method.phase == "running"]
        trial = self._trial()
        # together, several methods run: the one under the cursor is meant
        name = trial.method if trial is not None and trial.method in running else running[0] if running else None
        if name is None:
            self._host.say("No method is running.")
        else:
            self._ask(lambda controls: controls.skip(name), f"{clean(name)} ends after its running folds.")

    def action_add_trials(self) -> None:
        """Ask how many more trials a method is to get, the one under the cursor first."""
        trial = self._trial()
        self._host.steering.ask_for_trials(trial.method if trial is not None else None)

    def action_add_by_hand(self) -> None:
        self._host.steering.ask_for_trial(self._trial())

    def action_compare(self) -> None:
        self._host.open_comparison()

    def action_export(self) -> None:
        self._host.outputs.export()

    def action_copy_best(self) -> None:
        """Copy the best parameters as a Python dict."""
        best = self._session.state.best
        if best is None:
            self._host.say("No trial has a score yet.")
        else:
            self._host.outputs.copy_parameters(best)
