"""The contract between the screens and a search that they show: a snapshot to draw, and capabilities to ask for.

A screen reads a `Session` and nothing behind it: where the events come from, in which process the search runs, and
whether it has a folder at all is for the session to know. What a source cannot do is a capability that is missing, and
`Session.refusal` is what the key says then.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ...engine.text import clean

if TYPE_CHECKING:
    from ...engine.events import Point
    from ...engine.sources.base import Writer
    from ...engine.state import RunState, TrialState
    from .artefacts import Artefacts
    from .feeding import Feeding

Request = Literal["steer", "extend", "repeat", "export", "picture"]
"""What keys ask of a session: to pause, stop or skip; more trials; to begin anew; files; a picture."""


def damage_note(damage: str) -> str:
    """Return what is said to whoever looks at a run whose journal is damaged, "" where it is not."""
    return f"journal damaged: {clean(damage)}; shown is what is whole" if damage else ""


class Controls(Protocol):
    """Commands to a search, of this process or elsewhere: each returns at once, and the state tells what came of it.

    Raises `TunetopError` or `OSError` where nobody is there to take one.
    """

    def pause(self) -> None:
        """Begin no new folds."""

    def unpause(self) -> None:
        """Begin folds again."""

    def stop(self) -> None:
        """Let running folds finish, then end."""

    def stop_now(self) -> None:
        """End at once."""

    def skip(self, method: str) -> None:
        """End one method early."""

    def add_trials(self, method: str, more: int) -> None:
        """Give a method more trials than planned."""

    def add(self, point: Point) -> None:
        """Try a point that a person made."""


class OwnWork(Protocol):
    """A run or a tournament of this process."""

    finished: threading.Event
    """Set once nothing more will happen and its files are written."""

    @property
    def trouble(self) -> str:
        """What keeps it from going on, or what broke it; empty: nothing."""
        ...

    def stop(self) -> None:
        """Let running folds finish, then end."""

    def stop_now(self) -> None:
        """End at once."""


class Undertaking(ABC):
    """A run or a tournament as the keys see it that are valid everywhere: whether it goes on, and in whose hands.

    Not thread-safe: everything is asked by the thread that draws.
    """

    name = ""
    """What the command line calls it; not cleaned."""
    run: OwnWork | None = None
    """Itself, where it is of this process."""

    @property
    @abstractmethod
    def phase(self) -> str:
        """How it stands, in a word."""

    @property
    @abstractmethod
    def over(self) -> bool:
        """True once it has ended, though its files may not be written yet."""

    @property
    @abstractmethod
    def progress(self) -> str:
        """How far it is, in a few words."""

    @property
    @abstractmethod
    def trouble(self) -> str:
        """What keeps it from going on just now, or what broke it; empty: nothing."""

    @property
    def own(self) -> bool:
        """True where it is of this process."""
        return self.run is not None

    @property
    def going(self) -> bool:
        """True while it goes on in this process, its files not yet written."""
        return self.run is not None and not self.run.finished.is_set()


class Session(Undertaking):
    """One search on the screen.

    `controls` is None where it may only be watched, `artefacts` where it has no folder. `state` is folded by `poll` and
    changes under no other call, so a screen may keep what it read until then.
    """

    controls: Controls | None = None

    def __init__(self, feed: Feeding) -> None:
        self._feed = feed

    @property
    def writer(self) -> Writer | None:
        """What may be asked of another program's search, where its storage takes anything."""
        return None

    @property
    def artefacts(self) -> Artefacts | None:
        """Its folder, and what is made of it."""
        return None

    @property
    def state(self) -> RunState:
        """What is known of the search, as of the last `poll`; another object once its source began anew."""
        return self._feed.state

    @property
    def behind(self) -> bool:
        """True while the source holds more than was read."""
        return self._feed.behind

    @property
    def catching_up(self) -> bool:
        """True until the source was read to its end for the first time: what is known is not the present yet."""
        return self._feed.catching_up

    @property
    def damage(self) -> str:
        """What is wrong with the source; empty: nothing. What is whole is shown all the same."""
        return self._feed.damage

    @property
    def trouble(self) -> str:
        return self._feed.trouble

    def poll(self, patience: float | None = None) -> bool:
        """Take what is new, for about so many seconds at most (None: as long as keys can wait).

        Returns True if anything changed.
        """
        return self._feed.poll(patience)

    @abstractmethod
    def snapshot(self) -> RunState:
        """Return a state that no `poll` changes, for work in a thread, which is where this is to be called."""

    def arguments(self, trial: TrialState) -> Mapping[str, Any]:
        """Return what the estimator takes for a trial, by name; may read files, so call it in a thread."""
        return trial.params

    @abstractmethod
    def refusal(self, request: Request) -> str:
        """Return why it cannot do what a key asks for, as told to a person; empty: it can."""

    @property
    def phase(self) -> str:
        return self.state.phase

    @property
    def over(self) -> bool:
        return self.state.ended

    @property
    def progress(self) -> str:
        planned = self.state.planned_trials
        return f"{self.state.finished_trials}{f' of {planned}' if planned else ''} trials done"
