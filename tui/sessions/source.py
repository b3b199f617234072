"""A source of somebody else's search on the screen: its records, folded as they come, and no way to steer it."""

from __future__ import annotations

from collections.abc import Callable

from ...engine.events import Record
from ...engine.record.run_folder import RunFolder
from ...engine.sources.base import Source, Writer
from ...engine.sources.silence import Silence
from ...engine.state import RunState
from ...engine.text import clean
from .artefacts import Artefacts
from .base import Request, Session
from .feeding import Feeding


class SourceFeed(Feeding):
    """What a source tells, folded."""

    def __init__(
        self, source: Source, *, also: Callable[[list[Record]], None] | None = None, planned: int | None = None
    ) -> None:
        """`also` is given all records too; `planned` trials are all that are waited for, where that was said."""
        super().__init__()
        self.source = source
        self._also, self._planned = also, planned
        self._restarts = source.restarts
        self._silence = Silence()

    @property
    def over(self) -> bool:
        enough = self._planned is not None and self.state.finished_trials >= self._planned
        return not self.behind and (enough or self.state.ended)

    def _read(self, patience: float) -> bool:
        alive = self.source.alive
        records = self.source.poll(patience)
        if self.source.restarts != self._restarts:
            self._restarts = self.source.restarts
            self._begin_anew()
        self.state.apply_all(records)
        if self._also is not None and records:
            self._also(records)
        self.behind, self.damage, self.trouble = self.source.behind, self.source.damage, self.source.trouble
        if not self.behind:
            self._silence.look(self.state)
        return alive is False and not records


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
        super().__init__(self.feed)
        self.name = self.feed.source.id

    @property
    def writer(self) -> Writer | None:
        return self.feed.source.writer

    @property
    def artefacts(self) -> Artefacts | None:
        """The run that is made of it, where one is."""
        folder = self._kept() if self._kept is not None else None
        return Artefacts(folder) if folder is not None else None

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
