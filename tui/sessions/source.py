"""A source of somebody else's search on the screen: its records, folded as they come."""

from __future__ import annotations

from collections.abc import Callable

from ...engine.events import Record
from ...engine.record.journal import collector_paused
from ...engine.sources.base import Source
from ...engine.state import RunState

PATIENCE, CATCH_UP = 0.04, 0.2
"""Seconds that one poll may take: while watching, and while first reading."""


class SourceFeed:
    """What a source tells, folded."""

    def __init__(
        self, source: Source, *, also: Callable[[list[Record]], None] | None = None, planned: int | None = None
    ) -> None:
        """`also` is given all records too; `planned` trials are all that are waited for, where that was said."""
        self.source = source
        self._also, self._planned = also, planned
        self.state = RunState()
        self.catching_up = True
        """True until the source has been read to its end for the first time."""
        self._restarts = source.restarts

    @property
    def behind(self) -> bool:
        """True while there is more than was read."""
        return self.source.behind

    @property
    def over(self) -> bool:
        """True once nothing more is waited for."""
        enough = self._planned is not None and self.state.finished_trials >= self._planned
        return not self.behind and (enough or self.state.ended)

    @property
    def damage(self) -> str:
        """What is wrong with what was read; empty: nothing."""
        return self.source.damage

    @property
    def trouble(self) -> str:
        """What keeps the source from being read just now; empty: nothing."""
        return self.source.trouble

    def poll(self, patience: float | None = None) -> bool:
        """Take what is new, for about so many seconds at most; return True if anything changed."""
        if patience is None:
            patience = CATCH_UP if self.catching_up else PATIENCE
        before = (self.state, self.state.revision, self.damage, self.trouble)
        alive = self.source.alive
        with collector_paused():
            records = self.source.poll(patience)
            if self.source.restarts != self._restarts:
                self._restarts = self.source.restarts
                self.state = RunState()
                self.catching_up = True
            self.state.apply_all(records)
        if self._also is not None and records:
            self._also(records)
        if alive is False and not self.behind and not records:
            self.state.interrupt()
        self.catching_up = self.catching_up and self.behind
        return (self.state, self.state.revision, self.damage, self.trouble) != before
