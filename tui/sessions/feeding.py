"""What is told of a search, folded slice by slice, whatever it is read from."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ...engine.record.follow import collector_paused
from ...engine.state import RunState

PATIENCE, CATCH_UP = 0.04, 0.2
"""Seconds that one poll may take, so that keys are answered meanwhile: while watching, and while first reading."""


class Feeding(ABC):
    """Records of a search, folded as they come: a subclass reads them with `_read`."""

    def __init__(self) -> None:
        self.state = RunState()
        self.catching_up = True
        """True until all was read for the first time: what is known is not the present yet."""
        self.behind = True
        """True while there is more than was read."""
        self.damage = ""
        """What is wrong with what was read; empty: nothing."""
        self.trouble = ""
        """What keeps whoever makes the search, or this reader, from going on, as of the last poll; empty: nothing."""

    @property
    def over(self) -> bool:
        """True once nothing more is waited for."""
        return self.state.ended

    def poll(self, patience: float | None = None) -> bool:
        """Take what is new, for about so many seconds at most (None: as long as keys can wait).

        Returns True if anything changed: also that nothing is left to read, for which an end that was read waits.
        """
        if patience is None:
            patience = CATCH_UP if self.catching_up else PATIENCE
        before = self._seen()
        with collector_paused():
            left = self._read(patience)
        if left and not self.behind:
            self.state.interrupt()
        self.catching_up = self.catching_up and self.behind
        return self._seen() != before

    @abstractmethod
    def _read(self, patience: float) -> bool:
        """Fold what is new, and say how it went; return whether nobody went on with the search even before that."""

    def _begin_anew(self) -> None:
        self.state = RunState()
        self.catching_up = True

    def _seen(self) -> tuple[object, ...]:
        return self.state, self.state.revision, self.damage, self.trouble, self.behind
