"""A source of somebody else's search on the screen: its records, folded as they come, and no way to steer it."""

from __future__ import annotations

from collections.abc import Callable

from ...engine.events import Record
from ...engine.record.follow import collector_paused
from ...engine.record.run_folder import RunFolder
from ...engine.sources.base import Source, Writer
from ...engine.sources.silence import Silence
from ...engine.state import RunState
from ...engine.text import clean
from .base import Request, Session
from .run import RunArtefacts

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
        self._silence = Silence()

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
        if not self.behind:
            self._silence.look(self.state)
        self.catching_up = self.catching_up and self.behind
        return (self.state, self.state.revision, self.damage, self.trouble) != before


class SourceSession(Session):
    """A search that another program makes, read from outside.

    `make` returns a source of it that begins anew; `kept` returns the folder that its records are written to, where
    they are: that alone can be exported.
    """

    def __init__(
        self,
        make: Callable[[], Source],
        *,
        also: Callable[[list[Record]], None] | None = None,
        kept: Callable[[], RunFolder | None] | None = None,
    ) -> None:
        self._make, self._kept = make, kept
        self.feed = SourceFeed(make(), also=also)
        self.name = self.feed.source.id

    @property
    def writer(self) -> Writer | None:
        """What may be asked of the search, where its storage takes anything."""
        return self.feed.source.writer

    @property
    def artefacts(self) -> RunArtefacts | None:
        """The run that is made of it, where one is."""
        folder = self._kept() if self._kept is not None else None
        return RunArtefacts(folder) if folder is not None else None

    @property
    def state(self) -> RunState:
        """What is known of the search now."""
        return self.feed.state

    @property
    def behind(self) -> bool:
        """True while the source holds more than was read."""
        return self.feed.behind

    @property
    def catching_up(self) -> bool:
        """True until the source was read to its end for the first time."""
        return self.feed.catching_up

    @property
    def damage(self) -> str:
        """What is wrong with the source; empty: nothing."""
        return self.feed.damage

    @property
    def trouble(self) -> str:
        """What keeps the source from being read just now; empty: nothing."""
        return self.feed.trouble

    def poll(self, patience: float | None = None) -> bool:
        """Take what is new; return True if anything changed."""
        return self.feed.poll(patience)

    def snapshot(self) -> RunState:
        """Return the source's state, read anew unless nothing changes it any more."""
        if self.state.ended:
            return self.state
        feed = SourceFeed(self._make())
        while feed.poll(1.0) or feed.behind:
            if feed.trouble:
                break
        return feed.state

    def refusal(self, request: Request) -> str:
        """Return why it cannot do what a key asks for; empty: it can."""
        info = self.state.info
        whose = clean(info.source, 60) if info is not None else "another program"
        if request in ("export", "picture"):
            kept = self.artefacts is not None
            return (
                "" if kept else "Nothing is written of what is only watched: tunetop watch --record keeps it as a run."
            )
        if request == "steer":
            return f"{whose}: read from outside it can be neither paused nor stopped; its own program can."
        return f"{whose}: only its own program can go on with it or begin it again."
