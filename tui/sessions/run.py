"""Where a screen's events come from, and how it speaks to the run: always through the run's folder.

The screen pulls: `Feed.poll` takes what is new in the journal, a bounded slice at a time, whether the run is one of
this process or of another. Threads of the engine never call into the screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ...engine.errors import PresetError, StoreError
from ...engine.record import inbox
from ...engine.record.follow import Follower
from ...engine.record.lock import owner_of
from ...engine.record.run_folder import RunFolder, load_state
from ...engine.state import RunState, TrialState
from ...engine.text import clean
from .artefacts import Artefacts
from .base import Controls, OwnWork, Request, Session
from .feeding import Feeding

if TYPE_CHECKING:
    from ...engine.events import Point
    from ...engine.preset.preset import Preset

SLICE = 2000
"""Records taken from the journal at once."""

LOCK_CHECKS = 2.0
"""Seconds between two looks at whether somebody still runs the run."""


class Feed(Feeding):
    """A run's journal, folded as it grows."""

    def __init__(self, folder: RunFolder, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.folder = folder
        self._follower = Follower(folder.journal)
        self._clock = clock
        self._looked = -LOCK_CHECKS

    def _read(self, patience: float) -> bool:
        # the lock is looked at before reading: who ends a run writes the last record before letting go
        abandoned = self._abandoned()
        until = self._clock() + patience
        self.behind = True
        while self.behind:
            records = self._follower.poll(SLICE)
            if self._follower.restarted:
                self._begin_anew()
            self.state.apply_all(records)
            self.behind = bool(records)
            if self._clock() >= until:
                break
        self.damage = self._follower.damage
        return abandoned

    def _abandoned(self) -> bool:
        now = self._clock()
        if self.state.ended:
            self.trouble = ""
            return False
        if now - self._looked < LOCK_CHECKS:
            return False
        self._looked = now
        locked = self.folder.is_locked()
        owner = owner_of(self.folder.lock_file) if locked else None
        self.trouble = owner.trouble if owner is not None else ""
        return not locked


class OwnRun(Controls, OwnWork, Protocol):
    """A run of this process."""

    folder: RunFolder


class RemoteControl(Controls):
    """Commands to a run of another process of the same owner.

    Raises `StoreError` where nobody runs it and what `RunFolder.send` raises; what is to be added to a run goes to one
    that has just ended as well, for whoever asks for it has to see what becomes of that anyway.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def pause(self) -> None:
        self._send("pause")

    def unpause(self) -> None:
        self._send("unpause")

    def stop(self) -> None:
        self._send("stop")

    def stop_now(self) -> None:
        self._send("stop-now")

    def skip(self, method: str) -> None:
        self._send(inbox.Command("skip", method))

    def add_trials(self, method: str, more: int) -> None:
        self._folder.send(inbox.Command("add-trials", method, more))

    def add(self, point: Point) -> None:
        self._folder.send(inbox.add(point))

    def _send(self, command: inbox.Command | str) -> None:
        if not self._folder.is_locked():
            raise StoreError(f"{self._folder.id} is not running; tunetop list shows which runs are")
        self._folder.send(command)


class RunSession(Session):
    """A run with a folder on the screen, of this process or of another.

    `controls` is None where the run may only be watched; `run` is the run itself where it is one of this process;
    `of_tournament`: it is one of several seeds that all have the same budget.
    """

    def __init__(
        self,
        feed: Feed,
        controls: Controls | None = None,
        preset: Preset | None = None,
        run: OwnRun | None = None,
        *,
        of_tournament: bool = False,
    ) -> None:
        super().__init__(feed)
        self.feed = feed
        self.controls = controls
        self.run = run
        self.name = feed.folder.id
        self._artefacts = Artefacts(feed.folder, preset)
        self._preset = preset
        self._of_tournament = of_tournament

    def take_over(self, run: OwnRun) -> None:
        """Go on with a run that this process has resumed."""
        self.controls = self.run = run

    @property
    def artefacts(self) -> Artefacts:
        return self._artefacts

    def snapshot(self) -> RunState:
        """Return the journal's state, read anew unless nothing changes it any more."""
        return self.state if self.state.ended else load_state(self.feed.folder)[0]

    def arguments(self, trial: TrialState) -> Mapping[str, Any]:
        """Return what the estimator takes for a trial.

        A labelled choice becomes the parameters that it stands for; where the run's preset cannot be read any more, the
        label is all that is known.
        """
        try:
            preset = self._preset or self.artefacts.preset()
        except PresetError:
            return trial.params
        return preset.space.arguments(trial.params)

    @property
    def trouble(self) -> str:
        """What keeps the run from going on just now, or what broke it; empty: nothing."""
        return self.run.trouble if self.run is not None else self.feed.trouble

    def refusal(self, request: Request) -> str:
        name = clean(self.name, 60)
        if request in ("extend", "repeat") and self.state.watched:
            whose = clean(self.state.source, 60) or "another program"
            return f"This is a search of {whose}, which alone can go on with it or begin it again."
        if request == "steer" and self.controls is None:
            return "This screen only watches; start attach with --control to steer the run."
        if request == "extend" and self._of_tournament:
            return f"In a race all seeds have the same budget. For this run alone: tunetop attach {name}"
        if request == "repeat" and self._of_tournament:
            return "This run belongs to a race: tunetop race --resume goes on with what is missing."
        return ""
