"""Where a screen's events come from, and how it speaks to the run: always through the run's folder.

The screen pulls: `Feed.poll` takes what is new in the journal, a bounded slice at a time, whether the run is one of
this process or of another. Threads of the engine never call into the screen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from ...engine.errors import StoreError
from ...engine.record.follow import Follower, collector_paused
from ...engine.record.lock import owner_of
from ...engine.record.run_folder import RunFolder
from ...engine.state import RunPhase, RunState
from .base import Controls

if TYPE_CHECKING:
    from ...engine.events import Point
    from ...engine.problem.preset import Preset

SLICE = 2000
"""Records taken from the journal at once."""

PATIENCE, CATCH_UP = 0.04, 0.2
"""Seconds that one poll may take, so that keys are answered meanwhile: while watching, and while first reading."""

LOCK_CHECKS = 2.0
"""Seconds between two looks at whether somebody still runs the run."""


class Feed:
    """A run's journal, folded as it grows."""

    def __init__(self, folder: RunFolder, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self.state = RunState()
        self.behind = True
        """True while there is more in the journal than was read."""
        self.catching_up = True
        """True until the journal has been read to its end for the first time: what is known is not the present yet."""
        self.trouble = ""
        """What keeps whoever runs it from going on just now, as of the last look; empty: nothing."""
        self._follower = Follower(folder.journal)
        self._clock = clock
        self._looked = -LOCK_CHECKS

    @property
    def damage(self) -> str:
        """What is wrong with the journal; empty when nothing is."""
        return self._follower.damage

    def poll(self, patience: float | None = None) -> bool:
        """Take what is new, for about so many seconds at most (None: as long as keys can wait).

        Returns True if anything changed.
        """
        if patience is None:
            patience = CATCH_UP if self.catching_up else PATIENCE
        before = (self.state, self.state.revision, self.damage, self.trouble)
        abandoned = self._abandoned()
        until = self._clock() + patience
        self.behind = True
        with collector_paused():
            while self.behind:
                records = self._follower.poll(SLICE)
                if self._follower.restarted:
                    self.state = RunState()
                    self.catching_up = True
                self.state.apply_all(records)
                self.behind = bool(records)
                if self._clock() >= until:
                    break
        # the lock was looked at before reading: who ends a run writes the last record before letting go
        if abandoned and not self.behind:
            self.state.interrupt()
        self.catching_up = self.catching_up and self.behind
        return (self.state, self.state.revision, self.damage, self.trouble) != before

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


class OwnRun(Controls, Protocol):
    """A run of this process."""

    folder: RunFolder
    finished: threading.Event
    """Set once nothing more will happen and its files are written."""
    trouble: str
    """What keeps it from going on, or what broke it; empty: nothing."""


class RemoteControl:
    """Commands to a run of another process of the same owner.

    Raises `StoreError` where nobody runs it and what `RunFolder.send` raises; what is to be added to a run goes to one
    that has just ended as well, for whoever asks for it has to see what becomes of that anyway.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def pause(self) -> None:
        """Begin no new folds."""
        self._send("pause")

    def unpause(self) -> None:
        """Begin folds again."""
        self._send("unpause")

    def stop(self) -> None:
        """Let running folds finish, then end."""
        self._send("stop")

    def stop_now(self) -> None:
        """End at once."""
        self._send("stop-now")

    def skip(self, method: str) -> None:
        """End one method early."""
        self._send(f"skip:{method}")

    def add_trials(self, method: str, more: int) -> None:
        """Give a method more trials."""
        self._folder.send(f"add-trials:{method}={more}")

    def add(self, point: Point) -> None:
        """Try a point that a person made."""
        self._folder.send("add:" + msgspec.json.encode(point).decode())

    def _send(self, command: str) -> None:
        if not self._folder.is_locked():
            raise StoreError(f"{self._folder.id} is not running; tunetop list shows which runs are")
        self._folder.send(command)


@dataclass
class Session:
    """One run on the screen: where its events come from, how to command it, and what it runs, if that is known.

    `controls` is None where the run may only be watched; `run` is the run itself where it is one of this process.
    """

    feed: Feed
    controls: Controls | None = None
    preset: Preset | None = None
    run: OwnRun | None = None

    @property
    def own(self) -> bool:
        """True for a run of this process."""
        return self.run is not None

    @property
    def state(self) -> RunState:
        """What is known of the run now."""
        return self.feed.state

    @property
    def phase(self) -> RunPhase:
        """How the run stands."""
        return self.state.phase

    @property
    def over(self) -> bool:
        """True once it has ended, though its files may not be written yet."""
        return self.state.ended

    @property
    def progress(self) -> str:
        """How far it is, in a few words."""
        planned = self.state.planned_trials
        return f"{self.state.finished_trials}{f' of {planned}' if planned else ''} trials done"

    @property
    def trouble(self) -> str:
        """What keeps the run from going on just now, or what broke it; empty: nothing."""
        return self.run.trouble if self.run is not None else self.feed.trouble

    @property
    def folder(self) -> RunFolder:
        """The run on disk."""
        return self.feed.folder

    @property
    def going(self) -> bool:
        """True while the run goes on in this process, its files not yet written."""
        return self.run is not None and not self.run.finished.is_set()
